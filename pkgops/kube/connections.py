"""Persistent HTTP/1.1 connections to one server, with only the standard library.

``pkgops status`` is run often, and importing an HTTP library takes longer than its requests: with urllib3,
which has pools and proxies of its own, it takes 3.2 times the processor time of ``kubectl get`` for one
workload, and 2.75 times without; 3 times is the limit. A request is repeated by what a broken connection
means: an idle one may have been closed by a restarted server, so a read is sent again, while a write is
repeated only if it was never sent.
"""

from __future__ import annotations

import contextlib
import select
import socket
import ssl
from collections import deque
from collections.abc import Callable, Iterator
from http.client import HTTPConnection, HTTPException, HTTPResponse
from typing import NamedTuple, TypeVar
from urllib.parse import urlsplit

from pkgops.kube.renewal import Renewal
from pkgops.kube.route import Route

KEPT = 32

T = TypeVar("T")
BROKEN = (OSError, HTTPException)
"""The exceptions that are raised where there was no connection, or where it broke."""


class ApiRequest(NamedTuple):
    """A request as it is sent.

    Attributes:
        method: for example ``GET``.
        target: the path below the base URL, with its query.
        headers: pairs; a name may be there more than once.
        body: None for none.
        read_seconds: how long to wait for each part of the response; None means without a limit.
    """

    method: str
    target: str
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes | None = None
    read_seconds: float | None = None


class ApiResponse:
    """One response; its connection returns to the pool once the whole body was read."""

    def __init__(self, pool: Connections, connection: HTTPConnection, response: HTTPResponse) -> None:
        self._pool = pool
        self._connection = connection
        self._socket = connection.sock
        self._response = response
        self.status = response.status

    def header(self, name: str) -> str:
        """Return a header of the response; empty where there is none."""
        return self._response.getheader(name) or ""

    def read(self) -> bytes:
        """Return the rest of the body."""
        data = self._response.read()
        self._pool.keep(self._connection)
        return data

    def __iter__(self) -> Iterator[bytes]:
        """Yield the lines of the body as they come, line ends included."""
        return iter(self._response.readline, b"")

    def shutdown(self) -> None:
        """Shut the socket down, from any thread, so that a thread that waits for data returns."""
        if self._socket is not None:
            # Not SSLSocket's own, which takes the TLS state away from the thread that reads.
            plain = getattr(self._socket, "socket", self._socket)
            socket.socket.shutdown(plain, socket.SHUT_RDWR)

    def close(self) -> None:
        """Close the connection."""
        self._response.close()
        self._connection.close()


class Connections:
    """The connections to the server of one base URL. Thread-safe.

    Args:
        server: the base URL.
        tls: the TLS settings for an https server.
        proxy: the URL of an HTTP or SOCKS proxy on the way; empty: none.
        server_name: what the server's certificate is for, where that is not the URL's host.
        renewal: keeps the client certificate in ``tls`` up to date.
    """

    def __init__(
        self,
        server: str,
        tls: ssl.SSLContext | None = None,
        proxy: str = "",
        server_name: str = "",
        renewal: Renewal | None = None,
    ) -> None:
        self._root = urlsplit(server).path.rstrip("/")
        self._renewal = renewal or Renewal()
        self._version = self._renewal.version
        self.route = Route(server, tls, proxy, server_name)
        self._idle: deque[HTTPConnection] = deque(maxlen=KEPT)

    def open(self, request: ApiRequest) -> ApiResponse:
        """Send a request and return its response once its headers were received.

        Raises:
            OSError, HTTPException: there was no connection or no response.
        """
        return self._ask(request, lambda answer: answer)

    def fetch(self, request: ApiRequest) -> tuple[ApiResponse, bytes]:
        """Send a request and return its response with the whole body.

        Raises:
            OSError, HTTPException: there was no connection, or it broke before the body's end.
        """
        return self._ask(request, lambda answer: (answer, answer.read()))

    def _ask(self, request: ApiRequest, take: Callable[[ApiResponse], T]) -> T:
        try:
            return self._once(request, take)
        except _NeverLeft as error:
            if not _passing(error.cause):
                raise error.cause from None
        except BROKEN as error:
            if request.method != "GET" or not _passing(error):
                raise
        try:
            return self._once(request, take)
        except _NeverLeft as error:
            raise error.cause from None

    def _once(self, request: ApiRequest, take: Callable[[ApiResponse], T]) -> T:
        try:
            connection = self._connection()
        except BROKEN as error:
            raise _NeverLeft(error) from error
        try:
            self._send(connection, request)
            return take(ApiResponse(self, connection, connection.getresponse()))
        except BaseException:
            connection.close()
            raise

    def keep(self, connection: HTTPConnection) -> None:
        """Put a connection back whose response was read; one that the server ends is closed already."""
        if connection.sock is not None:
            self._idle.append(connection)

    def _send(self, connection: HTTPConnection, request: ApiRequest) -> None:
        connection.sock.settimeout(request.read_seconds)
        before, more = self.route.forwarding()
        connection.putrequest(request.method, before + self._root + request.target)
        for key, value in more.items():
            connection.putheader(key, value)
        for key, value in request.headers:
            connection.putheader(key, value)
        if request.body is not None:
            connection.putheader("Content-Length", str(len(request.body)))
        connection.endheaders(request.body)

    def dial(self) -> socket.socket:
        """Return a new connection for another protocol than HTTP.

        Raises:
            OSError: the server cannot be reached, or it is not trusted.
        """
        self._renewal.refresh()
        return self.route.dial()

    def drop(self) -> None:
        """Close the idle connections: they use the client certificate with which they were made."""
        with contextlib.suppress(IndexError):
            while True:
                self._idle.pop().close()

    def _connection(self) -> HTTPConnection:
        self._renewal.refresh()
        if self._version != self._renewal.version:
            self._version = self._renewal.version
            self.drop()
        while True:
            try:
                kept = self._idle.pop()
            except IndexError:
                return self.route.begin()
            if kept.sock is not None and not _ended(kept.sock):
                return kept
            kept.close()


class _NeverLeft(Exception):
    """No connection could be made, so nothing was sent."""

    def __init__(self, cause: Exception) -> None:
        super().__init__(str(cause))
        self.cause = cause


def _passing(error: Exception) -> bool:
    """Return whether a retry at once can succeed: not after a timeout or a failed verification."""
    return not isinstance(error, TimeoutError | ssl.SSLCertVerificationError)


def _ended(kept: socket.socket) -> bool:
    """Return whether the server closed a connection that is not being read: then it is readable."""
    with contextlib.suppress(OSError, ValueError):
        poll = select.poll()
        poll.register(kept, select.POLLIN)
        return bool(poll.poll(0))
    return True
