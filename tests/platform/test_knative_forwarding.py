"""Requests as the gateway forwards them: unread bodies, streams, WebSockets, and pods that do not respond."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from http.server import ThreadingHTTPServer

import pytest

from pkgops.platform.knative.forwarding import Target, handler, request_head

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok"


@pytest.fixture
def app() -> Iterator[socket.socket]:
    """The listening socket of the application."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(20)
        yield listener


@pytest.fixture
def client(app: socket.socket) -> Iterator[socket.socket]:
    """A connection to the gateway."""
    address = Target(*app.getsockname())
    made = handler(lambda host: address if host == "web" else f"no service answers for {host}")
    server = ThreadingHTTPServer(("127.0.0.1", 0), made)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    with socket.create_connection(server.server_address[:2], timeout=20) as connection:
        yield connection
    server.shutdown()
    server.server_close()


def accepted(app: socket.socket) -> socket.socket:
    connection, _ = app.accept()
    connection.settimeout(20)
    return connection


def until(connection: socket.socket, end: bytes) -> bytes:
    found = b""
    while end not in found:
        data = connection.recv(1000)
        assert data, f"it ended after {found!r}"
        found += data
    return found


def rest(connection: socket.socket) -> bytes:
    found = b""
    while data := connection.recv(65536):
        found += data
    return found


def head(*lines: str) -> bytes:
    return "\r\n".join([*lines, "", ""]).encode()


def test_a_chunked_body_arrives_as_it_was_sent(app: socket.socket, client: socket.socket) -> None:
    body = b"5\r\nhello\r\n0\r\n\r\n"
    client.sendall(head("POST /in HTTP/1.1", "Host: web", "Transfer-Encoding: chunked") + body)
    with accepted(app) as pod:
        got = until(pod, body)
        assert b"Transfer-Encoding: chunked" in got
        pod.sendall(OK)
    assert rest(client) == OK


def test_a_large_body_is_not_held_back_until_its_end(app: socket.socket, client: socket.socket) -> None:
    client.sendall(head("PUT /in HTTP/1.1", "Host: web", "Content-Length: 1000000000") + b"first")
    with accepted(app) as pod:
        assert until(pod, b"first")
        client.sendall(b"second")
        assert until(pod, b"second")
        pod.sendall(OK)
    assert rest(client) == OK


def test_a_stream_of_events_is_forwarded_event_by_event(app: socket.socket, client: socket.socket) -> None:
    client.sendall(head("GET /events HTTP/1.1", "Host: web"))
    with accepted(app) as pod:
        until(pod, b"\r\n\r\n")
        pod.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\ndata: 1\n\n")
        assert until(client, b"data: 1\n\n")
        pod.sendall(b"data: 2\n\n")
        assert until(client, b"data: 2\n\n")
        client.close()
        assert pod.recv(1000) == b""


def test_a_connection_becomes_a_websocket(app: socket.socket, client: socket.socket) -> None:
    lines = ("GET /chat HTTP/1.1", "Host: web", "Connection: Upgrade", "Upgrade: websocket")
    client.sendall(head(*lines, "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=="))
    with accepted(app) as pod:
        got = until(pod, b"\r\n\r\n")
        assert b"Connection: Upgrade\r\nUpgrade: websocket\r\n" in got
        assert b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n" in got
        pod.sendall(head("HTTP/1.1 101 Switching Protocols", "Upgrade: websocket", "Connection: Upgrade"))
        assert until(client, b"\r\n\r\n")
        for ours, theirs in ((client, pod), (pod, client), (client, pod)):
            ours.sendall(b"\x81\x02hi")
            assert until(theirs, b"hi") == b"\x81\x02hi"
    assert rest(client) == b""


def test_the_pod_says_whether_a_body_is_to_be_sent(app: socket.socket, client: socket.socket) -> None:
    client.sendall(head("PUT / HTTP/1.1", "Host: web", "Expect: 100-continue", "Content-Length: 2"))
    with accepted(app) as pod:
        assert b"Expect: 100-continue\r\n" in until(pod, b"\r\n\r\n")
        pod.sendall(b"HTTP/1.1 417 Expectation Failed\r\nContent-Length: 0\r\n\r\n")
    assert rest(client).startswith(b"HTTP/1.1 417 ")


def test_a_pod_that_ends_without_a_response_is_told(app: socket.socket, client: socket.socket) -> None:
    client.sendall(head("GET / HTTP/1.1", "Host: web"))
    accepted(app).close()
    response = rest(client)
    assert response.startswith(b"HTTP/1.1 502 ")
    assert b"web did not answer: " in response


def test_a_pod_that_does_not_listen_is_told(app: socket.socket, client: socket.socket) -> None:
    app.close()
    client.sendall(head("GET / HTTP/1.1", "Host: web"))
    assert b"502 Bad Gateway" in rest(client)


@pytest.mark.parametrize("body", [b"", b"x" * 300_000])
def test_who_sends_a_body_to_no_service_reads_why(client: socket.socket, body: bytes) -> None:
    client.sendall(head("POST / HTTP/1.1", "Host: other", f"Content-Length: {len(body)}") + body)
    assert rest(client).endswith(b"no service answers for other\n")


def test_the_head_keeps_what_belongs_to_the_request() -> None:
    headers = [
        ("Host", "web"), ("Cookie", "a=1"), ("Cookie", "b=2"), ("Connection", "keep-alive"),
        ("Keep-Alive", "5"), ("Upgrade", "h2c"), ("HTTP2-Settings", "x"), ("X-Forwarded-For", "10.0.0.1"),
        ("X-Forwarded-Proto", "https"),
    ]  # fmt: skip
    assert request_head("GET /a?b HTTP/1.1", headers, "127.0.0.1").decode().split("\r\n") == [
        "GET /a?b HTTP/1.1",
        "Host: web",
        "Cookie: a=1",
        "Cookie: b=2",
        "X-Forwarded-For: 10.0.0.1, 127.0.0.1",
        "X-Forwarded-Proto: http",
        "Connection: close",
        "",
        "",
    ]
