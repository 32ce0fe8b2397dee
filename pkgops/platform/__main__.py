"""``python -m pkgops.platform``: run the local platform in the foreground until it is terminated."""

from __future__ import annotations

import argparse
import importlib
import json
import logging
import os
import signal
import sys
import threading
from dataclasses import replace
from pathlib import Path

from pkgops.errors import PkgopsError
from pkgops.kube import connect
from pkgops.platform.config import PlatformConfig, read_config
from pkgops.platform.crds import CrdFile, ForeignController, install
from pkgops.platform.runtime import Platform

log = logging.getLogger("pkgops.platform")

GROUPS = ("storage", "flux", "carto", "tekton", "kpack", "carvel", "knative")
STATE_FILE = "platform.json"
START_SECONDS = 180.0
"""How long requests at startup are retried, since an API server that has just started is slow.
A platform that exits is not started again. A read times out after a minute, so a third one fits in.
"""


def main(argv: list[str] | None = None) -> int:
    """Run until SIGTERM or SIGINT; returns the exit code."""
    arguments = _parser().parse_args(argv)
    logging.basicConfig(
        level=logging.DEBUG if arguments.verbose else logging.INFO,
        format="%(asctime)s %(levelname).1s %(name)s %(message)s",
        stream=sys.stderr,
    )
    logging.getLogger("urllib3").setLevel(logging.ERROR)
    try:
        return _run(arguments)
    except PkgopsError as error:
        print(f"error: {error.slug}\n{error.what}\n{error.why}\nnext: {error.next}", file=sys.stderr)
        return int(error.exit_code)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="pkgops-platform", description=__doc__)
    parser.add_argument("--kubeconfig", type=Path, required=True)
    parser.add_argument("--config", type=Path, help="the configuration, a JSON file")
    parser.add_argument("--data-dir", type=Path, help="directory for files of this process")
    parser.add_argument("--only", default="", help="comma-separated groups: " + ",".join(GROUPS))
    parser.add_argument("--verbose", action="store_true")
    return parser


def _run(arguments: argparse.Namespace) -> int:
    config = read_config(arguments.config) if arguments.config else PlatformConfig()
    if arguments.data_dir:
        config = replace(config, data_dir=arguments.data_dir)
    config.data_dir.mkdir(parents=True, exist_ok=True)
    platform = Platform(connect(arguments.kubeconfig), config)
    enabled = [group for group in GROUPS if group in arguments.only.split(",") or not arguments.only]
    refused = _register(platform, enabled)
    platform.start()
    groups = [group for group in enabled if group not in refused]
    log.info("reconciling %s", ", ".join(groups))
    _write_state(config.data_dir, groups, refused)
    _wait_for_signal()
    platform.stop()
    return 0


def _register(platform: Platform, groups: list[str]) -> dict[str, str]:
    refused: dict[str, str] = {}
    for group in groups:
        try:
            if (Path(__file__).parent / group / "crds.yaml").exists():
                install(platform.client.retrying(START_SECONDS, known=True), CrdFile.of(group))
        except ForeignController as error:
            log.warning("%s: %s", error.what, error.why)
            refused[group] = error.what
            continue
        importlib.import_module(f"pkgops.platform.{group}").register(platform)
    return refused


def _write_state(data_dir: Path, groups: list[str], refused: dict[str, str]) -> None:
    state = {"pid": os.getpid(), "groups": groups, "refused": refused}
    temporary = data_dir / f"{STATE_FILE}.new"
    temporary.write_text(json.dumps(state))
    temporary.rename(data_dir / STATE_FILE)


def _wait_for_signal() -> None:
    ended = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: ended.set())
    ended.wait()


if __name__ == "__main__":
    sys.exit(main())
