"""Tekton's validation of a TaskRun, with default feature flags. Pure.

Source: ``pkg/apis/pipeline/v1/taskrun_validation.go`` and ``workspace_validation.go``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from pkgops.kube import Obj
from pkgops.platform.durations import format_duration, parse_duration
from pkgops.platform.fielderrors import FieldError, below, invalid, missing
from pkgops.platform.tekton.paramrules import type_errors, undeclared_errors, variable_errors
from pkgops.platform.tekton.params import value_type
from pkgops.platform.tekton.refrules import duplicate_names, duplicate_params, ref_errors
from pkgops.platform.tekton.runstatus import is_done
from pkgops.platform.tekton.steprules import flag_off
from pkgops.platform.tekton.steps import merged_steps
from pkgops.platform.tekton.taskrules import task_errors

SOURCES = (
    "volumeClaimTemplate",
    "persistentVolumeClaim",
    "emptyDir",
    "configMap",
    "secret",
    "projected",
    "csi",
)
SOURCE_PATHS = ("persistentvolumeclaim", "volumeclaimtemplate", "emptydir", "configmap", "secret")
# The required field of a source, and its path in the message.
NEEDED = {
    "persistentVolumeClaim": ("claimName", "persistentvolumeclaim.claimname"),
    "configMap": ("name", "configmap.name"),
    "secret": ("secretName", "secret.secretName"),
    "projected": ("sources", "projected.sources"),
    "csi": ("driver", "csi.driver"),
}
STATES = ("TaskRunCancelled", "TaskRunPending")


def run_errors(run: Obj, old: Obj | None) -> list[FieldError]:
    """Return the errors of a TaskRun.

    Args:
        run: the TaskRun, with the webhook's defaults.
        old: the object before an update, else None.
    """
    return errors_of_run(run, old, "TaskRun", ("status", "statusMessage"), _spec_errors)


def errors_of_run(
    run: Obj,
    old: Obj | None,
    kind: str,
    changeable: Sequence[str],
    spec_errors: Callable[[Obj], list[FieldError]],
) -> list[FieldError]:
    """Return the errors of a run.

    Args:
        run: the run, with the webhook's defaults.
        old: the object before an update, else None.
        kind: its kind.
        changeable: the fields of its spec that may be updated once it has started.
        spec_errors: returns the errors of its spec; their paths start there.
    """
    spec, status = run.get("spec") or {}, run.get("status") or {}
    errors = []
    if spec.get("status") == f"{kind}Pending" and status.get("startTime"):
        errors.append(invalid(f"{kind} cannot be Pending after it is started", "spec.status"))
    if old is not None:
        errors += below("spec", _update_errors(spec, old, kind, changeable))
    return errors + below("spec", spec_errors(spec))


def _update_errors(spec: Obj, old: Obj, kind: str, changeable: Sequence[str]) -> list[FieldError]:
    before = old.get("spec") or {}
    errors = []
    if before.get("managedBy") != spec.get("managedBy"):
        errors.append(invalid("managedBy is immutable", "spec.managedBy"))
    if is_done(old):
        text = f"Once the {kind} is complete, no updates are allowed"
        return errors + ([] if before == spec else [invalid(text, "")])
    fixed, fixed_before = (
        {key: value for key, value in fields.items() if key not in {*changeable, "managedBy"}}
        for fields in (spec, before)
    )
    if fixed != fixed_before:
        text = f"Once the {kind} has started, only {' and '.join(changeable)} updates are allowed"
        errors.append(invalid(text, ""))
    return errors


def _spec_errors(spec: Obj) -> list[FieldError]:
    errors = one_of(spec, "taskRef", "taskSpec")
    if spec.get("taskRef") is not None:
        errors += below("taskRef", ref_errors(spec["taskRef"]))
    task = spec.get("taskSpec")
    if task is not None:
        errors += below("taskSpec", task_errors(task)) + _inline_errors(spec, task)
    errors += below("params", duplicate_params(spec.get("params") or []))
    errors += below("workspaces", _bindings_errors(spec.get("workspaces") or []))
    if spec.get("debug") is not None:
        errors += [flag_off("debug"), *below("debug.breakpoints", _breakpoint_errors(spec["debug"]))]
    for key in ("stepSpecs", "sidecarSpecs"):
        errors += below(key, override_errors(spec.get(key) or []))
    return errors + computed_twice(spec) + _state_errors(spec)


def _breakpoint_errors(debug: object) -> list[FieldError]:
    points = debug.get("breakpoints") if isinstance(debug, dict) else None
    if points is None:
        return []
    errors, failing = [], points.get("onFailure") or ""
    only = "onFailure breakpoint is only allowed to be set as enabled"
    if not failing:
        text = "onFailure breakpoint is empty, it is only allowed to be set as enabled"
        errors.append(invalid(text, "onFailure"))
    elif failing != "enabled":
        text = f"{failing} is not a valid onFailure breakpoint value, {only}"
        errors.append(invalid(text, "onFailure"))
    steps = points.get("beforeSteps") or []
    duplicate = "before step must be unique, the same step: {} is defined multiple times at"
    return errors + [
        FieldError(duplicate.format(step), (f"beforeSteps[{index}]",))
        for index, step in enumerate(steps)
        if step in steps[:index]
    ]


def computed_twice(spec: Obj) -> list[FieldError]:
    """Return the error of compute resources that are set for the run and for steps."""
    steps = (entry.get("computeResources") or {} for entry in spec.get("stepSpecs") or [])
    if spec.get("computeResources") is None or not any(any(own.values()) for own in steps):
        return []
    return [FieldError("expected exactly one, got both", ("stepSpecs.resources", "computeResources"))]


def _state_errors(spec: Obj) -> list[FieldError]:
    errors = []
    state, message = spec.get("status") or "", spec.get("statusMessage") or ""
    if state and state not in STATES:
        errors.append(invalid(f"{state} should be {STATES[0]} or {STATES[1]}", "status"))
    if message and not state:
        text = f"statusMessage should not be set if status is not set, but it is currently set to {message}"
        errors.append(invalid(text, "statusMessage"))
    if int(spec.get("retries") or 0) < 0:
        errors.append(invalid(f"{spec['retries']} should be >= 0", "retries"))
    seconds = parse_duration(str(spec.get("timeout") or "0"))
    if seconds < 0:
        errors.append(invalid(f"-{format_duration(-seconds)} should be >= 0", "timeout"))
    return errors


def one_of(spec: Obj, *keys: str) -> list[FieldError]:
    """Return the error of a spec that has not exactly one of some fields."""
    given = [key for key in keys if spec.get(key) is not None]
    if len(given) == 1:
        return []
    return [FieldError(f"expected exactly one, got {'both' if given else 'neither'}", keys)]


def _bindings_errors(bindings: list[Obj]) -> list[FieldError]:
    errors: list[FieldError] = []
    for index, binding in enumerate(bindings):
        errors += below(f"[{index}]", binding_errors(binding))
    return errors + duplicate_names(str(entry.get("name") or "") for entry in bindings)


def binding_errors(binding: Obj) -> list[FieldError]:
    """Return the errors of a workspace binding of a run."""
    if not binding:
        return [missing("")]
    given = [key for key in SOURCES if binding.get(key) is not None]
    if len(given) != 1:
        return [FieldError(f"expected exactly one, got {'both' if given else 'neither'}", SOURCE_PATHS)]
    field, path = NEEDED.get(given[0], ("", ""))
    return [missing(path)] if field and not binding[given[0]].get(field) else []


def override_errors(entries: Iterable[Obj]) -> list[FieldError]:
    """Return the errors of the names in ``stepSpecs`` or ``sidecarSpecs``; paths start at an index."""
    names = [str(entry.get("name") or "") for entry in entries]
    unnamed = [missing(f"[{index}].name") for index, name in enumerate(names) if not name]
    return unnamed + duplicate_names(name for name in names if name)


def _inline_errors(spec: Obj, task: Obj) -> list[FieldError]:
    """Return the errors of a TaskRun's embedded Task, which need not declare the TaskRun's parameters."""
    given = {str(entry.get("name") or ""): as_declared(entry) for entry in spec.get("params") or []}
    params, errors = combined(given, task.get("params") or [])
    known = list(params.values())
    steps = merged_steps(task)
    return [*errors, *type_errors(known), *variable_errors(steps, known), *undeclared_errors(steps, known)]


def combined(params: Mapping[str, Obj], declared: Iterable[Obj]) -> tuple[dict[str, Obj], list[FieldError]]:
    """Return parameters by name merged with the declared ones, and the errors of the keys of both."""
    result, errors = dict(params), list[FieldError]()
    for entry in declared:
        name = str(entry.get("name") or "")
        if name not in result:
            result[name] = entry
            continue
        needs_keys = isinstance(entry.get("default"), dict) or "properties" in result[name]
        if needs_keys and entry.get("properties") is None:
            errors.append(missing(f"{name}.properties"))
        elif "properties" in result[name]:
            result[name] = {**result[name], "properties": entry["properties"]}
    return result, errors


def as_declared(param: Obj) -> Obj:
    """Return the implicit declaration of a run's parameter."""
    value: Any = param.get("value", "")
    declared: Obj = {"name": param.get("name"), "type": value_type(value), "default": value}
    if isinstance(value, dict):
        declared["properties"] = {key: {"type": "string"} for key in value}
    return declared
