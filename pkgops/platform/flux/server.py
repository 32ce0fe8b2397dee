"""The artifact server: files over HTTP."""

from __future__ import annotations

import logging
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import unquote, urlsplit

log = logging.getLogger(__name__)


class ArtifactServer:
    """Serves the files below one folder for GET and HEAD; no listings, no paths outside of the folder."""

    def __init__(self, root: Path, address: str, port: int) -> None:
        self._server = ThreadingHTTPServer((address, port), _handler_class(root))
        self._server.daemon_threads = True

    @property
    def port(self) -> int:
        """The port on which the server listens."""
        return int(self._server.server_address[1])

    def start(self) -> None:
        """Serve in a thread."""
        threading.Thread(target=self._server.serve_forever, name="artifacts", daemon=True).start()

    def stop(self) -> None:
        """Stop serving."""
        self._server.shutdown()
        self._server.server_close()


def locate(root: Path, target: str) -> Path | None:
    """Return the file of a request target, None if there is none below ``root``."""
    file = (root / unquote(urlsplit(target).path).lstrip("/")).resolve()
    return file if file.is_relative_to(root.resolve()) and file.is_file() else None


def _handler_class(root: Path) -> type[BaseHTTPRequestHandler]:
    class ArtifactHandler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True  # else each answer waits 40 ms for the acknowledgement of its head
        wbufsize = -1  # head and body leave together

        def do_GET(self) -> None:
            content = self._head()
            self.wfile.write(content)

        def do_HEAD(self) -> None:
            self._head()

        def _head(self) -> bytes:
            file = locate(root, self.path)
            content = file.read_bytes() if file else b"404 page not found\n"
            self.send_response(200 if file else 404)
            self.send_header("Content-Type", "application/gzip" if file else "text/plain; charset=utf-8")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            return content

        def log_message(self, format: str, *args: object) -> None:
            log.debug(format, *args)

    return ArtifactHandler
