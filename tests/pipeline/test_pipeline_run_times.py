"""The spans of runs and their containers, from hand-written states that the recordings do not have."""

from __future__ import annotations

import pytest

from pkgops.model import State
from pkgops.pipeline import run_times


def at(second):
    return f"2026-11-22T12:{second // 60:02}:{second % 60:02}Z"


def ran(begin, end, code=0):
    return {"terminated": {"startedAt": at(begin), "finishedAt": at(end), "exitCode": code}}


def runs(begin):
    return {"running": {"startedAt": at(begin)}}


WAITS = {"waiting": {"reason": "PodInitializing"}}


def task_run(status="Unknown", end=None, steps=(), created=0):
    body = {"conditions": [{"type": "Succeeded", "status": status, "reason": "x"}], "steps": list(steps)}
    if end is not None:
        body["completionTime"] = at(end)
    return {
        "apiVersion": "tekton.dev/v1",
        "kind": "TaskRun",
        "metadata": {"name": "run", "namespace": "default", "creationTimestamp": at(created)},
        "status": body,
    }


def pod(*boxes):
    statuses = [{"name": name, "state": state} for name, state in boxes]
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "pod", "namespace": "default"},
        "spec": {"containers": [{"name": name} for name, _ in boxes]},
        "status": {"containerStatuses": statuses},
    }


def shown(spans):
    """Spans as (phase, begin, end) in seconds; the end of what goes on is None."""

    def second(moment):
        return moment and moment.minute * 60 + moment.second

    return [(str(span.phase), second(span.begin), second(span.end)) for span in spans]


def whole(run, box=None):
    return shown(run_times.of_run(run, box)[0])


def steps(run, box=None):
    return {step.name: (str(step.state), shown(step.spans)) for step in run_times.of_run(run, box)[1]}


@pytest.mark.parametrize(
    ("run", "box", "spans"),
    [
        # Nothing has begun: it waits.
        (task_run(), None, [("waiting", 0, None)]),
        (task_run(), pod(("step-a", WAITS)), [("waiting", 0, None)]),
        (task_run(), pod(("step-a", runs(5))), [("waiting", 0, 5), ("working", 5, None)]),
        (task_run("True", 9), pod(("step-a", ran(5, 8))), [("waiting", 0, 5), ("working", 5, 9)]),
        (task_run("False", 9), pod(("step-a", ran(5, 8, 1))), [("waiting", 0, 5), ("working", 5, 9)]),
        # Its pod is gone: how long of it was waiting cannot be told.
        (task_run("True", 9), None, [("working", 0, 9)]),
        # It began as it was made.
        (task_run("True", 9), pod(("step-a", ran(0, 8))), [("working", 0, 9)]),
    ],
)
def test_a_run_as_a_whole(run, box, spans):
    assert whole(run, box) == spans


def test_a_run_of_unknown_beginning_has_no_spans():
    run = task_run("True", 9)
    del run["metadata"]["creationTimestamp"]
    assert whole(run) == []


def test_containers_wait_for_those_before_them():
    box = pod(("step-a", ran(2, 4)), ("step-b", ran(6, 7, 1)), ("step-c", WAITS))
    assert steps(task_run(), box) == {
        "step-a": ("done", [("waiting", 0, 2), ("working", 2, 4)]),
        "step-b": ("failed", [("waiting", 4, 6), ("working", 6, 7)]),
        "step-c": ("waiting", [("waiting", 7, None)]),
    }


def test_behind_a_container_that_runs_nothing_waits_since_a_known_time():
    box = pod(("step-a", runs(2)), ("step-b", WAITS))
    assert steps(task_run(), box) == {
        "step-a": ("working", [("waiting", 0, 2), ("working", 2, None)]),
        "step-b": ("waiting", []),
    }


def test_nothing_goes_on_in_a_run_that_is_over():
    box = pod(("step-a", runs(2)), ("step-b", WAITS))
    assert steps(task_run("False", 9), box) == {
        "step-a": ("working", [("waiting", 0, 2)]),
        "step-b": ("waiting", []),
    }


def test_the_run_tells_of_its_steps_what_the_pod_does_not():
    told = [
        {"name": "a", "container": "step-a", **ran(3, 4)},
        {"name": "b", "container": "step-b", "terminationReason": "Skipped", **ran(3, 4, 1)},
        {"name": "c", **ran(5, 6)},
    ]
    run = task_run("True", 9, told)
    assert steps(run, pod(("step-a", ran(0, 4)), ("step-b", ran(0, 4)))) == {
        "step-a": ("done", [("waiting", 0, 3), ("working", 3, 4)]),
        "step-b": ("unknown", []),
        "step-c": ("done", [("working", 5, 6)]),
    }
    # Without the pod the same, but for what nobody tells.
    assert list(steps(run)) == ["step-a", "step-b", "step-c"]


def kpack_build(*states, ended="Unknown"):
    return {
        "apiVersion": "kpack.io/v1alpha2",
        "kind": "Build",
        "metadata": {"name": "build", "namespace": "default", "creationTimestamp": at(0)},
        "status": {
            "conditions": [{"type": "Succeeded", "status": ended, "lastTransitionTime": at(9)}],
            "stepStates": list(states),
        },
    }


def test_a_build_whose_pod_is_gone_names_its_containers():
    named = {"terminated": {**ran(1, 2)["terminated"], "message": "Container prepare terminated"}}
    assert list(steps(kpack_build(named, ran(3, 4)))) == ["prepare", "step 2"]
    every = list(steps(kpack_build(*[ran(1, 2)] * 7, ended="True")))
    assert every[0] == "prepare"
    assert len(set(every)) == 7


def app(code=0, succeeded="True", **parts):
    return {
        "apiVersion": "kappctrl.k14s.io/v1alpha1",
        "kind": "App",
        "metadata": {"name": "app", "namespace": "apps-dev", "generation": 1},
        "status": {
            "observedGeneration": 1,
            "conditions": [{"type": "ReconcileSucceeded" if succeeded else "Reconciling", "status": "True"}],
            **parts,
        },
    }


def part(begin, end, code=0):
    return (
        {"startedAt": at(begin), "updatedAt": at(end), "exitCode": code}
        if begin is not None
        else {"exitCode": code}
    )


@pytest.mark.parametrize(
    ("found", "spans"),
    [
        (
            app(fetch=part(1, 2), template={"updatedAt": at(3), "exitCode": 0}, deploy=part(4, 6)),
            [("working", 1, 6)],
        ),
        # A deploy of before is not the end of what was fetched after it.
        (app(fetch=part(7, 8), deploy=part(4, 6)), [("working", 7, 8)]),
        (app(succeeded="", fetch=part(1, 2)), [("working", 1, None)]),
        (app(deploy=part(4, 6)), []),
        (app(), []),
    ],
)
def test_a_reconciliation_of_carvel(found, spans):
    assert shown(run_times.of_carvel(found)[0]) == spans


def test_the_steps_of_a_reconciliation_and_their_ends():
    found = app(fetch=part(1, 2), template={"updatedAt": at(3), "exitCode": 1}, deploy={"startedAt": at(4)})
    assert {step.name: (str(step.state), shown(step.spans)) for step in run_times.of_carvel(found)[1]} == {
        "fetch": ("done", [("working", 1, 2)]),
        "template": ("failed", []),
        "deploy": ("unknown", []),
    }


def revision(ready="True", since=8, created=0):
    conditions = [{"type": "Ready", "status": ready, "lastTransitionTime": at(since), "reason": "x"}]
    return {
        "apiVersion": "serving.knative.dev/v1",
        "kind": "Revision",
        "metadata": {"name": "r", "namespace": "apps-dev", "creationTimestamp": at(created), "generation": 1},
        "spec": {"containers": [{"name": "user-container"}]},
        "status": {"observedGeneration": 1, "conditions": conditions},
    }


def served(ready_since=None, box=None):
    found = pod(("user-container", box or WAITS))
    found["metadata"]["creationTimestamp"] = at(1)
    if ready_since is not None:
        found["status"]["conditions"] = [
            {"type": "Ready", "status": "True", "lastTransitionTime": at(ready_since)}
        ]
        found["status"]["containerStatuses"][0]["ready"] = True
    return found


def test_what_serves_worked_until_it_was_ready():
    spans, boxes = run_times.of_revision(revision(), served(7, runs(3)))
    assert shown(spans) == [("working", 0, 8)]
    assert [(box.name, str(box.state), shown(box.spans)) for box in boxes] == [
        ("user-container", "done", [("waiting", 1, 3), ("working", 3, 7)])
    ]


@pytest.mark.parametrize(
    ("found", "box", "state"),
    [
        (revision("Unknown"), served(), State.WAITING),
        (revision("Unknown"), served(box=runs(3)), State.WORKING),
    ],
)
def test_what_is_not_ready_goes_on(found, box, state):
    spans, boxes = run_times.of_revision(found, box)
    assert spans[-1].end is None
    assert [one.state for one in boxes] == [state]


def test_what_serves_without_its_pod_has_no_containers():
    assert run_times.of_revision(revision(), None)[1] == ()
    unborn = revision()
    del unborn["metadata"]["creationTimestamp"]
    assert run_times.of_revision(unborn, served(7, runs(3))) == ((), ())
