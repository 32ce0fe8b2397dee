"""A test stage whose Runnable makes PipelineRuns: followed down to the pods of their TaskRuns."""

from __future__ import annotations

import copy
from datetime import timedelta
from types import SimpleNamespace

import pytest
from shared_traces import recorded

from pkgops.errors import RefusedError
from pkgops.flows import logs, replay, stages
from pkgops.flows.run.restart import failed_runs
from pkgops.flows.run.start_again import start_again
from pkgops.model import CauseCode, State, Unreadable
from pkgops.pipeline.scope import Watch

FAILED_AT = 285
STAGE = "source-tester"
TASKS = "Tasks Completed: 2 (Failed: 1, Cancelled 0), Skipped: 1"


class Case:
    """The recorded test of a failing commit as the task ``unit`` of a PipelineRun, after a task ``lint``."""

    def __init__(self):
        found = recorded("second-run")
        self.tracker = replay.tracker_at(found, FAILED_AT)
        self.now = found.began + timedelta(seconds=FAILED_AT)
        unit = copy.deepcopy(self.tracker.store.find(self.snapshot().blockage.object))
        where = unit["metadata"]
        self.unit = copy.deepcopy(unit)
        self.run = {
            "apiVersion": "tekton.dev/v1",
            "kind": "PipelineRun",
            "metadata": {
                "name": f"{where['generateName']}run",
                "generateName": where["generateName"],
                "namespace": where["namespace"],
                "uid": "of-the-pipeline-run",
                "labels": dict(where["labels"]),
                "ownerReferences": where["ownerReferences"],
                "creationTimestamp": where["creationTimestamp"],
            },
            "spec": {"pipelineRef": {"name": "test"}, "params": unit["spec"]["params"]},
            "status": {"startTime": unit["status"]["startTime"]},
        }
        owner = {key: self.run[key] for key in ("apiVersion", "kind")}
        owner |= {"name": self.run["metadata"]["name"], "uid": self.run["metadata"]["uid"]}
        for task in (self.unit, unit):
            task["metadata"]["ownerReferences"] = [{**owner, "controller": True}]
        self.unit["metadata"]["labels"]["tekton.dev/pipelineTask"] = "unit"
        self.lint = unit
        earlier = "2020-01-01T00:00:00Z"
        self.lint["metadata"] |= {"name": "lint", "uid": "of-lint", "creationTimestamp": earlier}
        self.lint["metadata"]["labels"]["tekton.dev/pipelineTask"] = "lint"
        self.lint["status"]["podName"] = "of-lint"
        self.lint["status"]["conditions"] = [{"type": "Succeeded", "status": "True", "reason": "Succeeded"}]
        self.ends("False", "Failed", TASKS)
        self.update(self.run, self.unit, self.lint)

    def ends(self, status, reason, message):
        self.run["status"]["conditions"] = [
            {"type": "Succeeded", "status": status, "reason": reason, "message": message}
        ]
        if status != "Unknown":
            self.run["status"]["completionTime"] = self.unit["status"]["completionTime"]

    def update(self, *objects):
        for obj in objects:
            self.tracker.apply("MODIFIED", copy.deepcopy(obj))

    def snapshot(self):
        return self.tracker.snapshot(self.now)

    def stage(self):
        (found,) = stages.named(self.snapshot().all_stages, STAGE)
        return found


@pytest.fixture
def case():
    return Case()


def test_the_failed_task_is_named_with_its_own_words(case):
    found = case.snapshot().blockage
    assert (found.code, found.stage) == (CauseCode.TEST_FAILED, STAGE)
    assert found.object.name == case.unit["metadata"]["name"]
    assert 'task unit: "step-' in found.cause
    assert found.again == f"pkgops rerun hello-go-web2pkg --stage {STAGE}"


def test_its_log_is_that_of_the_failed_task(case):
    stage = case.stage()
    assert stage.pods[0].name == case.unit["status"]["podName"]
    sources = logs.sources(case.tracker, case.snapshot(), logs.LogQuery(stage=STAGE))
    assert case.unit["status"]["podName"] in [pod["metadata"]["name"] for _, pod, _ in sources]


def test_a_task_whose_failure_is_ignored_is_not_the_cause(case):
    notes = case.unit["metadata"].setdefault("annotations", {})
    notes["pipeline.tekton.dev/pipeline-task-on-error"] = "continue"
    case.update(case.unit)
    assert case.snapshot().blockage.object.kind == "PipelineRun"


@pytest.mark.parametrize(
    ("reason", "message", "code"),
    [
        ("PipelineRunTimeout", 'PipelineRun "x" failed to finish within "1h0m0s"', CauseCode.RUN_TIMEOUT),
        ("Cancelled", 'PipelineRun "x" was cancelled', CauseCode.RUN_CANCELLED),
        ("CouldntGetPipeline", 'pipelines.tekton.dev "test" not found', CauseCode.TASK_MISSING),
        ("ParameterMissing", "missing values for params", CauseCode.RUN_INVALID),
    ],
)
def test_what_ends_the_whole_run_is_the_cause_and_no_task(case, reason, message, code):
    case.ends("False", reason, message)
    case.update(case.run)
    found = case.snapshot().blockage
    assert (found.code, found.object.kind) == (code, "PipelineRun")


def test_until_the_run_has_ended_a_failed_task_is_no_verdict(case):
    case.ends("Unknown", "Running", "Tasks Completed: 1 (Failed: 1, Cancelled 0), Incomplete: 1, Skipped: 0")
    case.update(case.run)
    assert case.stage().state is State.WORKING


def test_a_task_that_cannot_begin_is_named_while_the_run_goes_on(case):
    case.ends("Unknown", "Running", "Tasks Completed: 1 (Failed: 0, Cancelled 0), Incomplete: 1, Skipped: 0")
    text = 'the step "test" in TaskRun "x" failed to pull the image ""'
    case.unit["status"] |= {
        "podName": "",
        "conditions": [
            {"type": "Succeeded", "status": "Unknown", "reason": "PullImageFailed", "message": text}
        ],
    }
    case.update(case.run, case.unit)
    case.tracker.apply("DELETED", case.tracker.store.find(case.stage().pods[0]))
    (found,) = [one for one in case.snapshot().blockages if one.stage == STAGE]
    assert (found.code, found.object.name) == (CauseCode.IMAGE_PULL, case.unit["metadata"]["name"])


def test_the_whole_run_is_started_again(case):
    made = []

    class Api:
        def create(self, obj):
            made.append(obj)
            return {**obj, "metadata": {**obj["metadata"], "name": "again"}}

    done = start_again(Api(), case.tracker.store, case.stage(), case.now)
    assert (done.object.kind, made[0]["kind"]) == ("PipelineRun", "PipelineRun")
    assert made[0]["spec"] == case.run["spec"]
    assert case.run["metadata"]["name"] in {ref.name for ref in failed_runs(case.tracker)}


def test_each_task_is_a_step_of_the_run_in_time(case):
    times = next(one for one in case.tracker.timeline(case.snapshot()).stages if one.name == STAGE)
    first = times.runs[0]
    assert (first.object.kind, [step.name for step in first.steps]) == ("PipelineRun", ["lint", "unit"])
    assert all(step.spans for step in first.steps)


def watched(tracker):
    return {watch.kind for watch in tracker.required_watches()}


def test_pipeline_runs_are_looked_for_only_where_something_tells_of_them(case):
    assert "PipelineRun" in watched(case.tracker)
    found = recorded("second-run")
    assert "PipelineRun" not in watched(replay.tracker_at(found, FAILED_AT))


@pytest.mark.parametrize(
    "told",
    [
        {"kind": "Event", "message": "Created object [pipelineruns.tekton.dev/x]"},
        {"kind": "Runnable", "message": 'PipelineRun "x" failed to finish within "1h0m0s"'},
    ],
)
def test_a_run_without_any_task_is_found_by_what_is_said_of_it(case, told):
    """A PipelineRun that could not begin has no TaskRun."""
    store = case.tracker.store
    for task in store.all("tekton.dev", "TaskRun"):
        case.tracker.apply("DELETED", task)
    runnable = store.find(case.stage().object)
    if told["kind"] == "Event":
        about = {key: runnable["metadata"][key] for key in ("name", "namespace")}
        event = {
            "apiVersion": "v1",
            "kind": "Event",
            "metadata": {"name": "e", "namespace": about["namespace"], "uid": "e"},
            "involvedObject": {"kind": "Runnable", **about},
            "message": told["message"],
        }
        case.tracker.apply("ADDED", event)
    else:
        conditions = [{"type": "StampedObjectCondition", "status": "False", "message": told["message"]}]
        case.tracker.apply("MODIFIED", {**runnable, "status": {"conditions": conditions}})
    assert "PipelineRun" in watched(case.tracker)


def test_pipeline_runs_that_may_not_be_read_are_unknown(case):
    store = case.tracker.store
    gap = Unreadable(
        api_version="tekton.dev/v1",
        kind="PipelineRun",
        namespace="default",
        code=CauseCode.MAY_NOT_READ,
        sentence="jane may not list",
    )
    for task in store.all("tekton.dev", "TaskRun"):
        case.tracker.apply("DELETED", task)
    case.tracker.apply("DELETED", case.run)
    runnable = copy.deepcopy(store.find(case.stage().object))
    runnable["status"]["conditions"] = [
        {
            "type": "StampedObjectCondition",
            "status": "Unknown",
            "reason": "Running",
            "message": "Tasks Completed: 0",
        }
    ]
    case.update(runnable)
    store.set_unreadable([gap])
    assert (case.stage().state, case.stage().message) == (State.UNKNOWN, "jane may not list")


def test_a_pipeline_run_that_a_template_stamps_is_its_own_run(case):
    """With the lifecycle ``tekton`` a template stamps runs without a Runnable."""
    store = case.tracker.store
    runnable = store.find(case.stage().object)
    stamped = copy.deepcopy(case.run)
    stamped["metadata"]["ownerReferences"] = runnable["metadata"]["ownerReferences"]
    owner = copy.deepcopy(store.all("carto.run", "Workload")[0])
    for entry in owner["status"]["resources"]:
        if entry["name"] == STAGE:
            ref = {"apiVersion": "tekton.dev/v1", "kind": "PipelineRun", "namespace": "default"}
            entry["stampedRef"] = {**ref, "name": stamped["metadata"]["name"]}
    case.update(stamped, owner)
    case.tracker.apply("DELETED", runnable)
    stage = case.stage()
    assert (stage.title, stage.object.kind, stage.state) == ("Test source", "PipelineRun", State.FAILED)
    assert stage.pods[0].name == case.unit["status"]["podName"]
    with pytest.raises(RefusedError) as refused:
        start_again(SimpleNamespace(), store, stage, case.now)
    assert refused.value.next.startswith(f"kubectl delete {stage.object.qualified} -n default")
    assert Watch("tekton.dev/v1", "TaskRun", "default") in case.tracker.required_watches()
