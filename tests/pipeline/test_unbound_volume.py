"""A pod whose claim gets no volume: the claim's own event says why."""

from __future__ import annotations

from datetime import UTC, datetime

from pkgops.model import CauseCode, Stage, StageStatus, State
from pkgops.pipeline.activity import Activity
from pkgops.pipeline.diagnosis import causes
from pkgops.pipeline.object_store import ObjectStore
from pkgops.pipeline.resources import Resource

NOW = datetime(2026, 1, 1, tzinfo=UTC)
ABSENT = 'storageclass.storage.k8s.io "absent" not found'
UNBOUND = "0/1 nodes are available: pod has unbound immediate PersistentVolumeClaims."
POD = {
    "apiVersion": "v1",
    "kind": "Pod",
    "metadata": {"name": "web-pod", "namespace": "apps"},
    "spec": {"volumes": [{"emptyDir": {}}, {"persistentVolumeClaim": {"claimName": "web-cache"}}]},
}
SAID = {
    "apiVersion": "v1",
    "kind": "Event",
    "metadata": {"name": "web-cache.1", "namespace": "apps"},
    "involvedObject": {
        "apiVersion": "v1",
        "kind": "PersistentVolumeClaim",
        "name": "web-cache",
        "namespace": "apps",
    },
    "type": "Warning",
    "reason": "ProvisioningFailed",
    "message": ABSENT,
}


def cause_of(*objects):
    store = ObjectStore()
    for obj in objects:
        store.apply("ADDED", obj)
    image = {
        "apiVersion": "kpack.io/v1alpha2",
        "kind": "Image",
        "metadata": {"name": "web", "namespace": "apps"},
    }
    resource = Resource(name="build", template_kind="", template_name="", inputs=(), entry={}, obj=image)
    status = StageStatus(
        state=State.WAITING, reason="Unschedulable", message=UNBOUND, code=CauseCode.VOLUME_UNBOUND
    )
    stage = Stage(name="build", scope="", title="Build image", status=status)
    item = Activity(resource=resource, stage=stage, pods=(POD,), source_object=POD)
    return causes.of_activity(causes.Context(store=store, now=NOW, name="web", chain=None), item)


def test_the_storage_class_that_a_claim_misses_is_named_with_its_event_as_evidence():
    found = cause_of(POD, SAID)
    assert found.cause == (
        f"pod/web-pod waits for a persistent volume: persistentvolumeclaim/web-cache has none: {ABSENT}"
    )
    [told] = [one for one in found.evidence if one.kind == "event"]
    assert (str(told.object), told.text) == (
        "persistentvolumeclaim/web-cache",
        f"ProvisioningFailed: {ABSENT}",
    )


def test_without_an_event_the_scheduler_is_told():
    assert cause_of(POD).cause == f"pod/web-pod waits for a persistent volume: {UNBOUND}"
