"""Serves a folder's files: folders by their index.html, nothing that begins with a dot, no lists of files."""

from __future__ import annotations

import io
import os
import signal
import sys
from functools import partial
from http import HTTPStatus
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path


class Files(SimpleHTTPRequestHandler):
    """Answers GET and HEAD."""

    protocol_version = "HTTP/1.1"
    server_version = "static"
    sys_version = ""

    def send_head(self) -> io.BytesIO | None:
        """Respond to requests for hidden files as if they did not exist."""
        below = Path(self.translate_path(self.path)).relative_to(self.directory)
        if any(part.startswith(".") for part in below.parts):
            self.send_error(HTTPStatus.NOT_FOUND)
            return None
        return super().send_head()  # type: ignore[return-value]  # an open file, as the base class says

    def list_directory(self, path: str | os.PathLike[str]) -> io.BytesIO | None:  # noqa: ARG002
        """Respond with 404 for a folder without an index.html."""
        self.send_error(HTTPStatus.NOT_FOUND)
        return None


def main(argv: list[str]) -> int:
    """Serve a folder on PORT until the process is ended."""
    # The first process of a container is not ended by a signal that it does not handle.
    signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
    port = int(os.environ.get("PORT") or 8080)
    print(f"listening on port {port}", flush=True)
    ThreadingHTTPServer(("", port), partial(Files, directory=argv[0])).serve_forever()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
