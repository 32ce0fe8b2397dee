"""An application that runs and is not ready: told once the kubelet has said so for a while."""

from datetime import UTC, datetime, timedelta

import pytest

from pkgops.model import CauseCode, Stage, StageStatus, State
from pkgops.pipeline.activity import Activity
from pkgops.pipeline.diagnosis import causes
from pkgops.pipeline.object_store import ObjectStore
from pkgops.pipeline.resources import Resource

STARTED = datetime(2026, 1, 1, 12, tzinfo=UTC)
LATER = STARTED + timedelta(seconds=40)
REFUSED = "Readiness probe failed: dial tcp 10.244.1.69:8080: connect: connection refused"


def pod(ready="False", phase="Running", name="web"):
    running = {"running": {"startedAt": STARTED.strftime("%Y-%m-%dT%H:%M:%SZ")}}
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name, "namespace": "apps-dev"},
        "spec": {"containers": [{"name": "workload"}]},
        "status": {
            "phase": phase,
            "conditions": [{"type": "Ready", "status": ready}],
            "containerStatuses": [{"name": "workload", "ready": ready == "True", "state": running}],
        },
    }


def event(message, reason="Unhealthy"):
    return {
        "apiVersion": "v1",
        "kind": "Event",
        "metadata": {"name": "web.1", "namespace": "apps-dev"},
        "involvedObject": {"kind": "Pod", "name": "web", "namespace": "apps-dev"},
        "reason": reason,
        "message": message,
    }


def cause_of(found, said, now=LATER, before=()):
    store = ObjectStore()
    revision = {"kind": "Revision", "metadata": {"name": "web-1", "namespace": "apps-dev"}}
    for obj in (*before, found, said):
        store.apply("ADDED", obj)
    resource = Resource(name="serve", template_kind="", template_name="", inputs=(), entry={}, obj=revision)
    status = StageStatus(state=State.WORKING, reason="Deploying", since=STARTED)
    stage = Stage(name="serve", scope="apps-dev", title="Serve application", status=status)
    item = Activity(resource=resource, stage=stage, pods=(*before, found))
    return causes.of_activity(causes.Context(store=store, now=now, name="web", chain=None), item)


def test_an_application_on_another_port_or_on_loopback_is_told_with_what_to_do():
    found = cause_of(pod(), event(REFUSED))
    assert (found.code, found.state, str(found.object)) == (
        CauseCode.NOT_ANSWERING,
        State.WAITING,
        "pod/web",
    )
    assert REFUSED in found.cause
    assert "the application must listen on 0.0.0.0, on the port in PORT" in found.cause


def test_another_answer_to_the_probe_is_told_as_it_is():
    found = cause_of(pod(), event("Readiness probe failed: HTTP probe failed with statuscode: 503"))
    assert found.cause.endswith("statuscode: 503")


@pytest.mark.parametrize(
    "other",
    [pod("True", name="a-newer"), pod(phase="Pending", name="a-newer")],
    ids=["answers", "has not begun"],
)
def test_the_pod_that_does_not_answer_is_told_and_not_the_newest(other):
    found = cause_of(pod(), event(REFUSED), before=(other,))
    assert (found.code, str(found.object)) == (CauseCode.NOT_ANSWERING, "pod/web")


@pytest.mark.parametrize(
    ("found", "said", "now"),
    [
        (pod(), event(REFUSED), STARTED + timedelta(seconds=20)),
        (pod("True"), event(REFUSED), LATER),
        (pod(phase="Pending"), event(REFUSED), LATER),
        (pod(), event("Liveness probe failed: x"), LATER),
        (pod(), event("Created container", "Created"), LATER),
    ],
    ids=["it starts", "it answers", "it has not begun", "another probe", "nothing was said"],
)
def test_what_may_still_be_on_its_way_is_not_told(found, said, now):
    assert cause_of(found, said, now) is None
