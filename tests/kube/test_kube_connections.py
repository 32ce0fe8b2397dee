"""Kept connections: what is repeated when one turns out to be dead, and what is not."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Callable, Iterator

import pytest

from pkgops.kube.connections import BROKEN, ApiRequest, Connections

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
Script = list[Callable[[socket.socket], None]]


def answer(connection: socket.socket) -> None:
    """Answer each request until the client closes."""
    while connection.recv(65536):
        connection.sendall(OK)


def answer_once(connection: socket.socket) -> None:
    connection.recv(65536)
    connection.sendall(OK)


def hang_up(connection: socket.socket) -> None:
    """Take the request and close without a word."""
    connection.recv(65536)


def cut_short(connection: socket.socket) -> None:
    connection.recv(65536)
    connection.sendall(OK[:-1])


class Server:
    """Serves its connections one after the other, each by the next part of a script."""

    def __init__(self) -> None:
        self.script: Script = []
        self.served = 0
        self.closed = threading.Semaphore(0)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._listener.getsockname()[1]}"

    def close(self) -> None:
        """End in order: a thread that still accepts would take the connections of whoever gets the number."""
        self._listener.shutdown(socket.SHUT_RDWR)
        self._thread.join(10)
        self._listener.close()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            with connection:
                self.served += 1
                self.script.pop(0)(connection)
            self.closed.release()


@pytest.fixture
def server() -> Iterator[Server]:
    server = Server()
    yield server
    server.close()


def request(method: str = "GET") -> ApiRequest:
    return ApiRequest(method, "/x", (("A", "1"), ("A", "2")), None if method == "GET" else b"{}", 10)


def test_one_connection_serves_many_requests(server):
    server.script = [answer]
    connections = Connections(server.url)
    assert [connections.fetch(request())[1] for _ in range(3)] == [b"ok"] * 3
    assert server.served == 1


def test_a_connection_that_the_server_ended_is_not_used_again(server):
    server.script = [answer_once, answer]
    connections = Connections(server.url)
    connections.fetch(request())
    assert server.closed.acquire(timeout=10)
    assert connections.fetch(request("POST"))[1] == b"ok"
    assert server.served == 2


@pytest.mark.parametrize("first", [hang_up, cut_short])
def test_reading_is_asked_again_where_the_connection_broke(server, first):
    server.script = [first, answer]
    assert Connections(server.url).fetch(request())[1] == b"ok"
    assert server.served == 2


def test_a_write_that_may_have_arrived_is_not_repeated(server):
    server.script = [hang_up, answer]
    with pytest.raises(BROKEN):
        Connections(server.url).fetch(request("POST"))
    assert server.served == 1


def test_reading_is_asked_again_once_only(server):
    server.script = [hang_up, hang_up, answer]
    with pytest.raises(BROKEN):
        Connections(server.url).fetch(request())
    assert server.served == 2


def test_a_thread_that_waits_in_a_stream_returns_after_a_shutdown(server):
    def begin(connection):
        connection.recv(65536)
        connection.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n6\r\nfirst\n\r\n")
        connection.recv(65536)

    server.script = [begin]
    stream = Connections(server.url).open(ApiRequest("GET", "/x"))
    lines = iter(stream)
    assert next(lines) == b"first\n"
    ended = threading.Event()

    def wait() -> None:
        with contextlib.suppress(BROKEN):
            next(lines, None)
        ended.set()

    threading.Thread(target=wait, daemon=True).start()
    stream.shutdown()
    assert ended.wait(10)
    stream.close()


def test_a_path_below_the_servers_root_is_kept(server):
    seen: list[bytes] = []

    def listen(connection):
        seen.append(connection.recv(65536))
        connection.sendall(OK)

    server.script = [listen]
    Connections(f"{server.url}/clusters/one/").fetch(request())
    assert seen[0].startswith(b"GET /clusters/one/x HTTP/1.1\r\n")
    assert b"A: 1\r\nA: 2\r\n" in seen[0]


def test_a_proxy_reads_the_requests_to_a_server_without_tls(server):
    seen = []

    def forward(connection: socket.socket) -> None:
        while data := connection.recv(65536):
            seen.append(data.split(b"\r\n")[0])
            connection.sendall(OK)

    server.script = [forward]
    connections = Connections("http://api.example.com:6443/one", proxy=server.url)
    assert [connections.fetch(request())[1] for _ in range(2)] == [b"ok"] * 2
    assert seen == [b"GET http://api.example.com:6443/one/x HTTP/1.1"] * 2
