"""A run that failed is started again by a command, and the next step of its cause names that command."""

from __future__ import annotations

import copy
from datetime import timedelta

import pytest

from pkgops.flows import replay
from pkgops.model import CauseCode, State

WORKLOAD = "hello-go-web2pkg"
ENDS = [
    ("TaskRunTimeout", 'failed to finish within "1h0m0s"', CauseCode.RUN_TIMEOUT),
    ("TaskRunCancelled", "was cancelled", CauseCode.RUN_CANCELLED),
    ("PodEvicted", "The node was low on resource: memory.", CauseCode.POD_LOST),
    ("Failed", "build failed for unspecified reasons.", CauseCode.POD_LOST),
    ("Failed", "Pod was terminated in response to imminent node shutdown.", CauseCode.POD_LOST),
    ("StepFailed", '"step-test" exited with code 137: ContainerStatusUnknown', CauseCode.POD_LOST),
    ("StepFailed", '"step-test" exited with code 255: Unknown', CauseCode.POD_LOST),
    ("PodAdmissionFailed", "Pod was rejected: node is shutting down", CauseCode.POD_REJECTED),
    ("TaskRunImagePullFailed", 'the step "test" failed to pull the image', CauseCode.IMAGE_PULL),
    ("InitContainerFailed", "init container failed, prepare", CauseCode.INIT_CONTAINER_FAILED),
    ("StepOOM", '"step-test" exited with code 137: OOMKilled', CauseCode.OUT_OF_MEMORY),
    ("TaskRunResolutionFailed", 'tasks.tekton.dev "test" not found', CauseCode.TASK_MISSING),
    ("Failed", '"step-test" exited with code 255', CauseCode.TEST_FAILED),
]


def failing(second_run, reason, message, pods=False):
    """The cause where the recorded test run of a failing commit ended otherwise, with or without its pod."""
    tracker = replay.tracker_at(second_run, 285)
    now = second_run.began + timedelta(seconds=285)
    stage = next(one for one in tracker.snapshot(now).all_stages if one.name == "source-tester")
    run = copy.deepcopy(tracker.store.find(tracker.snapshot(now).blockage.object))
    (ended,) = [one for one in run["status"]["conditions"] if one["type"] == "Succeeded"]
    ended.update(reason=reason, message=message)
    tracker.apply("MODIFIED", run)
    if not pods:
        for pod in stage.pods:
            tracker.apply("DELETED", tracker.store.find(pod))
    return tracker.snapshot(now).blockage


@pytest.mark.parametrize("pods", [True, False])
@pytest.mark.parametrize(("reason", "message", "code"), ENDS)
def test_a_failed_run_names_the_command_that_starts_it_again(second_run, reason, message, code, pods):
    found = failing(second_run, reason, message, pods)
    assert (found.code, found.state) == (code, State.FAILED)
    again = f"pkgops rerun {WORKLOAD} --stage source-tester"
    assert [one for one in (found.next, found.again) if "rerun" in one] == [again]
    assert "  " not in found.next, "a name is missing in the command"


def test_without_its_pod_the_run_itself_is_described(second_run):
    found = failing(second_run, "TaskRunImagePullFailed", "no such image")
    assert found.next == f"kubectl describe {found.object.qualified} -n default"
    assert found.again.startswith("pkgops rerun")


def test_the_log_comes_first_where_the_program_may_be_at_fault(second_run):
    found = failing(second_run, "Failed", '"step-test" exited with code 1', pods=True)
    assert found.next == f"pkgops logs {WORKLOAD} --stage source-tester"
    assert found.again == f"pkgops rerun {WORKLOAD} --stage source-tester"


@pytest.mark.parametrize(
    "said",
    [
        {"reason": "Evicted", "message": "The node was low on resource: memory."},
        {"conditions": [{"type": "DisruptionTarget", "status": "True", "reason": "DeletionByTaintManager"}]},
    ],
)
def test_a_step_that_was_ended_with_its_pod_is_no_failed_test(second_run, said):
    """The pod says that it was ended from outside; its step's exit code is the consequence."""
    now = second_run.began + timedelta(seconds=285)
    tracker = replay.tracker_at(second_run, 285)
    stage = next(one for one in tracker.snapshot(now).all_stages if one.name == "source-tester")
    assert tracker.snapshot(now).blockage.code is CauseCode.TEST_FAILED
    pod = copy.deepcopy(tracker.store.find(stage.pods[0]))
    pod["status"].update(said)
    tracker.apply("MODIFIED", pod)
    found = tracker.snapshot(now).blockage
    assert (found.code, found.next) == (
        CauseCode.POD_LOST,
        f"pkgops rerun {WORKLOAD} --stage source-tester",
    )


def test_a_failed_build_is_started_again_too(first_run):
    found = replay.at(first_run, 600).blockage
    assert str(found.object) == f"build/{WORKLOAD}-build-1"
    assert found.again == f"pkgops rerun {WORKLOAD} --stage image-builder"


def test_no_run_is_started_again_that_still_works_or_that_no_command_starts(played):
    for name in ("first-run", "second-run"):
        for _, snapshot in played(name)[::25]:
            for cause in snapshot.blockages:
                kind = cause.object.kind if cause.object else ""
                started = cause.state is State.FAILED and kind in ("TaskRun", "Build")
                assert ("pkgops rerun" in cause.next + cause.again) is started, cause
