"""Which pod of an environment is asked: one that the snapshot knows, or one that has come since."""

from __future__ import annotations

from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest

from pkgops.errors import PreflightError, StepFailed
from pkgops.flows import serving
from pkgops.flows.first_answer import first_answer
from pkgops.flows.ports import Ports
from pkgops.kube import connect
from pkgops.model import Environment, Stage, StageStatus, State, Verdict
from pkgops.model.objects import ObjectRef
from pkgops.values import replace

IMAGE = "registry.example.com/app@sha256:" + "a" * 64
OTHER = "registry.example.com/app@sha256:" + "b" * 64
SERVICE = ObjectRef("serving.knative.dev/v1", "Service", "apps-dev", "hello")
DEPLOYMENT = ObjectRef("apps/v1", "Deployment", "apps-dev", "hello")
JOB = ObjectRef("batch/v1", "Job", "apps-dev", "hello")
LABELS = {SERVICE: {"serving.knative.dev/service": "hello"}, DEPLOYMENT: {"app": "hello", "tier": "web"}}


@pytest.fixture
def api(memory_api):
    memory_api.namespaces("apps-dev")
    memory_api.put(
        {
            "apiVersion": "apps/v1",
            "kind": "Deployment",
            "metadata": {"name": "hello", "namespace": "apps-dev"},
            "spec": {"selector": {"matchLabels": LABELS[DEPLOYMENT]}},
        }
    )
    return memory_api


@pytest.fixture
def client(api, tmp_path):
    return connect(api.kubeconfig(tmp_path / "admin"))


def pod(name, labels, image=IMAGE, ready="True"):
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name, "namespace": "apps-dev", "labels": labels},
        "spec": {"containers": [{"name": "workload", "image": image, "ports": [{"containerPort": 8080}]}]},
        "status": {
            "conditions": [{"type": "Ready", "status": ready}],
            "containerStatuses": [{"name": "workload", "ready": ready == "True", "imageID": image}],
        },
    }


def environment(serves, *pods):
    refs = tuple(ObjectRef("v1", "Pod", "apps-dev", name) for name in pods)
    about = {"scope": "apps-dev", "title": "Serve application", "object": serves, "leaf": serves}
    stage = Stage(name="serve", **about, pods=refs, status=StageStatus(state=State.DONE))
    return Environment(
        name="apps-dev", namespace="apps-dev", owner=None, stages=(stage,), verdict=Verdict.READY, image=IMAGE
    )


@pytest.mark.parametrize("serves", [SERVICE, DEPLOYMENT])
def test_a_pod_that_the_snapshot_does_not_know_yet_is_found(api, client, serves):
    """A Service may be seen ready before its pods are: the watches of their kinds run beside each other."""
    own = LABELS[serves]
    api.put(
        pod("another-app", {"serving.knative.dev/service": "goodbye", "app": "hello"}),
        pod("not-ready", own, ready="False"),
        pod("older", own, image=OTHER),
        pod("present", own),
    )
    assert serving.ready_pod(client, environment(serves)).name == "present"
    assert serving.ready_pod(client, environment(serves, "gone", "older")).name == "present"


def test_pods_are_not_listed_where_a_known_one_is_ready(api, client):
    """A user may have the right to read a pod, and not to list them."""
    api.put(pod("known", LABELS[SERVICE]))
    assert serving.ready_pod(client, environment(SERVICE, "known")).name == "known"
    assert [path for _, path in api.requests if path.endswith("/pods") or "/pods?" in path] == []


@pytest.mark.parametrize("serves", [SERVICE, DEPLOYMENT, JOB])
def test_none_is_ready_where_none_of_its_own_is(api, client, serves):
    api.put(pod("another-app", {"serving.knative.dev/service": "goodbye", "app": "hello"}))
    assert serving.ready_pod(client, environment(serves)) is None


def test_without_the_right_to_list_pods_it_is_unknown(api, tmp_path):
    api.allow("jane", ("get",), ("pods",), "apps-dev")
    jane = connect(api.kubeconfig(tmp_path / "jane", user="jane"))
    with pytest.raises(PreflightError) as caught:
        serving.ready_pod(jane, environment(SERVICE), role="promote")
    assert caught.value.what.startswith("unknown which pods of service/hello in apps-dev there are: ")
    assert caught.value.next == "pkgops doctor --rbac promote"


@pytest.fixture
def address(api):
    """The address of an application that is scaled to zero: a request starts its pod, or fails."""

    class Activator(BaseHTTPRequestHandler):
        def do_GET(self):
            api.put(pod("started", LABELS[SERVICE]))
            self.send_response(404)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Activator)
    Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def idle(url):
    found = environment(SERVICE)
    status = StageStatus(state=State.DONE, reason="NoTraffic")
    stage = replace(found.stages[0], status=status)
    return replace(found, stages=(stage,), url=url)


def test_a_request_starts_a_pod_of_what_is_scaled_to_zero(client, address):
    assert serving.ready_pod(client, idle(address)).name == "started"


@pytest.mark.parametrize("url", ["", "http://127.0.0.1:9", "http://no.such.name.invalid"])
def test_it_is_unknown_what_is_answered_where_no_request_starts_a_pod(client, url):
    with pytest.raises(PreflightError) as caught:
        first_answer(client, idle(url), Ports(sleep=lambda _: None))
    assert "scaled to zero" in caught.value.what
    assert (url or "no address") in caught.value.why
    assert caught.value.next


class Ending:
    """A client of a cluster on which a pod ends between being seen and being asked, for some times."""

    def __init__(self, client, times):
        self.client, self.times = client, times

    def __getattr__(self, name):
        return getattr(self.client, name)

    def port_forward(self, *args, **kwargs):
        self.times -= 1
        if self.times >= 0:
            raise StepFailed("the pod ended", slug="no-answer")
        return self.client.port_forward(*args, **kwargs)


def test_a_pod_that_ends_while_it_is_asked_is_no_answer_yet(api, client, address):
    api.put(pod("present", LABELS[SERVICE]))
    port = int(address.rpartition(":")[2])
    api.serving["apps-dev", "present"] = ("127.0.0.1", port)
    ports = Ports(sleep=lambda _: None)
    assert first_answer(Ending(client, 2), environment(SERVICE), ports).status == 404
    with pytest.raises(StepFailed, match="the pod ended"):
        first_answer(Ending(client, 1000), environment(SERVICE), ports)


def test_what_a_node_says_of_a_pod_that_it_cannot_start_is_told(api, client):
    known = environment(SERVICE, "hello-1")
    gone = known.stages[-1].pods[0].name
    said = {
        "apiVersion": "v1",
        "kind": "Event",
        "metadata": {"name": "sandbox", "namespace": "apps-dev"},
        "involvedObject": {"kind": "Pod", "namespace": "apps-dev", "name": gone},
        "type": "Warning",
        "reason": "FailedCreatePodSandBox",
        "message": "Failed to create pod sandbox: no IP addresses available",
        "lastTimestamp": "2026-01-01T12:00:00Z",
    }
    other = {**said, "metadata": {"name": "other", "namespace": "apps-dev"}, "reason": "Unhealthy"}
    api.put(said, {**other, "lastTimestamp": "2026-01-01T12:00:09Z"})
    with pytest.raises(StepFailed) as caught:
        first_answer(client, known, Ports(sleep=lambda _: None))
    assert caught.value.slug == "no-answer"
    assert caught.value.why == (
        f"pod/{gone}: FailedCreatePodSandBox: Failed to create pod sandbox: no IP addresses available, "
        "at 2026-01-01T12:00:00Z"
    )
