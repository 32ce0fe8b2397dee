"""An application that listens elsewhere: its own log says where, and what to set follows from that."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from pkgops.flows import open_ports
from pkgops.flows.clusters import Clusters
from pkgops.flows.other_port import AGAIN, OtherPorts, elsewhere, explained, listening, sentence
from pkgops.flows.shown_port import RESERVED
from pkgops.kube import ApiError
from pkgops.model import Blockage, CauseCode, ObjectRef, Snapshot, State
from pkgops.platform.knative.containerrules import RESERVED_PORTS
from pkgops.values import replace

POD = ObjectRef("v1", "Pod", "apps-dev", "shop-00001-x")
NOW = datetime(2026, 1, 1, tzinfo=UTC)
UNANSWERED = Blockage(
    code=CauseCode.NOT_ANSWERING,
    cause="pod/shop-00001-x runs and is not ready:  Readiness probe failed",
    object=POD,
    stage="deployer",
    scope="apps-dev",
    state=State.WAITING,
)
ELSEWHERE = "2026/01/01 12:30:45 listening on :9999"

# As the servers themselves write it.
SERVERS = {
    "2026/11/28 02:31:04 listening on :9999": (9999, False),
    "[GIN-debug] Listening and serving HTTP on :9090": (9090, False),
    "⇨ http server started on [::]:1323": (1323, False),
    "Example app listening on port 3000": (3000, False),
    "ready - started server on 0.0.0.0:3000, url: http://localhost:3000": (3000, False),
    "\x1b[32mListening on http://[::1]:5173/\x1b[0m": (5173, True),
    " * Running on http://127.0.0.1:5000": (5000, True),
    "INFO:     Uvicorn running on http://127.0.0.1:8000 (Press CTRL+C to quit)": (8000, True),
    "[2026-01-01 12:30:45 +0000] [7] [INFO] Listening at: http://0.0.0.0:8000 (7)": (8000, False),
    "Serving HTTP on 0.0.0.0 port 8000 (http://0.0.0.0:8000/) ...": (8000, False),
    "2026-01-01T12:30:45.123Z  INFO 1 --- [main] TomcatWebServer : Tomcat started on port(s): 9999 (http)": (
        9999,
        False,
    ),
    "2026-01-01 12:30:45,123 INFO Tomcat started on port 9999 (http) with context path '/'": (9999, False),
    "Started ServerConnector@1b{HTTP/1.1, (http/1.1)}{0.0.0.0:9999}": (9999, False),
    "Listening on: http://10.244.0.12:80": (80, False),
}


@pytest.mark.parametrize(("line", "said"), SERVERS.items())
def test_where_a_server_says_that_it_listens(line, said):
    (found,) = listening([line])
    assert (found.port, found.loopback) == said


@pytest.mark.parametrize(
    "line",
    [
        "12:30:45 starting",
        "2026-01-01T12:30:45 server started",
        "INFO:     Started server process [1234]",
        "connected to server db.example.com:5432",
        "starting the connection pool for postgres:5432",
        "GET http://shop:8080/ 200",
        "running with 4096 kB",
        "listening on port 99999",
    ],
)
def test_what_is_no_word_of_a_port_to_listen_on(line):
    assert listening([line]) == []


def test_a_log_that_names_the_port_itself_names_no_other_place():
    metrics = "metrics: listening on :9090"
    assert elsewhere(listening(["listening on :8080", metrics]), 8080) is None
    assert elsewhere(listening([metrics]), 8080).port == 9090
    assert elsewhere(listening(["listening on 127.0.0.1:8080"]), 8080).loopback
    assert elsewhere([], 8080) is None


@pytest.mark.parametrize(
    ("line", "step"),
    [
        ("listening on :9999", "set workload.containerPort to 9999"),
        (
            "listening on 127.0.0.1:8080",
            "let it listen on 0.0.0.0, so that it is reachable from outside of the pod",
        ),
        # Another port alone would not help.
        (
            "listening on http://127.0.0.1:3000",
            "let it listen on 0.0.0.0, to be reachable from outside, and on the port in PORT",
        ),
        ("listening on :9090", "let it listen on the port in PORT, as Knative reserves 9090"),
    ],
)
def test_what_to_do_is_what_helps(line, step):
    (found,) = listening([line])
    assert step in sentence(POD, 8080, found).partition("; ")[2]


def test_the_ports_that_knative_keeps_are_those_that_the_platform_refuses():
    assert RESERVED == RESERVED_PORTS


class Cluster:
    """Has one pod of one container with a log, or refuses to read that."""

    def __init__(self, *lines, error=None, listens=None):
        self.lines, self.error, self.reads, self.listens = lines, error, 0, listens or {}
        self.asked, self.ready = [], "False"

    def find(self, api_version, kind, name, namespace):
        assert (kind, name, namespace) == ("Pod", POD.name, POD.namespace)
        return {
            "spec": {"containers": [{"name": "workload", "ports": [{"containerPort": 8080}]}]},
            "status": {"conditions": [{"type": "Ready", "status": self.ready}]},
        }

    @contextmanager
    def port_forward(self, namespace, pod, port):
        assert (namespace, pod) == (POD.namespace, POD.name)
        self.asked.append(port)
        server = self.listens.get(port)
        if isinstance(server, ApiError):
            raise server
        # A forward takes the connection, and closes it where nothing listens in the pod.
        with socket.create_server(("127.0.0.1", 0)) as closing:
            threading.Thread(target=lambda: closing.accept()[0].close(), daemon=True).start()
            yield server or closing.getsockname()[1]

    def logs(self, namespace, pod, container, *, tail):
        assert (pod, container) == (POD.name, "workload")
        self.reads += 1
        if self.error:
            raise self.error
        yield from self.lines


def clusters(cluster):
    return Clusters(cluster, (), lambda _: cluster)


def test_the_cause_says_what_the_log_says_and_what_to_set():
    found = explained(clusters(Cluster("begins", ELSEWHERE)), UNANSWERED)
    assert found.cause == (
        'pod/shop-00001-x runs, and nothing answers on its port 8080: its log says "2026/01/01 12:30:45 '
        'listening on :9999"; set workload.containerPort to 9999, or let it listen on the port in PORT'
    )
    assert (found.state, found.evidence[-1].kind) == (State.WAITING, "log")
    here = explained(clusters(Cluster("Running on http://127.0.0.1:8080")), UNANSWERED)
    assert here.cause.endswith("let it listen on 0.0.0.0, so that it is reachable from outside of the pod")


@pytest.mark.parametrize(
    "cluster",
    [Cluster(), Cluster("begins"), Cluster("listening on :8080"), Cluster(error=ApiError(403, "", "no"))],
    ids=["no log", "nothing of a port", "its own port", "it may not be read"],
)
def test_the_cause_stays_as_it_is_where_the_log_names_no_other_place(cluster):
    assert explained(clusters(cluster), UNANSWERED) == UNANSWERED


def test_another_cause_reads_no_log():
    cluster = Cluster(ELSEWHERE)
    other = Blockage(code=CauseCode.MOUNT_WAITING, cause="it waits", object=POD, state=State.WAITING)
    assert explained(clusters(cluster), other) == other
    assert cluster.reads == 0


def test_a_log_is_read_until_it_says_it_and_not_at_every_look():
    cluster = Cluster()
    ports = OtherPorts(clusters(cluster))

    def cause(after):
        seen = Snapshot(taken_at=NOW + after, workload=None, blockages=(UNANSWERED,))
        return ports.step(seen).blockages[0].cause

    assert cause(timedelta(0)) == cause(AGAIN / 2) == UNANSWERED.cause
    assert cluster.reads == 1
    cluster.lines = (ELSEWHERE,)
    assert "containerPort to 9999" in cause(AGAIN)
    assert "containerPort to 9999" in cause(AGAIN * 9)
    assert cluster.reads == 2


REFUSED = replace(
    UNANSWERED, cause=f"{UNANSWERED.cause}: dial tcp 10.0.0.7:8080: connect: connection refused"
)


@pytest.fixture
def server() -> Iterator[int]:
    """The port of an HTTP server."""
    with ThreadingHTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler) as found:
        threading.Thread(target=found.serve_forever, daemon=True).start()
        yield found.server_port
        found.shutdown()


def slept(seconds):
    """Wait for nothing."""


@pytest.mark.parametrize(
    ("port", "said"),
    [
        (
            8080,
            "its port 8080 answers on 127.0.0.1 alone; let it listen on 0.0.0.0, "
            "so that it is reachable from outside of the pod",
        ),
        (
            3000,
            "nothing answers on its port 8080, but something does on 3000; set workload.containerPort to "
            "3000, or let it listen on the port in PORT, on 0.0.0.0 either way",
        ),
    ],
)
def test_a_silent_application_is_asked_where_it_listens(server, port, said):
    cluster = Cluster("begins", listens={port: server})
    assert explained(clusters(cluster), REFUSED, slept).cause == f"pod/shop-00001-x runs, and {said}"
    assert cluster.asked[0] == 8080


@pytest.mark.parametrize(
    "listens", [{}, {8080: ApiError(403, "Forbidden", "no")}], ids=["nothing listens", "it may not be asked"]
)
def test_the_cause_stays_as_it_is_where_the_pod_shows_no_other_place(listens):
    assert explained(clusters(Cluster(listens=listens)), REFUSED, slept) == REFUSED


def test_the_ports_that_knative_keeps_are_not_asked():
    assert not RESERVED & set(open_ports.USUAL)


def test_a_probe_that_got_an_answer_has_reached_the_port(server):
    wrong = replace(UNANSWERED, cause=f"{UNANSWERED.cause}: HTTP probe failed with statuscode: 404")
    cluster = Cluster(listens={8080: server})
    assert explained(clusters(cluster), wrong, slept) == wrong
    assert cluster.asked == []


def test_an_application_that_has_just_begun_to_listen_is_not_told_as_listening_elsewhere(server):
    cluster = Cluster(listens={8080: server})

    def ready(_: float) -> None:
        cluster.ready = "True"

    assert explained(clusters(cluster), REFUSED, ready) == REFUSED
    # One that listens on its own port meanwhile has shown another one before.
    cluster = Cluster(listens={3000: server})
    other = clusters(cluster)
    assert explained(other, REFUSED, lambda _: cluster.listens.update({8080: server})) == REFUSED


def test_a_run_tells_what_a_pod_showed_twice(server):
    cluster = Cluster(listens={3000: server})
    ports = OtherPorts(clusters(cluster))

    def cause(after):
        seen = Snapshot(taken_at=NOW + after, workload=None, blockages=(REFUSED,))
        return ports.step(seen).blockages[0].cause

    assert cause(timedelta(0)) == cause(AGAIN / 2) == REFUSED.cause
    assert "something does on 3000" in cause(AGAIN)
    asked = len(cluster.asked)
    assert "something does on 3000" in cause(AGAIN * 9)
    assert len(cluster.asked) == asked
