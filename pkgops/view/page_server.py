"""Serves the page of a pipeline on this machine, and tells it what changes by server-sent events.

Whoever asks must know the token in the address, must have asked for this very host (another site's name that
was bound to the loopback address is another host), and may not come from another site's page. Nothing can be
changed here. The standard library serves it: a page on loopback for a few viewers needs no framework, and a
thread a viewer fits the rest of pkgops.
"""

from __future__ import annotations

import secrets
import threading
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from pkgops.view import report

HOST = "127.0.0.1"
VIEWERS = 40
"""As many pages are told of changes at once."""
BEAT = 10.0
"""Seconds after which a page is told that nothing changed: that is how a page that has gone is noticed."""


class Latest:
    """What the page shows now; those who wait for the next are told when it comes. Thread-safe."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._number = 0
        self._data: dict[str, Any] | None = None
        self._closed = False

    def put(self, data: dict[str, Any]) -> None:
        """Take what is shown from now on."""
        with self._changed:
            self._number, self._data = self._number + 1, data
            self._changed.notify_all()

    def close(self) -> None:
        """Let nobody wait any longer."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()

    @property
    def closed(self) -> bool:
        """Whether nothing will come any more."""
        return self._closed

    def after(self, number: int, timeout: float) -> tuple[int, dict[str, Any] | None]:
        """Return what is newer than a number and its own; the same number and None where nothing came."""
        with self._changed:
            self._changed.wait_for(lambda: self._number > number or self._closed, timeout)
            return (self._number, self._data) if self._number > number else (number, None)


class PageServer(ThreadingHTTPServer):
    """Serves one page at ``address`` until closed; a thread a request."""

    daemon_threads = True

    def __init__(self, port: int = 0) -> None:
        """Listen on loopback; port 0 is a free one.

        Raises:
            OSError: the port is taken.
        """
        super().__init__((HOST, port), _Handler)
        self.token = secrets.token_urlsafe(24)
        self.latest = Latest()
        self.viewers = threading.BoundedSemaphore(VIEWERS)

    @property
    def address(self) -> str:
        """The address to open; who knows it may look."""
        return f"http://{HOST}:{self.server_port}/{self.token}/"

    def begin(self) -> None:
        """Serve in a thread of its own."""
        threading.Thread(target=self.serve_forever, args=(0.1,), name="page", daemon=True).start()

    def end(self) -> None:
        """Stop, and let go of every viewer."""
        self.latest.close()
        self.shutdown()
        self.server_close()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A page that was closed while it was told something is no error."""


class _Handler(BaseHTTPRequestHandler):
    server: PageServer
    protocol_version = "HTTP/1.1"
    # A connection that asks for nothing is let go.
    timeout = 30

    def do_GET(self) -> None:
        """Answer for the page and its events."""
        self.close_connection = True
        if not self._welcome():
            self._answer(HTTPStatus.FORBIDDEN, b"not allowed\n", "text/plain")
        elif self.path == f"/{self.server.token}/":
            self._page()
        elif self.path == f"/{self.server.token}/events":
            self._events()
        else:
            self._answer(HTTPStatus.NOT_FOUND, b"not found\n", "text/plain")

    def _welcome(self) -> bool:
        port = self.server.server_port
        hosts = {f"{name}:{port}" for name in (HOST, "localhost")}
        origin = self.headers.get("Origin")
        own = origin is None or origin in {f"http://{host}" for host in hosts}
        first = self.path.split("/")[1] if self.path.startswith("/") else ""
        known = secrets.compare_digest(first.encode(), self.server.token.encode())
        return known and own and self.headers.get("Host") in hosts

    def _page(self) -> None:
        _, data = self.server.latest.after(0, BEAT)
        if data is None:
            self._answer(HTTPStatus.SERVICE_UNAVAILABLE, b"nothing is known yet\n", "text/plain")
            return
        text = report.document({**data, "events": "events"})
        self._answer(HTTPStatus.OK, text.encode("utf-8", "replace"), "text/html; charset=utf-8")

    def _events(self) -> None:
        if not self.server.viewers.acquire(blocking=False):
            self._answer(HTTPStatus.SERVICE_UNAVAILABLE, b"too many viewers\n", "text/plain")
            return
        try:
            self._head(HTTPStatus.OK, "text/event-stream")
            self.end_headers()
            number = 0
            while not self.server.latest.closed:
                number, data = self.server.latest.after(number, BEAT)
                told = f"data: {report.embedded(data)}\n\n" if data is not None else ": nothing new\n\n"
                self.wfile.write(told.encode("utf-8", "replace"))
        except OSError:
            # The page is gone.
            return
        finally:
            self.server.viewers.release()

    def _answer(self, status: HTTPStatus, body: bytes, kind: str) -> None:
        self._head(status, kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _head(self, status: HTTPStatus, kind: str) -> None:
        self.send_response(status)
        headers = {
            "Content-Type": kind,
            "Cache-Control": "no-store",
            "Referrer-Policy": "no-referrer",
            "X-Content-Type-Options": "nosniff",
            "X-Frame-Options": "DENY",
            "Cross-Origin-Resource-Policy": "same-origin",
            "Connection": "close",
        }
        for name, value in headers.items():
            self.send_header(name, value)

    def version_string(self) -> str:
        """Name no versions."""
        return "pkgops"

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing: the address holds the token."""
