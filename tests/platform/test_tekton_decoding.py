"""A value of another type than its field is refused as by the real webhook, with Go's message."""

from __future__ import annotations

from typing import Any

import pytest

from pkgops.platform.tekton.admission import DEFAULTING_PATH, respond

MISTYPED: list[tuple[str, Any, str, str, str]] = [
    ("Task", {"steps": "x"}, "string", "TaskSpec.spec.steps", "[]v1.Step"),
    ("Task", {"steps": [{"image": 3}]}, "number", "Step.spec.steps.image", "string"),
    (
        "Task",
        {"steps": [{"image": "i", "env": [{"name": "A", "value": 8080}]}]},
        "number",
        "EnvVar.spec.steps.env.value",
        "string",
    ),
    ("Task", {"steps": [{"image": "i", "command": "bash"}]}, "string", "Step.spec.steps.command", "[]string"),
    (
        "Task",
        {"steps": [{"image": "i", "securityContext": {"runAsUser": "0"}}]},
        "string",
        "SecurityContext.spec.steps.securityContext.runAsUser",
        "int64",
    ),
    (
        "Task",
        {"steps": [{"image": "i", "securityContext": {"runAsNonRoot": "true"}}]},
        "string",
        "SecurityContext.spec.steps.securityContext.runAsNonRoot",
        "bool",
    ),
    (
        "Task",
        {"steps": [{"image": "i", "volumeMounts": [{"name": 1}]}]},
        "number",
        "VolumeMount.spec.steps.volumeMounts.name",
        "string",
    ),
    (
        "Task",
        {"params": {"a": "b"}, "steps": [{"image": "i"}]},
        "object",
        "TaskSpec.spec.params",
        "v1.ParamSpecs",
    ),
    ("Task", {"steps": [{"image": "i", "timeout": 5}]}, "number", "Step.spec.steps.timeout", "string"),
    (
        "Task",
        {
            "steps": [
                {"image": "i", "env": [{"name": "A", "valueFrom": {"secretKeyRef": {"name": 1, "key": "b"}}}]}
            ]
        },
        "number",
        "SecretKeySelector.spec.steps.env.valueFrom.secretKeyRef.LocalObjectReference.name",
        "string",
    ),
    ("TaskRun", {"taskRef": "x"}, "string", "TaskRunSpec.spec.taskRef", "v1.TaskRef"),
    ("TaskRun", {"taskRef": {"name": 3}}, "number", "TaskRef.spec.taskRef.name", "string"),
    (
        "TaskRun",
        {"taskRef": {"resolver": 3}},
        "number",
        "TaskRef.spec.taskRef.ResolverRef.resolver",
        "v1.ResolverName",
    ),
    (
        "TaskRun",
        {"taskRef": {"name": "x"}, "params": [{"name": "a", "value": 3}, {"name": 4, "value": True}]},
        "number",
        "Param.spec.params.name",
        "string",
    ),
    (
        "TaskRun",
        {"taskRef": {"name": "x"}, "workspaces": [{"name": "a", "emptyDir": "x"}]},
        "string",
        "WorkspaceBinding.spec.workspaces.emptyDir",
        "v1.EmptyDirVolumeSource",
    ),
    (
        "TaskRun",
        {"taskRef": {"name": "x"}, "workspaces": [{"name": "a", "configMap": "x"}]},
        "string",
        "WorkspaceBinding.spec.workspaces.configMap",
        "v1.ConfigMapVolumeSource",
    ),
    (
        "TaskRun",
        {"taskSpec": {"steps": [{"image": 3}]}},
        "number",
        "Step.spec.taskSpec.steps.image",
        "string",
    ),
    (
        "Pipeline",
        {
            "tasks": [
                {"name": "a", "taskSpec": {"steps": [{"image": "i", "env": [{"name": "A", "value": 1}]}]}}
            ]
        },
        "number",
        "EnvVar.spec.tasks.taskSpec.TaskSpec.steps.env.value",
        "string",
    ),
    (
        "Pipeline",
        {"tasks": [{"name": "a", "taskRef": {"name": "x"}, "runAfter": "b"}]},
        "string",
        "PipelineTask.spec.tasks.runAfter",
        "[]string",
    ),
    (
        "Pipeline",
        {"tasks": [{"name": "a", "taskRef": {"name": "x"}, "retries": "2"}]},
        "string",
        "PipelineTask.spec.tasks.retries",
        "int",
    ),
    (
        "Pipeline",
        {
            "tasks": [
                {
                    "name": "a",
                    "taskRef": {"name": "x"},
                    "when": [{"input": 3, "operator": "in", "values": ["x"]}],
                }
            ]
        },
        "number",
        "WhenExpression.spec.tasks.when.input",
        "string",
    ),
    (
        "Pipeline",
        {
            "tasks": [
                {
                    "name": "a",
                    "taskRef": {"name": "x"},
                    "when": [{"input": "3", "operator": "in", "values": "x"}],
                }
            ]
        },
        "string",
        "WhenExpression.spec.tasks.when.values",
        "[]string",
    ),
    (
        "Pipeline",
        {"tasks": [{"name": "a", "taskRef": {"name": "x"}, "matrix": {"params": "x"}}]},
        "string",
        "Matrix.spec.tasks.matrix.params",
        "v1.Params",
    ),
    (
        "PipelineRun",
        {
            "pipelineRef": {"name": "x"},
            "timeouts": {"pipeline": 3},
            "taskRunTemplate": {"serviceAccountName": 3},
        },
        "number",
        "TimeoutFields.spec.timeouts.pipeline",
        "string",
    ),
    (
        "PipelineRun",
        {"pipelineSpec": {"tasks": [{"name": "a", "taskSpec": {"steps": [{"image": 3}]}}]}},
        "number",
        "Step.spec.pipelineSpec.tasks.taskSpec.TaskSpec.steps.image",
        "string",
    ),
    ("StepAction", {"image": 3}, "number", "StepActionSpec.spec.image", "string"),
    (
        "Task",
        {
            "results": [{"name": 1}],
            "steps": [{"image": "i", "script": ["x"]}],
            "workspaces": [{"name": "a", "optional": "true"}],
        },
        "number",
        "TaskResult.spec.results.name",
        "string",
    ),
    (
        "Task",
        {
            "stepTemplate": {"env": [{"name": "A", "value": 1}]},
            "sidecars": [{"name": "x", "image": "i", "script": 3}],
            "steps": [{"image": "i"}],
        },
        "number",
        "EnvVar.spec.stepTemplate.env.value",
        "string",
    ),
    (
        "Task",
        {
            "sidecars": [{"name": "x", "image": "i", "script": 3}],
            "steps": [{"image": "i"}],
            "volumes": [{"name": 3}],
        },
        "number",
        "Sidecar.spec.sidecars.script",
        "string",
    ),
    ("Task", {"steps": [{"image": "i", "env": {"A": "b"}}]}, "object", "Step.spec.steps.env", "[]v1.EnvVar"),
    ("Task", {"steps": ["x"]}, "string", "TaskSpec.spec.steps", "v1.Step"),
    ("Task", [], "array", "Task.spec", "v1.TaskSpec"),
    (
        "Task",
        {"steps": [{"image": "i"}], "params": [{"name": "o", "properties": {"k": {"type": 1}}}]},
        "number",
        "PropertySpec.spec.params.properties.type",
        "v1.ParamType",
    ),
    (
        "TaskRun",
        {"taskRef": {"name": "x"}, "stepSpecs": [{"name": "a", "computeResources": "1"}]},
        "string",
        "TaskRunStepSpec.spec.stepSpecs.computeResources",
        "v1.ResourceRequirements",
    ),
    (
        "PipelineRun",
        {"pipelineRef": {"name": "x"}, "timeouts": "1h"},
        "string",
        "PipelineRunSpec.spec.timeouts",
        "v1.TimeoutFields",
    ),
]
"""The message of the real webhook for each, from its code."""


def said(kind: str, spec: Any, version: str = "tekton.dev/v1") -> str:
    obj = {"apiVersion": version, "kind": kind, "metadata": {"name": "a"}, "spec": spec}
    request = {"uid": "1", "object": obj, "operation": "CREATE"}
    response = respond(DEFAULTING_PATH, {"request": request})["response"]
    return str((response.get("status") or {}).get("message", ""))


@pytest.mark.parametrize(("kind", "spec", "json", "place", "go"), MISTYPED, ids=[row[3] for row in MISTYPED])
def test_a_value_of_another_type_is_named(kind: str, spec: Any, json: str, place: str, go: str) -> None:
    assert said(kind, spec) == (
        "mutation failed: cannot decode incoming new object: "
        f"json: cannot unmarshal {json} into Go struct field {place} of type {go}"
    )


def test_the_version_names_the_package() -> None:
    assert said("Task", {"steps": "x"}, "tekton.dev/v1beta1").endswith("of type []v1beta1.Step")
    assert said("StepAction", {"params": "x"}, "tekton.dev/v1beta1").endswith("of type v1.ParamSpecs")


def test_nothing_and_values_that_decode_themselves_pass() -> None:
    step = {"image": "i", "env": None, "timeout": "5s", "unknown": 3}
    assert said("Task", {"steps": [step], "sidecars": None}) == ""
    given = [{"name": "n", "value": 3}, {"name": "b", "value": True}, {"name": "l", "value": ["x"]}]
    assert said("TaskRun", {"taskRef": {"name": "t"}, "params": given}) == ""
