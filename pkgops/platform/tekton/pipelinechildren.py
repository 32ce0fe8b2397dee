"""The TaskRuns of a PipelineRun. Pure.

Source: ``createTaskRun`` and ``getTaskrunWorkspaces`` in ``pkg/reconciler/pipelinerun/pipelinerun.go``.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from typing import Any

from pkgops.kube import Obj
from pkgops.platform.durations import parse_duration
from pkgops.platform.owners import owner_reference
from pkgops.platform.tekton.fanout import check_types, combinations, count, names
from pkgops.platform.tekton.permanenterror import PermanentError
from pkgops.platform.tekton.tasks import API, LAST_APPLIED
from pkgops.platform.tekton.workspaces import claim_name

DEFAULT_TIMEOUT = "1h0m0s"
OF_RUN, OF_TASK, OF_PIPELINE = "tekton.dev/pipelineRun", "tekton.dev/pipelineTask", "tekton.dev/pipeline"
_OF_EMBEDDED_TASK = ("metadata", "apiVersion", "kind", "spec")
_OVERRIDES = ("stepSpecs", "sidecarSpecs", "computeResources")
_USED_WORKSPACE = re.compile(r"\$\(workspaces\.([^.()\s]+)\.")


def timeouts_of(run: Obj) -> dict[str, str]:
    """Return the timeouts of a PipelineRun, its tasks and its final tasks, without unlimited ones."""
    spec = run["spec"]
    given = spec.get("timeouts") or {}
    timeouts = {"pipeline": str(given.get("pipeline") or DEFAULT_TIMEOUT)}
    for key, other in (("tasks", "finally"), ("finally", "tasks")):
        if given.get(key) is not None:
            timeouts[key] = str(given[key])
        elif given.get(other) is not None:
            whole, part = parse_duration(timeouts["pipeline"]), parse_duration(str(given[other]))
            if whole and part:
                timeouts[key] = f"{whole - part:g}s"
    return {key: text for key, text in timeouts.items() if parse_duration(text)}


def task_runs(run: Obj, task: Obj, spec: Obj) -> list[Obj]:
    """Return the TaskRuns of a Pipeline's task: one, or of a matrix one for each of its combinations.

    Args:
        run: the PipelineRun, with the labels and annotations of its Pipeline.
        task: the task, with all references replaced.
        spec: the resolved Pipeline.

    Raises:
        PermanentError: a required workspace is not bound by the PipelineRun, or a value of a matrix has the
            wrong type.
    """
    check_types(task)
    number, given = count(task), combinations(task)
    # Tekton may count more TaskRuns than there are combinations; those have no parameters of the matrix.
    given += [[]] * (number - len(given))
    own = list(task.get("params") or [])
    return [
        _task_run(name, run, {**task, "params": [*params, *own]}, spec)
        for name, params in zip(names(run["metadata"]["name"], task["name"], number), given, strict=False)
    ]


def _task_run(run_name: str, run: Obj, task: Obj, spec: Obj) -> Obj:
    meta, name = run["metadata"], task["name"]
    template = run["spec"].get("taskRunTemplate") or {}
    own: Obj = next(
        (entry for entry in run["spec"].get("taskRunSpecs") or [] if entry.get("pipelineTaskName") == name),
        {},
    )
    embedded = dict(task.get("taskSpec") or {})
    extra = [embedded.get("metadata") or {}, own.get("metadata") or {}]
    annotations = {k: v for k, v in (meta.get("annotations") or {}).items() if k != LAST_APPLIED}
    labels = {
        **(meta.get("labels") or {}),
        OF_RUN: meta["name"],
        "tekton.dev/pipelineRunUID": meta["uid"],
        OF_TASK: name,
        "tekton.dev/memberOf": _member_of(spec, name),
    }
    for entry in extra:
        labels |= entry.get("labels") or {}
        annotations |= entry.get("annotations") or {}
    if task.get("onError") == "continue":
        annotations["pipeline.tekton.dev/pipeline-task-on-error"] = "continue"
    body: Obj = {
        "serviceAccountName": own.get("serviceAccountName")
        or template.get("serviceAccountName")
        or "default",
        "params": task.get("params") or [],
        "retries": task.get("retries"),
        "podTemplate": {**(template.get("podTemplate") or {}), **(own.get("podTemplate") or {})},
        "timeout": own.get("timeout") or task.get("timeout") or _timeout(run, _member_of(spec, name)),
        **{key: own.get(key) for key in _OVERRIDES},
    }
    bindings, declared = _workspaces(run, task, spec)
    if embedded:
        inline = {key: value for key, value in embedded.items() if key not in _OF_EMBEDDED_TASK}
        body["taskSpec"] = {**inline, **({"workspaces": declared} if declared else {})}
    else:
        body["taskRef"] = task["taskRef"]
    body["workspaces"] = bindings
    return {
        "apiVersion": API,
        "kind": "TaskRun",
        "metadata": {
            "name": run_name,
            "namespace": meta["namespace"],
            "labels": labels,
            "annotations": annotations,
            "ownerReferences": [owner_reference(run)],
        },
        "spec": {key: value for key, value in body.items() if value},
    }


def _member_of(spec: Obj, name: str) -> str:
    final = any(entry["name"] == name for entry in spec.get("finally") or [])
    return "finally" if final else "tasks"


def _timeout(run: Obj, member_of: str) -> str | None:
    """Return the timeout of the PipelineRun's (final) tasks if it is longer than a TaskRun's default."""
    text = timeouts_of(run).get(member_of, "")
    return text if text and parse_duration(text) > parse_duration(DEFAULT_TIMEOUT) else None


def _workspaces(run: Obj, task: Obj, spec: Obj) -> tuple[list[Obj], list[Obj]]:
    bound = {entry["name"]: entry for entry in run["spec"].get("workspaces") or []}
    optional = {entry["name"] for entry in spec.get("workspaces") or [] if entry.get("optional")}
    inline = task.get("taskSpec") or {}
    declared = list(inline.get("workspaces") or [])
    used = list(task.get("workspaces") or [])
    known = {entry["name"] for entry in used}
    # The workspaces that an embedded Task references are propagated to it.
    for name in _used(inline, declared):
        if name not in known and name in bound:
            used.append({"name": name})
        if name in bound and all(entry["name"] != name for entry in declared):
            declared.append({"name": name})
    bindings = []
    for entry in used:
        workspace = entry.get("workspace") or entry["name"]
        if workspace in bound:
            bindings.append(_binding(bound[workspace], entry, run["metadata"]["uid"]))
        elif workspace not in optional:
            raise PermanentError(
                "CreateRunFailed",
                f'expected workspace "{workspace}" to be provided by pipelinerun for pipeline task '
                f'"{task["name"]}"',
            )
    return bindings, declared


def _used(inline: Obj, declared: Iterable[Obj]) -> list[str]:
    referenced = _USED_WORKSPACE.findall(json.dumps(inline))
    return list(dict.fromkeys([*(entry["name"] for entry in declared), *referenced]))


def _binding(binding: Obj, usage: Obj, run_uid: str) -> Obj:
    result: dict[str, Any] = {**binding, "name": usage["name"]}
    if binding.get("volumeClaimTemplate"):
        result.pop("volumeClaimTemplate")
        result["persistentVolumeClaim"] = {"claimName": claim_name(binding, run_uid)}
    path = "/".join(part for part in (binding.get("subPath"), usage.get("subPath")) if part)
    if path:
        result["subPath"] = path
    return result
