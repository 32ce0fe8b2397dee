"""The gateway: host names, weights of Revisions, and requests that are forwarded to a server of the test."""

import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import SimpleNamespace
from typing import Any

import pytest

from pkgops.platform.knative import loopback
from pkgops.platform.knative.gateway import Gateway, host_parts, is_ready_pod, weighted_revisions

Obj = dict[str, Any]


@pytest.mark.parametrize(
    ("host", "parts"),
    [
        ("web.apps.localhost:8480", ("web", "apps")),
        ("web.apps.localhost", ("web", "apps")),
        ("web.apps.svc.cluster.local", ("web", "apps")),
        ("web.localhost", None),
        ("a.b.c.localhost", None),
        ("localhost:8480", None),
        ("example.com", None),
        ("", None),
    ],
)
def test_host_names(host: str, parts: tuple[str, str] | None) -> None:
    assert host_parts(host) == parts


def test_shares_of_traffic() -> None:
    split = [{"revisionName": "a", "percent": 75}, {"revisionName": "b", "percent": 25}]
    assert (weighted_revisions(split).count("a"), weighted_revisions(split).count("b")) == (75, 25)
    assert weighted_revisions([{"revisionName": "a"}]) == ["a"]


READY = {"podIP": "127.0.0.1", "conditions": [{"type": "Ready", "status": "True"}]}


def test_only_ready_pods_get_requests() -> None:
    assert is_ready_pod({"metadata": {}, "status": READY})
    assert not is_ready_pod({"metadata": {"deletionTimestamp": "x"}, "status": READY})
    assert not is_ready_pod({"metadata": {}, "status": {**READY, "conditions": []}})


class Echo(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        text = f"{self.command} {self.path} {self.headers['Host']} {body.decode()}".encode()
        self.send_response(201)
        self.send_header("X-App", "echo")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, *args: object) -> None:
        pass


class Cache:
    """The outer edge: what the platform's shared copies hold."""

    def __init__(self, port: int) -> None:
        self.config = SimpleNamespace(address="127.0.0.1")
        self.stops: list[Any] = []
        spec = {"containers": [{"name": "app", "ports": [{"containerPort": port}]}]}
        self.objects: dict[str, Obj] = {
            "Route": {
                "metadata": {"name": "web", "namespace": "apps"},
                "status": {"traffic": [{"revisionName": "r", "percent": 100}]},
            },
            "Revision": {"metadata": {}, "spec": spec},
        }
        self.pods = [{"metadata": {}, "status": READY}]

    def get(self, _api: str, kind: str, name: str, namespace: str) -> Obj | None:
        return self.objects[kind] if namespace == "apps" and name in ("web", "r") else None

    def list(self, _api: str, kind: str, *_args: object) -> list[Obj]:
        return self.pods if kind == "Pod" else [self.objects[kind]]

    def on_stop(self, stop: Any) -> None:
        self.stops.append(stop)


@pytest.fixture
def cache() -> Iterator[Cache]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Echo)
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    found = Cache(server.server_address[1])
    yield found
    for stop in [*found.stops, server.shutdown]:
        stop()


def ask(port: int, host: str) -> tuple[int, str, str]:
    request = urllib.request.Request(f"http://127.0.0.1:{port}/x?y=1", data=b"hi", headers={"Host": host})
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return answer.status, answer.read().decode(), answer.headers["X-App"]
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode(), ""


def test_requests_are_passed_on_with_their_host(cache: Cache) -> None:
    port = Gateway(cache, 0).start()  # type: ignore[arg-type]
    host = f"web.apps.localhost:{port}"
    assert ask(port, host) == (201, f"POST /x?y=1 {host} hi", "echo")


def test_refusals_say_why(cache: Cache) -> None:
    port = Gateway(cache, 0).start()  # type: ignore[arg-type]
    assert ask(port, "no.apps.localhost")[:2] == (404, "no service answers for no.apps.localhost\n")
    cache.pods.clear()
    assert ask(port, "web.apps.localhost")[:2] == (503, "revision r has no ready pod\n")
    cache.objects["Route"]["status"] = {}
    assert ask(port, "web.apps.localhost")[:2] == (503, "web.apps.localhost has no ready revision\n")


def test_socket_that_was_handed_over_is_used() -> None:
    given = loopback.listen(0, {})
    port = given.getsockname()[1]
    again = loopback.listen(1, {loopback.VARIABLE: str(given.detach())})
    assert again.getsockname()[1] == port
    again.close()
