"""Connections to one server: directly, or through a proxy, with TLS where the address is https."""

from __future__ import annotations

import socket
import ssl
from http.client import HTTPConnection, HTTPSConnection
from urllib.parse import urlsplit

from pkgops.kube import proxies

CONNECT_SECONDS = 10.0
PROBE_SECONDS, PROBES = 10, 3
"""TCP keepalive: seconds between the kernel's probes, and unanswered probes until it ends the connection."""


class Route:
    """How the server of a base URL is reached.

    Args:
        server: the base URL.
        tls: the TLS settings for an https server.
        proxy: the URL of an HTTP or SOCKS proxy on the way; empty: none.
        server_name: what the server's certificate is for, where that is not the URL's host.
    """

    def __init__(self, server: str, tls: ssl.SSLContext | None, proxy: str, server_name: str) -> None:
        parts = urlsplit(server)
        self._host = parts.hostname or ""
        self._port = parts.port or (443 if parts.scheme == "https" else 80)
        self.origin = f"{parts.scheme}://{parts.netloc}"
        self._tls = tls if parts.scheme == "https" else None
        self.proxy = urlsplit(proxy) if proxy else None
        self._server_name = server_name

    def begin(self) -> HTTPConnection:
        """Return a new connection for HTTP.

        Raises:
            OSError: the server cannot be reached, or it is not trusted.
        """
        made = (
            HTTPSConnection(self._host, self._port, context=self._tls)
            if self._tls
            else HTTPConnection(self._host, self._port)
        )
        # http.client must not connect by itself, which would bypass the proxy.
        made.auto_open = 0
        made.sock = self.dial(tunnel=self._tls is not None)
        return made

    def forwarding(self) -> tuple[str, dict[str, str]]:
        """Return the prefix of a request's target, and the headers that a proxy needs.

        An HTTP proxy that forwards requests (without a tunnel) gets the whole URL in them.
        """
        if self.proxy is None or self._tls is not None or not self.proxy.scheme.startswith("http"):
            return "", {}
        return self.origin, proxies.authorization(self.proxy)

    def dial(self, *, tunnel: bool = True) -> socket.socket:
        """Return a new connection to the server, with TLS where the address is https.

        Args:
            tunnel: request a tunnel (CONNECT) from an HTTP proxy; else it forwards each request.

        Raises:
            OSError: the server cannot be reached, or it is not trusted.
        """
        made = self._reach(tunnel=tunnel)
        _notice_silence(made)
        try:
            if self._tls is None:
                return made
            name = self._server_name or self._host
            if isinstance(made, ssl.SSLSocket):
                return proxies.tls_in_tls(made, self._tls, name)
            return self._tls.wrap_socket(made, server_hostname=name)
        except BaseException:
            made.close()
            raise

    def _reach(self, *, tunnel: bool) -> socket.socket:
        proxy = self.proxy
        if proxy is None:
            return _open(self._host, self._port)
        if proxy.scheme.startswith("socks5"):
            return proxies.socks_connect(proxy, self._host, self._port, CONNECT_SECONDS)
        name = proxy.hostname or ""
        made = _open(name, proxies.port_of(proxy))
        try:
            if proxy.scheme == "https":
                trusting = self._tls or ssl.create_default_context()
                made = trusting.wrap_socket(made, server_hostname=self._server_name or name)
            if tunnel:
                proxies.tunnel(made, proxy, self._host, self._port)
        except BaseException:
            made.close()
            raise
        return made


def _open(host: str, port: int) -> socket.socket:
    made = socket.create_connection((host, port), CONNECT_SECONDS)
    made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return made


def _notice_silence(connection: socket.socket) -> None:
    """Have the kernel end a connection whose peer has gone without closing it.

    A watch receives nothing as long as nothing changes, so that an idle one may be healthy or broken.
    """
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    settings = {
        "TCP_KEEPIDLE": PROBE_SECONDS * PROBES,
        "TCP_KEEPINTVL": PROBE_SECONDS,
        "TCP_KEEPCNT": PROBES,
        "TCP_USER_TIMEOUT": 1000 * PROBE_SECONDS * PROBES,
    }
    for name, value in settings.items():
        # Not every system has all of these options.
        option = getattr(socket, name, None)
        if option is not None:
            connection.setsockopt(socket.IPPROTO_TCP, option, value)
