"""Port-forward to a pod: each connection to a loopback port is a WebSocket to the API server.

The protocol is the API server's for ``/portforward`` over WebSockets
(``v4.channel.k8s.io``): every message begins with a channel number, 0 for data and 1 for errors;
the first message of each channel carries the port and is skipped.
"""

from __future__ import annotations

import contextlib
import logging
import os
import socket
import threading
from types import TracebackType

import websocket

from pkgops.errors import UsageError
from pkgops.kube.endpoint import unreachable
from pkgops.kube.errors import Unauthorized, api_error
from pkgops.kube.transport import Headers, Transport

log = logging.getLogger(__name__)

DATA, ERROR = 0, 1
CHUNK = 64 * 1024
FIRST_SECONDS = 1.0
"""How long the connection that was opened up front waits for the first local one."""


class PortForward:
    """A listening loopback port, for as long as the ``with`` block lasts.

    Entering it raises UsageError where another program listens on that port, or this user may not.
    """

    def __init__(self, transport: Transport, path: str, port: int, local_port: int = 0) -> None:
        self._transport = transport
        self._path = f"{path}?ports={port}"
        self._local_port = local_port
        self._listener: socket.socket | None = None
        self._lock = threading.Lock()
        self._open: set[_Connection] = set()

    def __enter__(self) -> int:
        # One connection up front: an error (no such pod, no permission) is raised here, not in a thread. The
        # first local connection uses it: containerd holds a connection that is closed unused open to the
        # application for another second, in which a server that answers one connection at a time is busy.
        first = _connect(self._transport, self._path)
        try:
            listener = socket.create_server(("127.0.0.1", self._local_port))
        except OSError as error:
            first.close()
            raise UsageError(
                f"port {self._local_port} of this machine cannot be listened on",
                why=os.strerror(error.errno) if error.errno else str(error),
                next="name another port, or 0 for one that is free",
                slug="port-taken",
            ) from error
        self._listener = listener
        threading.Thread(
            target=self._accept, args=(listener, first), name="port-forward", daemon=True
        ).start()
        return int(listener.getsockname()[1])

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._listener is not None:
            with contextlib.suppress(OSError):
                self._listener.shutdown(socket.SHUT_RDWR)
            self._listener.close()
        with self._lock:
            still_open = tuple(self._open)
        for connection in still_open:
            connection.end()

    def _accept(self, listener: socket.socket, first: websocket.WebSocket) -> None:
        unused: websocket.WebSocket | None = first
        while True:
            try:
                listener.settimeout(None if unused is None else FIRST_SECONDS)
                connection, _ = listener.accept()
            except OSError as error:
                if unused is not None:
                    unused.close()
                if not isinstance(error, TimeoutError):
                    return
            else:
                threading.Thread(target=self._serve, args=(connection, unused), daemon=True).start()
            unused = None

    def _serve(self, local: socket.socket, remote: websocket.WebSocket | None) -> None:
        try:
            remote = remote or _connect(self._transport, self._path)
        except Exception as error:
            log.debug("port-forward: %s", error)
            local.close()
            return
        connection = _Connection(local, remote)
        with self._lock:
            self._open.add(connection)
        connection.forward()
        with self._lock:
            self._open.discard(connection)


class _Connection:
    """A local connection, and the WebSocket that leads to the application.

    The protocol has no message for the end of one direction. Where the local side has its response and ends,
    the WebSocket ends too: otherwise containerd holds the application's side open for another second.
    """

    def __init__(self, local: socket.socket, remote: websocket.WebSocket) -> None:
        self._local = local
        self._remote = remote
        self._responded = False

    def forward(self) -> None:
        """Forward data both ways until the application's side ends."""
        threading.Thread(target=self._upstream, daemon=True).start()
        self._downstream()

    def end(self) -> None:
        """End the connection to the application."""
        with contextlib.suppress(OSError):
            if self._remote.sock is not None:
                self._remote.sock.shutdown(socket.SHUT_RDWR)

    def _upstream(self) -> None:
        with contextlib.suppress(OSError, websocket.WebSocketException):
            while data := self._local.recv(CHUNK):
                self._responded = False
                self._remote.send_binary(bytes([DATA]) + data)
        if self._responded:
            self.end()

    def _downstream(self) -> None:
        self._remote.settimeout(None)
        greeted: set[int] = set()
        with contextlib.suppress(OSError, websocket.WebSocketException):
            while message := _receive(self._remote):
                channel, payload = message[0], message[1:]
                if channel not in greeted:
                    greeted.add(channel)
                elif channel == ERROR:
                    log.debug("port-forward: %s", payload.decode(errors="replace"))
                    break
                elif payload:
                    self._responded = True
                    self._local.sendall(payload)
        # close() alone does not end the connection for the peer while the other thread reads from it.
        with contextlib.suppress(OSError), contextlib.closing(self._local):
            self._local.shutdown(socket.SHUT_RDWR)
        self._remote.close()


def _connect(transport: Transport, path: str) -> websocket.WebSocket:
    version, headers = transport.endpoint.renewal.version, transport.headers()
    try:
        return _opened(transport, path, headers)
    except Unauthorized:
        other = transport.renewed(headers, version)
        if other is None:
            raise
        return _opened(transport, path, other)


def _opened(transport: Transport, path: str, headers: Headers) -> websocket.WebSocket:
    endpoint = transport.endpoint
    url = endpoint.server.replace("http", "ws", 1) + path
    own = [f"{key}: {value}" for key, value in headers if key != "Accept"]
    try:
        return websocket.create_connection(
            url, header=own, socket=transport.dial(), subprotocols=["v4.channel.k8s.io"], timeout=10
        )
    except websocket.WebSocketBadStatusException as error:
        body = error.resp_body if isinstance(error.resp_body, bytes) else b""
        raise api_error(error.status_code, body) from error
    except (websocket.WebSocketException, OSError) as error:
        raise unreachable(endpoint, error) from error


def _receive(remote: websocket.WebSocket) -> bytes:
    message = remote.recv()
    return message.encode() if isinstance(message, str) else message
