"""An HTTP server for notifications of pushes, so that they are reconciled before the interval has passed."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

log = logging.getLogger(__name__)

Handler = Callable[[bytes], None]
MAX_BODY = 1024 * 1024


class HookServer:
    """Handles ``POST <path>`` by calling the path's handlers; responds ``ok`` to ``GET /readyz``."""

    def __init__(self, address: str, port: int) -> None:
        self._address = (address, port)
        self._handlers: dict[str, list[Handler]] = {}
        self._server: ThreadingHTTPServer | None = None

    def on(self, path: str, handler: Handler) -> None:
        """Register ``handler(body)`` for each POST to ``path``; several handlers are called in order."""
        self._handlers.setdefault(path, []).append(handler)

    def start(self) -> None:
        """Listen. Raises OSError if the port is taken."""
        self._server = ThreadingHTTPServer(self._address, _handler_class(self._handlers))
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, name="hooks", daemon=True).start()

    def stop(self) -> None:
        """Stop listening."""
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()


def _handler_class(handlers: dict[str, list[Handler]]) -> type[BaseHTTPRequestHandler]:
    class HookHandler(BaseHTTPRequestHandler):
        disable_nagle_algorithm = True  # else each answer waits 40 ms for the acknowledgement of its head
        wbufsize = -1  # head and body leave together

        def do_GET(self) -> None:
            self._answer(200 if self.path == "/readyz" else 404)

        def do_POST(self) -> None:
            size = min(int(self.headers.get("Content-Length") or 0), MAX_BODY)
            body = self.rfile.read(size)
            path_handlers = handlers.get(self.path.partition("?")[0])
            for handler in path_handlers or []:
                _call(handler, body)
            self._answer(200 if path_handlers else 404)

        def _answer(self, status: int) -> None:
            text = b"ok\n" if status == 200 else b"not found\n"
            self.send_response(status)
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        def log_message(self, format: str, *args: object) -> None:
            log.debug(format, *args)

    return HookHandler


def _call(handler: Handler, body: bytes) -> None:
    try:
        handler(body)
    except Exception:
        log.exception("hook failed")
