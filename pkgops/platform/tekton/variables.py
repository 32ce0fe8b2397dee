"""The references that a TaskRun's steps may use, and the Task with them replaced. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from pkgops.kube import Obj
from pkgops.platform.tekton.params import check_indexes, param_variables, resolve_params, type_of
from pkgops.platform.tekton.substitution import Variables, substitute_tree
from pkgops.platform.tekton.workspaces import Workspace, resolve_workspaces, workspace_variables

RESULTS_DIR = "/tekton/results"
_SUBSTITUTED = ("steps", "stepTemplate", "sidecars", "volumes", "workspaces")


def container_of(step: Obj, index: int) -> str:
    """Return the name of a step's container."""
    return f"step-{step['name']}" if step.get("name") else f"step-unnamed-{index}"


def resolve_task(run: Obj, task: str, spec: Obj) -> tuple[Obj, list[Workspace]]:
    """Return the Task's spec with all references replaced, and its workspaces.

    Raises:
        PermanentError: the parameters or workspaces of the TaskRun are not valid for the Task.
    """
    given = run["spec"]
    params = resolve_params(task, spec.get("params") or [], given.get("params") or [])
    if given.get("taskSpec"):
        # An embedded Task may reference parameters of the TaskRun without declaring them.
        params = {entry["name"]: entry.get("value", "") for entry in given.get("params") or []} | params
    check_indexes(spec, params)
    passes = [param_variables(params), context_variables(run, task), file_variables(spec)]
    known = Variables().merged(*passes)
    bound = substitute_tree(given.get("workspaces") or [], known)
    declared = substitute_tree(spec.get("workspaces") or [], known)
    workspaces = resolve_workspaces(declared, bound, run["metadata"]["uid"])
    return substitute_spec(spec, [*passes, workspace_variables(workspaces)]), workspaces


def substitute_spec(spec: Obj, passes: Iterable[Variables]) -> Obj:
    """Return a Task's spec with references replaced in the fields in which Tekton does.

    ``step.results`` of each step are replaced too. The variables are replaced one set after another, as in
    Tekton: a parameter's value may reference a result's file or a workspace.
    """
    result: dict[str, Any] = {**spec}
    for variables in passes:
        for key in _SUBSTITUTED:
            if key in result:
                result[key] = substitute_tree(result[key], variables)
    result["steps"] = [
        substitute_tree(step, _own_variables(step, index))
        for index, step in enumerate(result.get("steps") or [])
    ]
    for key in ("params", "results"):
        if spec.get(key):
            result[key] = [{**entry, "type": type_of(entry)} for entry in spec[key]]
    return result


def context_variables(run: Obj, task: str) -> Variables:
    """Return ``context.*``: name, namespace and uid of the TaskRun, and its retry count."""
    meta = run["metadata"]
    retries = len((run.get("status") or {}).get("retriesStatus") or [])
    return Variables(
        {
            "context.taskRun.name": meta["name"],
            "context.taskRun.namespace": meta["namespace"],
            "context.taskRun.uid": meta["uid"],
            "context.task.name": task,
            "context.task.retry-count": str(retries),
        }
    )


def file_variables(spec: Obj) -> Variables:
    """Return the references to files below ``/tekton``."""
    strings = {"credentials.path": "/tekton/creds", "artifacts.path": "/tekton/artifacts/provenance.json"}
    for name in _names(spec.get("results")):
        for form in (f"results.{name}.path", f"results['{name}'].path", f'results["{name}"].path'):
            strings[form] = f"{RESULTS_DIR}/{name}"
    for index, step in enumerate(spec.get("steps") or []):
        container = container_of(step, index)
        strings[f"steps.{container}.exitCode.path"] = f"/tekton/steps/{container}/exitCode"
    return Variables(strings)


def _own_variables(step: Obj, index: int) -> Variables:
    base = f"/tekton/steps/{container_of(step, index)}"
    strings = {f"step.results.{name}.path": f"{base}/results/{name}" for name in _names(step.get("results"))}
    strings["step.artifacts.path"] = f"{base}/artifacts/provenance.json"
    return Variables(strings)


def _names(entries: Iterable[Obj] | None) -> list[str]:
    return [str(entry["name"]) for entry in entries or []]
