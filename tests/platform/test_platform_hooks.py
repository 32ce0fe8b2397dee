import urllib.error
import urllib.request
from collections.abc import Iterator

import pytest

from pkgops.platform.events import event_object
from pkgops.platform.hooks import HookServer


@pytest.fixture
def server() -> Iterator[HookServer]:
    server = HookServer("127.0.0.1", 0)
    server.start()
    yield server
    server.stop()


def post(server: HookServer, path: str, body: bytes = b"{}") -> int:
    assert server._server is not None
    url = f"http://127.0.0.1:{server._server.server_address[1]}{path}"
    try:
        with urllib.request.urlopen(urllib.request.Request(url, data=body, method="POST")) as answer:
            return answer.status
    except urllib.error.HTTPError as error:
        return error.code


def test_every_handler_of_a_path_gets_the_body_even_if_one_fails(server: HookServer) -> None:
    bodies: list[bytes] = []

    def broken(body: bytes) -> None:
        raise RuntimeError("a bug in a handler")

    server.on("/hooks/git", broken)
    server.on("/hooks/git", bodies.append)
    assert post(server, "/hooks/git", b'{"repository": "a"}') == 200
    assert bodies == [b'{"repository": "a"}']


def test_unknown_paths_are_not_found(server: HookServer) -> None:
    assert post(server, "/hooks/unknown") == 404


def test_an_event_said_twice_has_one_name() -> None:
    obj = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p", "namespace": "n", "uid": "u"}}
    first = event_object(obj, "Warning", "Failed", "why", "platform", "t1")
    again = event_object(obj, "Warning", "Failed", "why", "platform", "t2")
    other = event_object(obj, "Warning", "Failed", "another", "platform", "t2")
    assert first["metadata"]["name"] == again["metadata"]["name"] != other["metadata"]["name"]
    assert first["involvedObject"]["uid"] == "u"
