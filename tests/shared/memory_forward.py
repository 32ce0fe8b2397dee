"""Port-forwards of the API server in memory: one WebSocket leads to one loopback address."""

from __future__ import annotations

import base64
import hashlib
import socket
import threading
from contextlib import suppress
from http.server import BaseHTTPRequestHandler

PROTOCOL = "v4.channel.k8s.io"
_GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
_BINARY, _CLOSE = 2, 8


def serve(request: BaseHTTPRequestHandler, port: int, address: tuple[str, int] | None) -> None:
    """Answer an upgrade and pass data on until one side ends; without an address nobody listens there."""
    key = request.headers["Sec-WebSocket-Key"].encode()
    request.send_response(101)
    request.send_header("Upgrade", "websocket")
    request.send_header("Connection", "Upgrade")
    request.send_header("Sec-WebSocket-Accept", base64.b64encode(hashlib.sha1(key + _GUID).digest()).decode())
    request.send_header("Sec-WebSocket-Protocol", PROTOCOL)
    request.end_headers()
    request.close_connection = True
    for channel in (0, 1):
        _send(request, bytes([channel]) + port.to_bytes(2, "little"))
    try:
        app = socket.create_connection(address) if address else None
    except OSError:
        app = None
    if app is None:
        _send(request, b"\x01connection refused")
        return
    with app, suppress(OSError):
        threading.Thread(target=_upstream, args=(request, app), daemon=True).start()
        while data := app.recv(32 * 1024):
            _send(request, b"\0" + data)
        _send(request, b"", _CLOSE)


def _upstream(request: BaseHTTPRequestHandler, app: socket.socket) -> None:
    with suppress(OSError, ValueError):
        while (message := _receive(request)) is not None:
            app.sendall(message[1:])
        app.shutdown(socket.SHUT_RDWR)


def _receive(request: BaseHTTPRequestHandler) -> bytes | None:
    """The payload of the next message; None at the end. A client masks what it sends."""
    head = request.rfile.read(2)
    if len(head) < 2 or head[0] & 15 == _CLOSE:
        return None
    length = head[1] & 127
    if length > 125:
        length = int.from_bytes(request.rfile.read(2 if length == 126 else 8), "big")
    mask, data = request.rfile.read(4), request.rfile.read(length)
    return bytes(byte ^ mask[index % 4] for index, byte in enumerate(data))


def _send(request: BaseHTTPRequestHandler, payload: bytes, opcode: int = _BINARY) -> None:
    size = len(payload)
    length = bytes([size]) if size < 126 else b"\x7e" + size.to_bytes(2, "big")
    with suppress(OSError):
        request.wfile.write(bytes([0x80 | opcode]) + length + payload)
        request.wfile.flush()
