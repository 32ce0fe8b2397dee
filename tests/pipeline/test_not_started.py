"""A pod that its node cannot start is told by its events, in the pipeline and in an environment alike."""

from datetime import UTC, datetime, timedelta

import pytest

from pkgops.model import CauseCode, Stage, StageStatus, State
from pkgops.pipeline.activity import Activity
from pkgops.pipeline.diagnosis import causes
from pkgops.pipeline.object_store import ObjectStore
from pkgops.pipeline.resources import Resource

MADE = datetime(2026, 1, 1, 12, tzinfo=UTC)
LATER = MADE + timedelta(seconds=40)
SANDBOX = 'plugin type="bridge" failed (add): no IP addresses available in range set'
TEXT = "%Y-%m-%dT%H:%M:%SZ"
POD = {
    "apiVersion": "v1",
    "kind": "Pod",
    "metadata": {"name": "web", "namespace": "apps", "creationTimestamp": MADE.strftime(TEXT)},
    "spec": {"containers": [{"name": "workload"}]},
    "status": {"phase": "Pending", "containerStatuses": [{"name": "workload", "state": {"waiting": {}}}]},
}
STAGES = [
    ("Test source", "Runnable", "supply-chain"),
    ("Build image", "Image", "supply-chain"),
    ("Publish package", "Runnable", "supply-chain"),
    ("Serve application", "Revision", "apps-dev"),
]


def event(reason, message, seconds=5):
    return {
        "apiVersion": "v1",
        "kind": "Event",
        "metadata": {"name": f"web.{reason}", "namespace": "apps"},
        "involvedObject": {"kind": "Pod", "name": "web", "namespace": "apps"},
        "type": "Warning",
        "reason": reason,
        "message": message,
        "lastTimestamp": (MADE + timedelta(seconds=seconds)).strftime(TEXT),
    }


def cause_of(*events, now=LATER, stage=STAGES[0]):
    title, kind, scope = stage
    store = ObjectStore()
    for obj in (POD, *events):
        store.apply("ADDED", obj)
    obj = {"kind": kind, "metadata": {"name": "web", "namespace": "apps"}}
    resource = Resource(name="one", template_kind="", template_name="", inputs=(), entry={}, obj=obj)
    status = StageStatus(state=State.WORKING, reason="Pending", since=MADE)
    item = Activity(
        resource=resource, stage=Stage(name="one", scope=scope, title=title, status=status), pods=(POD,)
    )
    return causes.of_activity(causes.Context(store=store, now=now, name="web", chain=None), item)


@pytest.mark.parametrize("stage", STAGES, ids=lambda stage: stage[0])
@pytest.mark.parametrize(
    ("reason", "message", "code"),
    [
        ("FailedCreatePodSandBox", f"Failed to create pod sandbox: {SANDBOX}", CauseCode.SANDBOX_FAILED),
        ("NetworkNotReady", "network is not ready: cni plugin not initialized", CauseCode.SANDBOX_FAILED),
        (
            "FailedMount",
            'MountVolume.SetUp failed for volume "s" : secret "s" not found',
            CauseCode.MOUNT_WAITING,
        ),
        ("FailedAttachVolume", "Multi-Attach error for volume", CauseCode.MOUNT_WAITING),
        ("FailedMapVolume", "MapVolume.MapPodDevice failed", CauseCode.MOUNT_WAITING),
    ],
)
def test_what_kubelet_says_of_a_pod_that_has_not_begun_is_the_cause(stage, reason, message, code):
    found = cause_of(event(reason, message), stage=stage)
    assert (found.code, found.state, str(found.object)) == (code, State.WAITING, "pod/web")
    assert message in found.cause
    assert found.is_shown


@pytest.mark.parametrize(
    ("events", "now"),
    [
        ([event("FailedCreatePodSandBox", SANDBOX)], MADE + timedelta(seconds=10)),
        ([event("FailedCreatePodSandBox", SANDBOX), event("Pulling", "an image", 9)], LATER),
        ([event("Scheduled", "to a node")], LATER),
    ],
    ids=["it may still be made", "it was made at the second try", "nothing was said"],
)
def test_what_may_still_be_on_its_way_is_not_told(events, now):
    assert cause_of(*events, now=now) is None
