"""Tekton's validation of custom tasks: tasks of a Pipeline of another kind than Task. Pure.

Source: ``validateCustomTask`` and ``validateEmbeddedOrType`` in
``pkg/apis/pipeline/v1/pipeline_validation.go``.
"""

from __future__ import annotations

from pkgops.kube import Obj
from pkgops.platform.fielderrors import FieldError, invalid
from pkgops.platform.tekton.references import quoted

_REFERENCE_FIELDS = {"taskRef": "ref", "taskSpec": "spec"}


def is_custom(task: Obj) -> bool:
    """Return whether a task is a custom task: it has an API version, or a kind other than Task."""
    given = [task[key] for key in _REFERENCE_FIELDS if task.get(key) is not None]
    return any(entry.get("apiVersion") or entry.get("kind") not in (None, "", "Task") for entry in given)


def custom_task_errors(task: Obj) -> list[FieldError]:
    """Return the errors of a custom task."""
    errors = []
    for key, word in _REFERENCE_FIELDS.items():
        if task.get(key) is None:
            continue
        kind, version = str(task[key].get("kind") or ""), str(task[key].get("apiVersion") or "")
        if not kind:
            errors.append(invalid(f"custom task {word} must specify kind", f"{key}.kind"))
        if not version:
            errors.append(invalid(f"custom task {word} must specify apiVersion", f"{key}.apiVersion"))
        elif version.count("/") != 1 or not all(version.split("/")):
            text = f'invalid apiVersion format {quoted(version)}, must be in the format "group/version"'
            errors.append(invalid(text, f"{key}.apiVersion"))
    return errors


def embedded_errors(task: Obj) -> list[FieldError]:
    """Return an error for each field of a custom task that is set in an embedded Task."""
    spec = task.get("taskSpec") or {}
    return [
        FieldError(f"taskSpec.{key} cannot be specified when using taskSpec.steps", (f"taskSpec.{key}",))
        for key in ("apiVersion", "kind")
        if spec.get("steps") and spec.get(key)
    ]
