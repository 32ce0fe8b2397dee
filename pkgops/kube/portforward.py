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
from pkgops.kube.errors import Unauthorized, api_error
from pkgops.kube.transport import Headers, Transport, unreachable

log = logging.getLogger(__name__)

DATA, ERROR = 0, 1
CHUNK = 64 * 1024


class PortForward:
    """A listening loopback port, for as long as the ``with`` block lasts.

    Entering it raises UsageError where another program listens on that port, or this user may not.
    """

    def __init__(self, transport: Transport, path: str, port: int, local_port: int = 0) -> None:
        self._transport = transport
        self._path = f"{path}?ports={port}"
        self._local_port = local_port
        self._listener: socket.socket | None = None

    def __enter__(self) -> int:
        # One connection up front: an error (no such pod, no permission) is raised here, not in a thread.
        _connect(self._transport, self._path).close()
        try:
            listener = socket.create_server(("127.0.0.1", self._local_port))
        except OSError as error:
            raise UsageError(
                f"port {self._local_port} of this machine cannot be listened on",
                why=os.strerror(error.errno) if error.errno else str(error),
                next="name another port, or 0 for one that is free",
                slug="port-taken",
            ) from error
        self._listener = listener
        threading.Thread(target=self._accept, args=(listener,), name="port-forward", daemon=True).start()
        return int(listener.getsockname()[1])

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._listener is not None:
            with contextlib.suppress(OSError):
                self._listener.shutdown(socket.SHUT_RDWR)
            self._listener.close()

    def _accept(self, listener: socket.socket) -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        try:
            remote = _connect(self._transport, self._path)
        except Exception as error:
            log.debug("port-forward: %s", error)
            connection.close()
            return
        threading.Thread(target=_upstream, args=(connection, remote), daemon=True).start()
        _downstream(connection, remote)


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


def _upstream(connection: socket.socket, remote: websocket.WebSocket) -> None:
    with contextlib.suppress(OSError, websocket.WebSocketException):
        while data := connection.recv(CHUNK):
            remote.send_binary(bytes([DATA]) + data)


def _receive(remote: websocket.WebSocket) -> bytes:
    message = remote.recv()
    return message.encode() if isinstance(message, str) else message


def _downstream(connection: socket.socket, remote: websocket.WebSocket) -> None:
    remote.settimeout(None)
    greeted: set[int] = set()
    with contextlib.suppress(OSError, websocket.WebSocketException):
        while message := _receive(remote):
            channel, payload = message[0], message[1:]
            if channel not in greeted:
                greeted.add(channel)
            elif channel == ERROR:
                log.debug("port-forward: %s", payload.decode(errors="replace"))
                break
            elif payload:
                connection.sendall(payload)
    # close() alone does not end the connection for the peer while the other thread reads from it.
    with contextlib.suppress(OSError), contextlib.closing(connection):
        connection.shutdown(socket.SHUT_RDWR)
    remote.close()
