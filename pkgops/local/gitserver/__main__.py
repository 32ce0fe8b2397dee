"""Run the Git server: ``python -m pkgops.local.gitserver --listen HOST:PORT --root DIR --hook URL``."""

from __future__ import annotations

import argparse
import json
import logging
import urllib.request
from pathlib import Path

from pkgops.local.gitserver.server import GitServer

HOOK_SECONDS = 2.0
log = logging.getLogger("pkgops.git")


def main() -> None:
    """Serve until the process is terminated."""
    parser = argparse.ArgumentParser(prog="pkgops-git")
    parser.add_argument("--listen", required=True, help="HOST:PORT to listen on")
    parser.add_argument("--root", required=True, type=Path, help="folder of the bare repositories")
    parser.add_argument("--hook", required=True, help="URL that is notified of a push")
    given = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    host, _, port = given.listen.rpartition(":")
    GitServer((host, int(port)), given.root, lambda name: notify(given.hook, name)).serve_forever()


def notify(hook: str, repository: str) -> None:
    """Notify the hook URL of a push; if no receiver listens, the next poll finds it."""
    request = urllib.request.Request(  # noqa: S310 the URL is ours
        hook, json.dumps({"repository": repository}).encode(), {"Content-Type": "application/json"}
    )
    try:
        urllib.request.urlopen(request, timeout=HOOK_SECONDS).close()  # noqa: S310
    except OSError as error:
        log.warning("the hook was not notified of a push to %s: %s", repository, error)


if __name__ == "__main__":
    main()
