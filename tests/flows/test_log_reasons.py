"""Why a stage has no log: what was asked for is always answered, and nobody is told what nobody expects."""

from __future__ import annotations

import pytest
from snapshot_kit import ref, stage

from pkgops.flows import logs
from pkgops.flows.next_command import next_command
from pkgops.model import State
from pkgops.pipeline import Scope, Tracker
from pkgops.values import replace

POD = ref("Pod", "build-pod")


def pod(phase, **status):
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "build-pod", "namespace": "default"},
        "spec": {"containers": [{"name": "build"}]},
        "status": {"phase": phase, **status},
    }


UNSCHEDULABLE = {
    "conditions": [
        {
            "type": "PodScheduled",
            "status": "False",
            "reason": "Unschedulable",
            "message": "0/1 nodes have room",
        }
    ]
}


def no_log_reason(found, *objects, explicit=True):
    tracker = Tracker(Scope("default", "hello"), next_command)
    for obj in objects:
        tracker.apply("ADDED", obj)
    return logs.no_log_reason(tracker, found, explicit=explicit)


@pytest.mark.parametrize(
    ("state", "more", "explicit", "said"),
    [
        (State.UNKNOWN, {"message": "ann may not list pods"}, True, "unknown: ann may not list pods"),
        (State.UNKNOWN, {"message": "ann may not list pods"}, False, "unknown: ann may not list pods"),
        (State.WAITING, {"waits_for": "test"}, True, "no log: waits for test"),
        (State.WAITING, {"waits_for": "test"}, False, ""),
        (State.WORKING, {"waits_for": "a node"}, True, "no log: waits for a node"),
        (State.WORKING, {}, True, "no log: build runs no pod"),
        (State.WORKING, {}, False, ""),
        (State.DONE, {}, True, "no log: build runs no pod, or its pod does not exist any more"),
        (State.DONE, {}, False, ""),
    ],
)
def test_a_stage_without_a_pod(state, more, explicit, said):
    assert no_log_reason(stage(state, **more), explicit=explicit) == said


def test_the_object_is_named_that_runs_no_pod():
    assert no_log_reason(stage(object=ref("ConfigMap", "c"))).startswith("no log: configmap/c runs no pod")


@pytest.mark.parametrize(
    ("phase", "status", "begins"),
    [
        ("Pending", UNSCHEDULABLE, "no log yet: pod/build-pod is Pending: "),
        ("Running", {}, "no log yet: pod/build-pod is Running: "),
        (
            "Failed",
            {"reason": "Evicted", "message": "low on memory"},
            "no line in the log: pod/build-pod is Failed: ",
        ),
        ("Succeeded", {}, "no line in the log: pod/build-pod is Succeeded: "),
    ],
)
@pytest.mark.parametrize("explicit", [True, False])
def test_a_pod_that_wrote_nothing_says_how_it_is(phase, status, begins, explicit):
    found = replace(stage(State.WORKING), pods=(POD,))
    assert no_log_reason(found, pod(phase, **status), explicit=explicit).startswith(begins)


def test_a_pod_that_is_gone_is_no_pod():
    found = replace(stage(State.DONE), pods=(POD,))
    assert no_log_reason(found) == "no log: build runs no pod, or its pod does not exist any more"
