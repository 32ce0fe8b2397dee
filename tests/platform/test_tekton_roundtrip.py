"""Objects as Tekton's webhook returns them after decoding and encoding, with the real messages."""

from __future__ import annotations

from typing import Any

import pytest

from pkgops.kube import Obj
from pkgops.platform.tekton.admission import DEFAULTING_PATH, respond
from pkgops.platform.tekton.roundtrip import encoded

DECODED = "mutation failed: cannot decode incoming new object: "
WRITTEN = (
    "mutation failed: cannot create patch for round tripped newBytes: cannot marshal interface: json: error "
    'calling MarshalJSON for type {}.ParamValue: impossible ParamValues.Type: ""'
)
STEPS = [{"image": "a"}]
CLAIM = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}}


def of(kind: str, spec: Obj, version: str = "v1") -> Obj:
    return {
        "apiVersion": f"tekton.dev/{version}",
        "kind": kind,
        "metadata": {"name": "a", "namespace": "n"},
        "spec": spec,
    }


def task_run(**spec: Any) -> Obj:
    return of("TaskRun", {"taskRef": {"name": "a"}, **spec})


def in_run(task: Obj) -> Obj:
    return of("TaskRun", {"taskSpec": task})


def in_pipeline(task: Obj) -> Obj:
    return of("Pipeline", {"tasks": [{"name": "a", "taskSpec": task}]})


def with_claim(spec: Any) -> Obj:
    return task_run(workspaces=[{"name": "w", "volumeClaimTemplate": {"spec": spec}}])


def refusal(obj: Obj) -> str:
    response = respond(DEFAULTING_PATH, {"request": {"uid": "1", "operation": "CREATE", "object": obj}})
    return str((response["response"].get("status") or {}).get("message", ""))


@pytest.mark.parametrize(
    ("obj", "said"),
    [
        (in_run({"steps": [{"image": "a", "scirpt": "x"}]}), DECODED + 'json: unknown field "scirpt"'),
        (in_run({"stepz": STEPS}), DECODED + 'json: unknown field "stepz"'),
        (in_run({"steps": STEPS, "metadata": {}}), DECODED + 'json: unknown field "metadata"'),
        (in_pipeline({"steps": STEPS, "param": []}), DECODED + 'json: unknown field "param"'),
        (
            in_run({"steps": [{"image": "a", "env": [{"name": "A", "valeu": "x"}]}]}),
            DECODED + 'json: unknown field "valeu"',
        ),
        (
            in_run({"steps": [{"image": "a", "resources": {"limits": {"cpu": "1"}}}]}),
            DECODED + 'json: unknown field "resources"',
        ),
        (
            of("PipelineRun", {"pipelineSpec": {"tasks": [{"name": "a", "taskRef": {"nam": "a"}}]}}),
            DECODED + 'json: unknown field "nam"',
        ),
        (
            of("Task", {"steps": STEPS, "volumes": [{"name": "v", "configMapp": {"name": "a"}}]}),
            DECODED + 'json: unknown field "configMapp"',
        ),
        (with_claim({"accessMode": []}), DECODED + 'json: unknown field "accessMode"'),
        (
            with_claim("x"),
            DECODED + "json: cannot unmarshal string into Go struct field "
            "PersistentVolumeClaim.spec.workspaces.volumeClaimTemplate.spec "
            "of type v1.PersistentVolumeClaimSpec",
        ),
        (
            task_run(computeResources={"requests": "x"}),
            DECODED + "json: cannot unmarshal string into Go struct field "
            "ResourceRequirements.spec.computeResources.requests of type v1.ResourceList",
        ),
        (
            of("Task", {"steps": STEPS, "results": [{"name": "r", "properties": "x"}]}),
            DECODED + "json: cannot unmarshal string into Go struct field "
            "TaskResult.spec.results.properties of type map[string]v1.PropertySpec",
        ),
        (
            in_pipeline({"steps": "x"}),
            DECODED + "json: cannot unmarshal string into Go struct field "
            "EmbeddedTask.spec.tasks.taskSpec.TaskSpec.steps of type []v1.Step",
        ),
        (
            of("Pipeline", {"tasks": [{"name": "a", "pipelineSpec": "x"}]}),
            DECODED + "json: cannot unmarshal string into Go struct field "
            "PipelineTask.spec.tasks.pipelineSpec of type v1.PipelineSpec",
        ),
        (
            of("Pipeline", {"tasks": [{"name": "a", "onError": 3}]}),
            DECODED + "json: cannot unmarshal number into Go struct field "
            "PipelineTask.spec.tasks.onError of type v1.PipelineTaskOnErrorType",
        ),
        (
            task_run(status=3),
            DECODED + "json: cannot unmarshal number into Go struct field "
            "TaskRunSpec.spec.status of type v1.TaskRunSpecStatus",
        ),
        (task_run(timeout=""), DECODED + 'time: invalid duration ""'),
        (
            of("PipelineRun", {"pipelineRef": {"name": "a"}, "taskRunSpecs": [{"timeout": "soon"}]}),
            DECODED + 'time: invalid duration "soon"',
        ),
        (task_run(params=[{"name": "a"}]), WRITTEN.format("v1")),
        (
            of("TaskRun", {"taskRef": {"name": "a"}, "params": [{"name": "a"}]}, "v1beta1"),
            WRITTEN.format("v1beta1"),
        ),
        (
            of("Pipeline", {"tasks": [{"name": "a", "taskRef": {"name": "a"}}], "results": [{"name": "r"}]}),
            WRITTEN.format("v1"),
        ),
    ],
)
def test_what_cannot_be_decoded_or_written_is_refused(obj: Obj, said: str) -> None:
    assert refusal(obj) == said


@pytest.mark.parametrize(
    "obj",
    [
        in_pipeline({"steps": STEPS, "metadata": {"labels": {"a": "b"}}}),
        in_pipeline({"apiVersion": "example.dev/v1", "kind": "Custom", "spec": {"any": {"thing": 1}}}),
        in_run({"steps": [{"image": "a", "securityContext": {"runAsUser": 0}}]}),
        with_claim(CLAIM),
        of(
            "Task",
            {
                "steps": STEPS,
                "volumes": [{"name": "v", "ephemeral": {"volumeClaimTemplate": {"spec": CLAIM}}}],
            },
        ),
        of(
            "TaskRun",
            {"taskSpec": {"steps": [{"image": "a", "resources": {"limits": {"cpu": "1"}}}]}},
            "v1beta1",
        ),
        task_run(podTemplate={"securityContext": {"fsGroup": 1}, "affinity": {"nodeAffinity": {}}}),
        of("PipelineRun", {"pipelineRef": {"name": "a"}, "timeouts": {"pipeline": None}}),
    ],
)
def test_what_the_real_one_takes_is_taken(obj: Obj) -> None:
    assert refusal(obj) == ""


@pytest.mark.parametrize(
    ("value", "read"),
    [
        ("x", "x"),
        (["a", "b"], ["a", "b"]),
        ({"k": "v"}, {"k": "v"}),
        (3, "3"),
        (True, "true"),
        (["a", 1], '["a",1]'),
        ({"k": {"v": 1}}, '{"k":{"v":1}}'),
    ],
)
def test_a_param_is_read_as_go_reads_it(value: object, read: object) -> None:
    assert encoded(task_run(params=[{"name": "a", "value": value}]))["spec"]["params"][0]["value"] == read


def test_capitals_do_not_count_where_the_webhook_alone_looks() -> None:
    task = {"steps": [{"image": "a", "volumeMounts": [{"name": "v", "mountpath": "/a"}]}]}
    spec = encoded(in_run(task))["spec"]["taskSpec"]
    assert spec["steps"][0]["volumeMounts"] == [{"name": "v", "mountPath": "/a"}]


def test_what_go_always_writes_is_there() -> None:
    spec = encoded(of("Task", {"steps": [{"image": "a", "env": [{}]}], "params": [{}], "workspaces": [{}]}))[
        "spec"
    ]
    assert spec["steps"] == [{"image": "a", "env": [{"name": ""}], "name": ""}]
    assert (spec["params"], spec["workspaces"]) == ([{"name": ""}], [{"name": ""}])
    inner = encoded(
        task_run(taskSpec={"steps": STEPS}, stepSpecs=[{}], params=[{"name": "a", "value": None}])
    )
    assert inner["spec"]["taskSpec"]["steps"] == [{"image": "a", "name": ""}]
    assert inner["spec"]["stepSpecs"] == [{"name": "", "computeResources": {}}]
    assert inner["spec"]["params"] == [{"name": "a", "value": ""}]
