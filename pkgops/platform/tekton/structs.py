"""The Go structs of Tekton's API, as far as they are checked.

Source: ``pkg/apis/pipeline/v1``.
"""

from __future__ import annotations

from collections.abc import Mapping

from pkgops.platform.gotypes import ListOf, MapOf, Struct, Type
from pkgops.platform.tekton.podstructs import (
    CONTAINER,
    NAME,
    POD_TEMPLATE,
    RESOURCES,
    SIDECAR,
    SOURCES,
    TEXTS,
    VOLUMES,
    WORKSPACE_USAGE,
)

WHENS = ListOf(
    Struct(
        "~.WhenExpression",
        {"input": "string", "operator": "string|selection.Operator", "values": TEXTS, "cel": "string"},
    ),
    "~.WhenExpressions",
)
PARAMS = ListOf(Struct("~.Param", NAME), "~.Params")
PROPERTIES = MapOf(Struct("~.PropertySpec", {"type": "string|~.ParamType"}))
RESULT: Mapping[str, Type] = {
    "name": "string",
    "type": "string|~.ResultsType",
    "description": "string",
    "properties": PROPERTIES,
}
PARAM_SPECS = ListOf(
    Struct(
        "~.ParamSpec",
        {
            "name": "string",
            "type": "string|~.ParamType",
            "description": "string",
            "enum": TEXTS,
            "properties": PROPERTIES,
        },
    ),
    "~.ParamSpecs",
)
RESOLVER: Mapping[str, Mapping[str, Type]] = {
    "ResolverRef": {"resolver": "string|~.ResolverName", "params": PARAMS}
}
STEP_RESULTS = ListOf(Struct("~.StepResult", RESULT))
STEP = Struct(
    "~.Step",
    {
        **CONTAINER,
        "name": "string",
        "script": "string",
        "timeout": "string",
        "computeResources": RESOURCES,
        "onError": "string|~.OnErrorType",
        "imagePullPolicy": "string|v1.PullPolicy",
        "stdoutConfig": Struct("~.StepOutputConfig", {"path": "string"}),
        "stderrConfig": Struct("~.StepOutputConfig", {"path": "string"}),
        "workspaces": WORKSPACE_USAGE,
        "params": PARAMS,
        "results": STEP_RESULTS,
        "when": WHENS,
        "ref": Struct("~.Ref", NAME, RESOLVER),
    },
)
DECLARED = ListOf(
    Struct(
        "~.WorkspaceDeclaration",
        {
            "name": "string",
            "description": "string",
            "mountPath": "string",
            "readOnly": "bool",
            "optional": "bool",
        },
    )
)
RESULTS = ListOf(Struct("~.TaskResult", RESULT))
TASK: Mapping[str, Type] = {
    "description": "string",
    "displayName": "string",
    "params": PARAM_SPECS,
    "results": RESULTS,
    "workspaces": DECLARED,
    "steps": ListOf(STEP),
    "stepTemplate": Struct("~.StepTemplate", {**CONTAINER, "args": TEXTS, "computeResources": RESOURCES}),
    "sidecars": ListOf(SIDECAR),
    "volumes": VOLUMES,
}
TASK_SPEC = Struct("~.TaskSpec", TASK)
BINDINGS = ListOf(
    Struct(
        "~.WorkspaceBinding",
        {
            "name": "string",
            "subPath": "string",
            **SOURCES,
        },
    )
)
TASK_REF = Struct(
    "~.TaskRef", {"name": "string", "kind": "string|~.TaskKind", "apiVersion": "string"}, RESOLVER
)
PIPELINE_REF = Struct("~.PipelineRef", {"name": "string", "apiVersion": "string"}, RESOLVER)
STEP_SPECS = ListOf(Struct("~.TaskRunStepSpec", {"name": "string", "computeResources": RESOURCES}))
SIDECAR_SPECS = ListOf(Struct("~.TaskRunSidecarSpec", {"name": "string", "computeResources": RESOURCES}))
MATRIX = Struct(
    "~.Matrix",
    {
        "params": PARAMS,
        "include": ListOf(
            Struct("~.IncludeParams", {"name": "string", "params": PARAMS}), "~.IncludeParamsList"
        ),
    },
)
_PIPELINE_TASK: dict[str, Type] = {}
"""Filled below, since it is recursive: a task may have a ``pipelineSpec``, which has tasks."""
PIPELINE_TASK = Struct("~.PipelineTask", _PIPELINE_TASK)
_PIPELINE_TASK.update(
    {
        "name": "string",
        "onError": "string|~.PipelineTaskOnErrorType",
        "displayName": "string",
        "description": "string",
        "taskRef": TASK_REF,
        "pipelineRef": PIPELINE_REF,
        "timeout": "string",
        "taskSpec": Struct("~.EmbeddedTask", {}, {"TaskSpec": TASK}),
        "when": WHENS,
        "retries": "int",
        "runAfter": TEXTS,
        "params": PARAMS,
        "matrix": MATRIX,
        "workspaces": ListOf(
            Struct(
                "~.WorkspacePipelineTaskBinding",
                {"name": "string", "workspace": "string", "subPath": "string"},
            )
        ),
    },
)
PIPELINE_SPEC = Struct(
    "~.PipelineSpec",
    {
        "description": "string",
        "displayName": "string",
        "tasks": ListOf(PIPELINE_TASK),
        "finally": ListOf(PIPELINE_TASK),
        "params": PARAM_SPECS,
        "results": ListOf(Struct("~.PipelineResult", {"name": "string", "description": "string"})),
        "workspaces": ListOf(
            Struct(
                "~.PipelineWorkspaceDeclaration",
                {"name": "string", "description": "string", "optional": "bool"},
            )
        ),
    },
)
_PIPELINE_TASK["pipelineSpec"] = PIPELINE_SPEC
_RUN: Mapping[str, Type] = {"managedBy": "string", "params": PARAMS, "workspaces": BINDINGS}
SPECS: Mapping[str, Struct] = {
    "Task": TASK_SPEC,
    "Pipeline": PIPELINE_SPEC,
    "StepAction": Struct(
        "~.StepActionSpec",
        {
            key: go_type
            for key, go_type in {
                **CONTAINER,
                "args": ListOf("string", "v1beta1.Args"),
                "script": "string",
                "params": PARAM_SPECS,
                "results": STEP_RESULTS,
            }.items()
            if key not in ("envFrom", "volumeDevices")
        },
    ),
    "TaskRun": Struct(
        "~.TaskRunSpec",
        {
            **_RUN,
            "status": "string|~.TaskRunSpecStatus",
            "statusMessage": "string|~.TaskRunSpecStatusMessage",
            "taskRef": TASK_REF,
            "taskSpec": TASK_SPEC,
            "serviceAccountName": "string",
            "podTemplate": POD_TEMPLATE,
            "retries": "int",
            "timeout": "string",
            "stepSpecs": STEP_SPECS,
            "sidecarSpecs": SIDECAR_SPECS,
            "computeResources": RESOURCES,
        },
    ),
    "PipelineRun": Struct(
        "~.PipelineRunSpec",
        {
            "pipelineRef": PIPELINE_REF,
            "timeouts": Struct("~.TimeoutFields", dict.fromkeys(("pipeline", "tasks", "finally"), "string")),
            "taskRunSpecs": ListOf(
                Struct(
                    "~.PipelineTaskRunSpec",
                    {
                        "pipelineTaskName": "string",
                        "serviceAccountName": "string",
                        "podTemplate": POD_TEMPLATE,
                        "timeout": "string",
                        "stepSpecs": STEP_SPECS,
                        "sidecarSpecs": SIDECAR_SPECS,
                        "computeResources": RESOURCES,
                    },
                )
            ),
            **_RUN,
            "status": "string|~.PipelineRunSpecStatus",
            "pipelineSpec": PIPELINE_SPEC,
            "taskRunTemplate": Struct(
                "~.PipelineTaskRunTemplate", {"serviceAccountName": "string", "podTemplate": POD_TEMPLATE}
            ),
        },
    ),
}
