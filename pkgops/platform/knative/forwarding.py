"""Forwards one HTTP request of a connection to a pod, and then bytes both ways until one side ends.

Bodies are not read: a request and its response may be chunked, streamed, and of any size, and a connection
may become a WebSocket. The pod is asked to close the connection after its response, so that the next request
is forwarded to the revision that is current then.
"""

from __future__ import annotations

import contextlib
import logging
import socket
import threading
from collections.abc import Callable
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler

log = logging.getLogger(__name__)

CHUNK = 64 * 1024
TIMEOUT_SECONDS = 300.0
"""How long the first byte of a response may take: Knative's default for ``timeoutSeconds``."""
LINGER_SECONDS = 1.0
"""How long the rest of a body is read after the response."""
HOP_BY_HOP = frozenset({"connection", "keep-alive", "proxy-connection", "te", "upgrade", "http2-settings"})
"""Headers that belong to one connection (RFC 9110, 7.6.1). The body's framing is forwarded as it is."""
WEBSOCKET = "websocket"
"""The only protocol that a connection may change to, as in Knative's networking layers."""


@dataclass(frozen=True, slots=True)
class Target:
    """A pod's address and port."""

    address: str
    port: int


Choose = Callable[[str], Target | str]
"""Returns the pod for a request to a host, or the text of the error response."""


def request_head(requestline: str, headers: list[tuple[str, str]], client: str) -> bytes:
    """Return the head of a request as it is sent to the pod. Pure.

    Args:
        requestline: method, target and version.
        headers: of the client, in its order; a name may be there more than once.
        client: its address.
    """
    upgrade = next((value for key, value in headers if key.lower() == "upgrade"), "")
    forwarded = [value for key, value in headers if key.lower() == "x-forwarded-for"]
    dropped = HOP_BY_HOP | {"x-forwarded-for", "x-forwarded-proto"}
    lines = [requestline, *(f"{key}: {value}" for key, value in headers if key.lower() not in dropped)]
    lines += [f"X-Forwarded-For: {', '.join([*forwarded, client])}", "X-Forwarded-Proto: http"]
    if upgrade.lower() == WEBSOCKET:
        lines += ["Connection: Upgrade", f"Upgrade: {upgrade}"]
    else:
        lines.append("Connection: close")
    return "\r\n".join([*lines, "", ""]).encode("latin-1")


class ForwardingHandler(BaseHTTPRequestHandler):
    """Handles one connection; subclassed with how its pods are chosen."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # else each answer waits 40 ms for the acknowledgement of its head
    choose: Choose

    def handle_expect_100(self) -> bool:
        """Leave ``100 Continue`` to the pod, which gets the request's ``Expect``."""
        return True

    def forward(self) -> None:
        """Forward the request to a pod; the connection ends with its response."""
        self.close_connection = True
        host = self.headers.get("Host", "")
        target = type(self).choose(host)
        if isinstance(target, str):
            self._refuse_unread(404 if target.startswith("no service") else 503, target)
            return
        try:
            pod = socket.create_connection((target.address, target.port), TIMEOUT_SECONDS)
        except OSError as error:
            self._refuse_unread(502, f"{host} did not answer: {error}")
            return
        with pod:
            self._forward(host, pod)

    def _forward(self, host: str, pod: socket.socket) -> None:
        body = threading.Thread(target=self._to_pod, args=(pod,), name="gateway-body", daemon=True)
        body.start()
        try:
            first = pod.recv(CHUNK)
            if not first:
                raise ConnectionError("it closed the connection without a response")
        except OSError as error:
            self._refuse(502, f"{host} did not answer: {error}")
        else:
            self._to_client(pod, first)
        # The body is read a little longer: a connection closed before is reset, and its response lost.
        _shut(self.connection, socket.SHUT_WR)
        _shut(pod, socket.SHUT_RDWR)
        body.join(LINGER_SECONDS)
        _shut(self.connection, socket.SHUT_RDWR)
        body.join()

    def _to_pod(self, pod: socket.socket) -> None:
        """Send the head and what the client sends after it; the client's end ends that direction only."""
        with contextlib.suppress(OSError, ValueError):
            pod.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            data = request_head(self.requestline, list(self.headers.items()), str(self.client_address[0]))
            while data:
                with contextlib.suppress(OSError):
                    pod.sendall(data)
                data = self.rfile.read1(CHUNK)
            pod.shutdown(socket.SHUT_WR)

    def _to_client(self, pod: socket.socket, first: bytes) -> None:
        pod.settimeout(None)
        data = first
        with contextlib.suppress(OSError):
            while data:
                self.connection.sendall(data)
                data = pod.recv(CHUNK)

    def _refuse(self, status: int, text: str) -> None:
        body = f"{text}\n".encode()
        with contextlib.suppress(OSError):
            self.send_response(status)
            self.send_header("Content-Type", "text/plain; charset=utf-8")
            self.send_header("Content-Length", str(len(body)))
            self.send_header("Connection", "close")
            self.end_headers()
            self.wfile.write(body)

    def _refuse_unread(self, status: int, text: str) -> None:
        """Refuse a request with an unread body; some of it is read before the connection is closed."""
        self._refuse(status, text)
        _shut(self.connection, socket.SHUT_WR)
        self.connection.settimeout(LINGER_SECONDS)
        with contextlib.suppress(OSError):
            for _ in range(64):
                if not self.rfile.read1(CHUNK):
                    return

    def log_message(self, format: str, *args: object) -> None:
        """Write to the platform's log instead of stderr."""
        log.debug(format, *args)


def _shut(side: socket.socket, how: int) -> None:
    with contextlib.suppress(OSError):
        side.shutdown(how)


def handler(choose: Choose) -> type[ForwardingHandler]:
    """Return the handler of a server that forwards every method."""
    methods = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
    forwards = {f"do_{method}": ForwardingHandler.forward for method in methods}
    return type("GatewayHandler", (ForwardingHandler,), {"choose": staticmethod(choose), **forwards})
