import copy
import json
from datetime import UTC, datetime

import pytest
from tekton_traces import history

from pkgops.platform.tekton import runstatus
from pkgops.platform.tekton.permanenterror import PermanentError
from pkgops.platform.tekton.podstatus import messages, pod_condition, step_states
from pkgops.platform.tekton.termination import parse_termination, task_results

NOW = datetime(2026, 1, 1, 12, tzinfo=UTC)
RUNS = [
    ("first-run", "test-golang-sgldz"),
    ("first-run", "imgpkg-push-package-bnjtc"),
    ("first-run", "imgpkg-push-package-zgq8d"),
    ("second-run", "test-golang-gzsbl"),
    ("second-run", "test-golang-8mq4c"),
]


def verdicts(recording, ending):
    run = history(recording, "TaskRun", ending)[-1]
    steps = run["status"]["taskSpec"]["steps"]
    found = []
    for pod in history(recording, "Pod", f"{ending}-pod"):
        verdict = pod_condition(pod, run["metadata"]["name"], steps)
        row = (verdict.status, verdict.reason, verdict.message)
        if not found or found[-1] != row:
            found.append(row)
    return found


def recorded(recording, ending):
    rows = []
    for run in history(recording, "TaskRun", ending):
        for entry in run.get("status", {}).get("conditions", []):
            row = (entry["status"], entry["reason"], entry["message"])
            if not rows or rows[-1] != row:
                rows.append(row)
    return rows


@pytest.mark.parametrize(("recording", "ending"), RUNS)
def test_every_recorded_pod_gives_the_recorded_condition(recording, ending):
    # The recording may contain states of the pod that the controller did not observe, never the reverse.
    ours, theirs = iter(verdicts(recording, ending)), recorded(recording, ending)
    assert theirs
    for row in theirs:
        assert row in ours


@pytest.mark.parametrize(("recording", "ending"), RUNS)
def test_the_last_pod_gives_the_recorded_steps_and_results(recording, ending):
    run, pod = history(recording, "TaskRun", ending)[-1], history(recording, "Pod", f"{ending}-pod")[-1]
    spec = run["status"]["taskSpec"]
    assert step_states(pod, spec["steps"]) == run["status"]["steps"]
    assert task_results(messages(pod), spec.get("results", [])) == run["status"].get("results", [])


def pod_of(*containers, phase="Running", init=(), **status):
    return {
        "metadata": {"name": "r-pod"},
        "status": {
            "phase": phase,
            "initContainerStatuses": list(init),
            "containerStatuses": list(containers),
            **status,
        },
    }


def ended(name, code=0, reason="Completed", message=""):
    state = {"exitCode": code, "reason": reason, "message": message, "startedAt": "t", "finishedAt": "t"}
    return {"name": name, "state": {"terminated": state}}


def waiting(name, reason, message="", **more):
    return {"name": name, "state": {"waiting": {"reason": reason, "message": message}}, **more}


SKIPPED = '[{"key":"Reason","value":"Skipped","type":3}]'
TIMED_OUT = '[{"key":"Reason","value":"TimeoutExceeded","type":3}]'
STEPS = [{"name": "a", "image": "reg/a:1"}, {"name": "b", "image": "reg/b:1"}]
TABLE = [
    ("no status yet", {"metadata": {}}, ("Unknown", "Pending", "Pending")),
    (
        "the first real failure, not what was skipped after it",
        pod_of(ended("step-a", 1, "Error", SKIPPED), ended("step-b", 2, "Error")),
        ("False", "StepFailed", '"step-b" exited with code 2: Error'),
    ),
    (
        "out of memory",
        pod_of(ended("step-a", 137, "OOMKilled")),
        ("False", "StepOOM", '"step-a" exited with code 137: OOMKilled'),
    ),
    (
        "step timeout",
        pod_of(ended("step-a", 1, "Error", TIMED_OUT)),
        ("False", "StepFailed", '"step-a" exited because the step exceeded the specified timeout limit'),
    ),
    (
        "init container",
        pod_of(waiting("step-a", "PodInitializing"), phase="Failed", init=[ended("prepare", 2, "Error")]),
        ("False", "InitContainerFailed", 'init container failed, "prepare" exited with code 2: Error'),
    ),
    (
        "evicted",
        pod_of(phase="Failed", reason="Evicted", message="low on disk"),
        ("False", "PodEvicted", "low on disk"),
    ),
    (
        "no cause to be seen",
        pod_of(phase="Failed"),
        ("False", "Failed", "build failed for unspecified reasons."),
    ),
    (
        "image cannot be pulled",
        pod_of(waiting("step-b", "ImagePullBackOff", "not found"), phase="Pending"),
        (
            "False",
            "TaskRunImagePullFailed",
            'the step "b" in TaskRun "r" failed to pull the image "reg/b:1". '
            'The pod errored with the message: "not found."',
        ),
    ),
    (
        "still trying to pull",
        pod_of(waiting("step-a", "ErrImagePull", "no such host"), phase="Pending"),
        ("Unknown", "PullImageFailed", 'build step "step-a" is pending with reason "no such host"'),
    ),
    (
        "secret missing",
        pod_of(waiting("step-a", "CreateContainerConfigError", 'secret "s" not found'), phase="Pending"),
        (
            "False",
            "CreateContainerConfigError",
            'the step "a" in TaskRun "r" failed to start. '
            'The pod errored with the message: "secret "s" not found."',
        ),
    ),
    (
        "no room",
        pod_of(
            phase="Pending",
            conditions=[
                {
                    "type": "PodScheduled",
                    "status": "False",
                    "reason": "Unschedulable",
                    "message": "Insufficient cpu",
                }
            ],
        ),
        ("Unknown", "ExceededNodeResources", "TaskRun Pod exceeded available resources"),
    ),
    (
        "one step still runs",
        pod_of(ended("step-a"), {"name": "step-b", "state": {"running": {}}}),
        ("Unknown", "Running", "Not all Steps in the Task have finished executing"),
    ),
    (
        "all steps done, a sidecar still runs",
        pod_of(ended("step-a"), ended("step-b"), init=[{"name": "sidecar-x", "state": {"running": {}}}]),
        ("True", "Succeeded", "All Steps have completed executing"),
    ),
]


@pytest.mark.parametrize(("case", "pod", "expected"), TABLE, ids=[row[0] for row in TABLE])
def test_what_a_pod_says(case, pod, expected):
    verdict = pod_condition(pod, "r", STEPS)
    assert (verdict.status, verdict.reason, verdict.message) == expected


def test_a_pod_that_will_never_run_is_given_up():
    assert pod_condition(
        pod_of(waiting("step-a", "InvalidImageName", "x"), phase="Pending"), "r", STEPS
    ).delete_pod
    assert not pod_condition(
        pod_of(waiting("step-a", "ErrImagePull", "x"), phase="Pending"), "r", STEPS
    ).delete_pod


def test_a_step_that_went_on_in_spite_of_its_error_shows_its_code():
    message = '[{"key":"ExitCode","value":"7","type":3}]'
    step = step_states(pod_of(ended("step-a", 0, "Completed", message)), STEPS[:1])[0]
    assert step["terminated"]["exitCode"] == 7
    assert step["terminationReason"] == "Continued"


@pytest.mark.parametrize("text", ["", "plain words", "{}", "[1]", '[{"value":"x"}]', "null"])
def test_other_programs_messages_are_passed_over(text):
    assert parse_termination(text).results == ()


def test_the_last_step_that_writes_a_result_wins():
    texts = [f'[{{"key":"r","value":"{value}","type":1}}]' for value in ("one", "two")]
    assert task_results(texts, [{"name": "r"}]) == [{"name": "r", "type": "string", "value": "two"}]


def test_results_are_of_their_declared_type_or_refused():
    declared = [{"name": "r", "type": "array"}]
    assert task_results(['[{"key":"r","value":"[1]","type":1}]'], declared)[0]["value"] == [1]
    with pytest.raises(PermanentError, match='task result is expected to be "array" type'):
        task_results(['[{"key":"r","value":"no","type":1}]'], declared)


def test_a_condition_keeps_its_time_until_it_says_something_else():
    status = runstatus.with_condition({}, "Unknown", "Pending", "a", NOW)
    later = NOW.replace(hour=13)
    assert runstatus.with_condition(status, "Unknown", "Pending", "a", later) == status
    moved = runstatus.with_condition(status, "Unknown", "Pending", "b", later)
    assert moved["conditions"][0]["lastTransitionTime"] == "2026-01-01T13:00:00Z"


def test_a_retry_keeps_what_was():
    status = runstatus.ended(
        {"startTime": "t", "podName": "p", "steps": [], "taskSpec": {}}, "False", "R", "m", NOW
    )
    before = copy.deepcopy(status)
    retried = runstatus.retried(status, NOW)
    assert retried["retriesStatus"] == [before]
    assert {"startTime", "podName", "completionTime", "taskSpec"}.isdisjoint(retried)
    assert retried["conditions"][0]["reason"] == "ToBeRetried"
    assert retried["conditions"][0]["message"] == "m"


def test_killed_steps_have_ended():
    steps = [
        {"name": "a", "terminated": {"exitCode": 0}, "terminationReason": "Completed"},
        {"name": "b", "running": {"startedAt": "2026-01-01T11:00:00Z"}},
        {"name": "c", "waiting": {"reason": "PodInitializing"}},
    ]
    done, running, waiting_step = runstatus.killed_steps(steps, "TaskRunTimeout", NOW)
    assert done == steps[0]
    assert running["terminated"]["startedAt"] == "2026-01-01T11:00:00Z"
    assert waiting_step["terminated"]["reason"] == waiting_step["terminationReason"] == "TaskRunTimeout"
    assert "waiting" not in waiting_step


def test_results_bear_the_old_name_only_for_those_who_came_by_the_old_version():
    results = [{"name": "r", "type": "string", "value": "v"}]
    new = {"metadata": {"managedFields": [{"apiVersion": "tekton.dev/v1"}]}}
    old = {
        "metadata": {"managedFields": [{"apiVersion": "tekton.dev/v1beta1"}, {"apiVersion": "tekton.dev/v1"}]}
    }
    assert runstatus.with_results(new, {}, results) == {"results": results}
    assert runstatus.with_results(old, {}, results) == {"results": results, "taskResults": results}
    assert runstatus.with_results(old, {}, []) == {}


def test_a_steps_results_are_of_the_type_that_they_have_and_a_task_may_fetch_them():
    wrote = json.dumps(
        [
            {"key": "text", "value": "a", "type": 4},
            {"key": "list", "value": '["x"]', "type": 4},
            {"key": "broken", "value": "[", "type": 4},
        ]
    )
    pod = pod_of(ended("step-a", message=wrote), ended("step-b"))
    states = step_states(pod, STEPS)
    assert states[0]["results"] == [
        {"name": "text", "type": "string", "value": "a"},
        {"name": "list", "type": "array", "value": ["x"]},
        {"name": "broken", "type": "string", "value": "["},
    ]
    declared = [
        {"name": "mine", "value": "$(steps.a.results.list)"},
        {"name": "ghost", "value": "$(steps.b.results.list)"},
    ]
    assert task_results(messages(pod), declared, states) == [
        {"name": "mine", "type": "array", "value": ["x"]}
    ]


def test_a_run_that_somebody_else_manages_is_left_alone() -> None:
    assert not runstatus.is_managed_externally({"spec": {}})
    assert not runstatus.is_managed_externally({"spec": {"managedBy": "tekton.dev/pipeline"}})
    assert runstatus.is_managed_externally({"spec": {"managedBy": "queue.example.com"}})
