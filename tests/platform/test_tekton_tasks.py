import pytest

from pkgops.platform.tekton.refusal import Refusal
from pkgops.platform.tekton.tasks import find_task, inherit


class Tasks:
    """The one question that is asked of a cluster, answered from a table."""

    def __init__(self, **tasks):
        self.tasks = tasks

    def find(self, api_version, kind, name, namespace=""):
        assert (api_version, kind) == ("tekton.dev/v1", "Task")
        return self.tasks.get(f"{namespace}_{name}")


def run_of(**spec):
    return {"metadata": {"name": "r", "namespace": "ns", "labels": {"own": "1", "both": "run"}}, "spec": spec}


def task_of(*steps, **metadata):
    return {"metadata": {"name": "t", **metadata}, "spec": {"steps": list(steps)}}


HERE = Tasks(ns_t=task_of({"image": "here"}), other_t=task_of({"image": "there"}))
PARAMS = [
    {"name": "kind", "value": "task"},
    {"name": "name", "value": "t"},
    {"name": "namespace", "value": "other"},
]


@pytest.mark.parametrize(
    ("spec", "image"),
    [
        ({"taskRef": {"name": "t"}}, "here"),
        ({"taskRef": {"name": "t", "kind": "ClusterTask"}}, "here"),
        ({"taskRef": {"resolver": "cluster", "params": PARAMS}}, "there"),
        ({"taskSpec": {"steps": [{"image": "inline"}]}}, "inline"),
    ],
)
def test_where_a_task_comes_from(spec, image):
    assert find_task(HERE, run_of(**spec))["spec"]["steps"][0]["image"] == image


@pytest.mark.parametrize(
    ("spec", "reason", "message"),
    [
        (
            {"taskRef": {"name": "x"}},
            "TaskRunResolutionFailed",
            'error when listing tasks for taskRun r: tasks.tekton.dev "x" not found',
        ),
        ({"taskRef": {"resolver": "git"}}, "TaskRunResolutionFailed", 'resolver "git" is not part of'),
        ({"taskRef": {}}, "TaskRunValidationFailed", "expected exactly one, got neither"),
        ({"taskSpec": {"steps": [], "params": []}}, "TaskValidationFailed", "Task ns/r has no steps"),
        (
            {"taskSpec": {"steps": [{"image": "i"}, {"ref": {"name": "a"}}]}},
            "TaskValidationFailed",
            "Task ns/r: steps[1].ref is not part of the local platform",
        ),
    ],
)
def test_tasks_that_cannot_be_run(spec, reason, message):
    with pytest.raises(Refusal) as refused:
        find_task(HERE, run_of(**spec))
    assert refused.value.reason == reason
    assert refused.value.message.startswith(message)


def test_a_run_takes_over_its_tasks_metadata_and_its_own_wins():
    annotations = {"a": "1", "kubectl.kubernetes.io/last-applied-configuration": "{}"}
    task = task_of({}, labels={"both": "task", "theirs": "2"}, annotations=annotations)
    assert inherit(run_of(taskRef={"name": "t"}), task, "v1") == {
        "labels": {
            "own": "1",
            "both": "run",
            "theirs": "2",
            "app.kubernetes.io/managed-by": "tekton-pipelines",
            "tekton.dev/task": "t",
        },
        "annotations": {"a": "1", "pipeline.tekton.dev/release": "v1"},
    }


def test_an_inline_task_has_no_name_to_label_with():
    inherited = inherit(run_of(taskSpec={"steps": [{}]}), {"metadata": {"name": "r"}}, "v1")
    assert "tekton.dev/task" not in inherited["labels"]
