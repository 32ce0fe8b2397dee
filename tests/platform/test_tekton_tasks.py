import pytest

from pkgops.platform.tekton.permanenterror import PermanentError
from pkgops.platform.tekton.tasks import find_task, inherit


class Tasks:
    """A client with only ``find``, which reads from a table."""

    def __init__(self, **tasks):
        self.tasks = tasks

    def find(self, api_version, kind, name, namespace=""):
        known = {("tekton.dev/v1", "Task"): self.tasks, ("tekton.dev/v1beta1", "StepAction"): ACTIONS}
        return known[(api_version, kind)].get(f"{namespace}_{name}")


ACTION = {
    "image": "action",
    "params": [
        {"name": "who"},
        {"name": "list", "type": "array"},
        {"name": "greeting", "default": "$(params.word) $(params.who)"},
        {"name": "word", "default": "hello"},
        {"name": "map", "properties": {"a": {}, "b": {}}, "default": {"a": "1", "b": "2"}},
    ],
    "env": [{"name": "SAY", "value": "$(params.greeting)"}],
    "command": ["x", "$(params.map.a)$(params.map.b)"],
    "args": ["$(params.list[*])", "$(params.who)"],
    "results": [{"name": "r"}],
}
ACTIONS = {"ns_act": {"spec": ACTION}, "other_act": {"spec": {"image": "elsewhere"}}}


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
            {"taskSpec": {"steps": [{"image": "i"}, {"stdoutConfig": {"path": "x"}}]}},
            "TaskValidationFailed",
            "Task ns/r: steps[1].stdoutConfig is not part of the local platform",
        ),
        (
            {"taskSpec": {"steps": [{"image": "i"}, {"name": "s", "ref": {"name": "ghost"}}]}},
            "TaskRunResolutionFailed",
            'failed to resolve step ref for step "s" (index 1): stepactions.tekton.dev "ghost" not found',
        ),
        (
            {"taskSpec": {"steps": [{"name": "s", "ref": {"resolver": "git"}}]}},
            "TaskRunResolutionFailed",
            'failed to resolve step ref for step "s" (index 0): resolver "git" is not part of',
        ),
        (
            {"taskSpec": {"steps": [{"name": "s", "ref": {"name": "act"}}]}},
            "TaskRunResolutionFailed",
            'failed to resolve step ref for step "s" (index 0): non-existent params in Step: [who list]',
        ),
        (
            {"taskSpec": {"steps": [{"name": "s", "ref": {"name": "act"}, "params": [{"name": "x"}]}]}},
            "TaskRunResolutionFailed",
            'failed to resolve step ref for step "s" (index 0): extra params passed by Step to StepAction: '
            "[x]",
        ),
    ],
)
def test_tasks_that_cannot_be_run(spec, reason, message):
    with pytest.raises(PermanentError) as refused:
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


def steps_of(*steps):
    return find_task(HERE, run_of(taskSpec={"steps": list(steps)}))["spec"]["steps"]


def test_a_step_takes_over_what_its_step_action_says_and_keeps_what_is_its_own():
    params = [
        {"name": "who", "value": "$(params.name)"},
        {"name": "list", "value": "$(params.all[*])"},
        {"name": "map", "value": {"b": "$(params.name)"}},
    ]
    step = {"name": "s", "ref": {"name": "act"}, "params": params, "timeout": "5m", "onError": "continue"}
    assert steps_of({"image": "i"}, step)[1] == {
        "name": "s",
        "timeout": "5m",
        "onError": "continue",
        "image": "action",
        "env": [{"name": "SAY", "value": "hello $(params.name)"}],
        "command": ["x", "1$(params.name)"],
        "args": ["$(params.all[*])", "$(params.name)"],
        "results": [{"name": "r"}],
    }


def test_a_step_gives_an_array_of_its_own():
    params = [{"name": "who", "value": "me"}, {"name": "list", "value": ["p", "q"]}]
    assert steps_of({"ref": {"name": "act"}, "params": params})[0]["args"] == ["p", "q", "me"]


def test_a_step_action_of_another_namespace_comes_by_the_cluster_resolver():
    names = {"kind": "stepaction", "name": "act", "namespace": "other"}
    params = [{"name": key, "value": value} for key, value in names.items()]
    assert steps_of({"ref": {"resolver": "cluster", "params": params}}) == [{"image": "elsewhere"}]
