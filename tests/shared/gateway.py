"""A TLS server that records who asks, and proxies on the way to it; every name leads to this machine."""

from __future__ import annotations

import base64
import select
import socket
import ssl
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from pkgops import certificates

HOST = "api.example.test"
OTHER = "other.example.test"
VERSION = b'{"major":"1","minor":"34","gitVersion":"v1.34.4"}'
PASSWORD = "Basic " + base64.b64encode(b"me:a b").decode()
ASKED = ("authorization", "impersonate-user", "impersonate-group", "impersonate-uid", "impersonate-extra-x")


@dataclass
class Seen:
    """What the server and the proxies were told of one command."""

    requests: list[dict[str, Any]] = field(default_factory=list)
    names: list[str | None] = field(default_factory=list)
    way: list[str] = field(default_factory=list)


class Gateway:
    """Servers of this machine: ``https`` and ``http`` answer, the others are proxies.

    Certificates, all by one authority, lie in ``folder``: ``ca.crt``, ``client.crt``, ``client.key``.
    """

    def __init__(self, folder: Path) -> None:
        self.seen = Seen()
        now = datetime.now(UTC)
        authority = certificates.issue_authority("test", now)
        other = certificates.issue_authority("other", now)
        server = certificates.issue(authority, "server", (), (HOST, "127.0.0.1", "localhost"), now)
        client = certificates.issue(authority, "jane", ("team",), (), now)
        files = {"ca": authority, "other": other, "server": server, "client": client}
        for name, issued in files.items():
            (folder / f"{name}.crt").write_bytes(issued.certificate_pem)
            (folder / f"{name}.key").write_bytes(issued.key_pem)
        self._tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._tls.load_cert_chain(folder / "server.crt", folder / "server.key")
        self._tls.load_verify_locations(folder / "ca.crt")
        self._tls.verify_mode = ssl.CERT_OPTIONAL
        self._tls.sni_callback = lambda _socket, name, _context: self.seen.names.append(name)
        # The proxy's own handshake is no part of what the server sees.
        self._proxy_tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._proxy_tls.load_cert_chain(folder / "server.crt", folder / "server.key")
        self._servers = {"https": _Https(self), "http": _Http(self)}
        for one in self._servers.values():
            threading.Thread(target=one.serve_forever, args=(0.01,), daemon=True).start()
        self._listeners = {name: socket.create_server(("127.0.0.1", 0)) for name in ("proxy", "tls", "socks")}
        for name, listener in self._listeners.items():
            threading.Thread(target=self._accept, args=(name, listener), daemon=True).start()

    def port(self, name: str) -> int:
        """The port of ``https``, ``http``, ``proxy``, ``tls`` (a proxy that speaks TLS) or ``socks``."""
        if name in self._servers:
            return int(self._servers[name].server_address[1])
        return int(self._listeners[name].getsockname()[1])

    def close(self) -> None:
        """End all of them."""
        for one in self._servers.values():
            one.shutdown()
            one.server_close()
        for listener in self._listeners.values():
            with suppress(OSError):
                listener.shutdown(socket.SHUT_RDWR)
            listener.close()

    @property
    def tls(self) -> ssl.SSLContext:
        """How ``https`` speaks TLS."""
        return self._tls

    def _accept(self, name: str, listener: socket.socket) -> None:
        serve = self._serve_socks if name == "socks" else self._serve_http
        while True:
            try:
                accepted, _ = listener.accept()
            except OSError:
                return
            threading.Thread(target=self._guard, args=(serve, name, accepted), daemon=True).start()

    def _guard(self, serve: Any, name: str, accepted: socket.socket) -> None:
        with suppress(OSError), accepted:
            serve(name, accepted)

    def _serve_http(self, name: str, accepted: socket.socket) -> None:
        made = self._proxy_tls.wrap_socket(accepted, server_side=True) if name == "tls" else accepted
        head = _until(made, b"\r\n\r\n")
        lines = head.decode().split("\r\n")
        method, target, _ = lines[0].split(" ")
        proof = [line.partition(": ")[2] for line in lines if line.lower().startswith("proxy-authorization")]
        place = target if method == "CONNECT" else target.partition("/version")[0]
        self.seen.way += [f"{name} {method} {_named(place)}", *proof]
        if method == "CONNECT":
            with socket.create_connection(("127.0.0.1", self.port("https"))) as server:
                made.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
                _pass_on(made, server)
            return
        with socket.create_connection(("127.0.0.1", self.port("http"))) as server:
            server.sendall(head.replace(target.encode(), b"/version", 1))
            _pass_on(made, server)

    def _serve_socks(self, _name: str, made: socket.socket) -> None:
        methods = _exactly(made, _exactly(made, 2)[1])
        proof = []
        if 2 in methods:
            made.sendall(b"\x05\x02")
            user = _exactly(made, _exactly(made, 2)[1])
            password = _exactly(made, _exactly(made, 1)[0])
            made.sendall(b"\x01\x00")
            proof = [f"{user.decode()}:{password.decode()}"]
        else:
            made.sendall(b"\x05\x00")
        kind = _exactly(made, 4)[3]
        raw = _exactly(made, _exactly(made, 1)[0] if kind == 3 else 4)
        host = raw.decode() if kind == 3 else socket.inet_ntoa(raw)
        port = struct.unpack(">H", _exactly(made, 2))[0]
        self.seen.way += [f"socks {host}:{'PORT' if port > 1024 else port}", *proof]
        with socket.create_connection(("127.0.0.1", self.port("https"))) as server:
            made.sendall(b"\x05\x00\x00\x01\x00\x00\x00\x00\x00\x00")
            _pass_on(made, server)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    gateway: Gateway

    def do_GET(self) -> None:
        peer = self.connection.getpeercert() if isinstance(self.connection, ssl.SSLSocket) else None
        names = [
            value for part in (peer or {}).get("subject", ()) for key, value in part if key == "commonName"
        ]
        told = {key.lower(): value for key, value in self.headers.items() if key.lower() in ASKED}
        self.gateway.seen.requests.append({"path": self.path, "certificate": "".join(names), **told})
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(VERSION)))
        self.end_headers()
        self.wfile.write(VERSION)

    def log_message(self, format: str, *args: object) -> None:
        pass


class _Http(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, gateway: Gateway) -> None:
        super().__init__(("127.0.0.1", 0), type("Handler", (_Handler,), {"gateway": gateway}))

    def handle_error(self, request: Any, client_address: Any) -> None:
        pass


class _Https(_Http):
    def __init__(self, gateway: Gateway) -> None:
        super().__init__(gateway)
        self.gateway = gateway

    def finish_request(self, request: Any, client_address: Any) -> None:
        super().finish_request(self.gateway.tls.wrap_socket(request, server_side=True), client_address)


@contextmanager
def running(folder: Path) -> Iterator[Gateway]:
    """A gateway for as long as the block lasts."""
    gateway = Gateway(folder)
    try:
        yield gateway
    finally:
        gateway.close()


def _named(place: str) -> str:
    head, _, port = place.rpartition(":")
    return f"{head}:PORT" if head and port.isdigit() and int(port) > 1024 else place


def _until(made: socket.socket, end: bytes) -> bytes:
    found = b""
    while not found.endswith(end):
        more = made.recv(1)
        if not more:
            raise OSError("closed")
        found += more
    return found


def _exactly(made: socket.socket, count: int) -> bytes:
    found = b""
    while len(found) < count:
        more = made.recv(count - len(found))
        if not more:
            raise OSError("closed")
        found += more
    return found


def _pass_on(one: socket.socket, other: socket.socket) -> None:
    while True:
        ready = [one] if isinstance(one, ssl.SSLSocket) and one.pending() else []
        ready = ready or select.select([one, other], [], [], 10)[0]
        if not ready:
            return
        for source in ready:
            data = source.recv(65536)
            if not data:
                return
            (other if source is one else one).sendall(data)
