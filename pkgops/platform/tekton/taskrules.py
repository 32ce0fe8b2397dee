"""Tekton's validation of a Task's spec, with default feature flags. Pure.

Source: ``pkg/apis/pipeline/v1/task_validation.go`` and ``result_validation.go``.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable

from pkgops.kube import Obj
from pkgops.platform.fielderrors import FieldError, below, invalid, missing
from pkgops.platform.tekton.paramrules import (
    TYPES,
    keys_not_of_type_string,
    type_errors,
    unknown_in_steps,
    variable_errors,
)
from pkgops.platform.tekton.params import value_type
from pkgops.platform.tekton.references import quoted, unknown
from pkgops.platform.tekton.steprules import (
    DNS_LABEL,
    RESULT_NAME,
    RESULT_NAME_DETAILS,
    sidecar_errors,
    steps_errors,
)
from pkgops.platform.tekton.steps import merged_steps

CONTEXTS = {r"context\.taskRun": {"name", "namespace", "uid"}, r"context\.task": {"name", "retry-count"}}
VALUE_OF_STEP = re.compile(r"\$\(steps\.(.*?)\.results\.(.*?)\)")


def task_errors(spec: Obj) -> list[FieldError]:
    """Return the errors of the spec of a Task, or of one embedded in a run."""
    steps, params = spec.get("steps") or [], spec.get("params") or []
    results = spec.get("results") or []
    template = spec.get("stepTemplate") or {}
    errors = [] if steps else [missing("steps")]
    errors += below("volumes", _volume_errors(spec.get("volumes") or []))
    errors += below("workspaces", _workspace_errors(spec.get("workspaces") or [], [*steps, template]))
    errors += _usage_errors(spec)
    # From here on the steps are checked with the fields of the template.
    steps = merged_steps(spec)
    errors += below("steps", steps_errors(steps))
    for sidecar in spec.get("sidecars") or []:
        errors += below("sidecars", sidecar_errors(sidecar))
    errors += below("params", type_errors(params))
    errors += variable_errors(steps, params)
    for prefix, names in CONTEXTS.items():
        errors += unknown_in_steps(steps, prefix, names)
    declared = {str(entry.get("name") or "") for entry in results}
    for index, step in enumerate(steps):
        wrong = unknown(str(step.get("script") or ""), "results", declared)
        errors += below(f"steps[{index}].script", wrong)
    for index, entry in enumerate(results):
        errors += below(f"results[{index}]", _result_errors(entry))
    return errors


def _volume_errors(volumes: Iterable[Obj]) -> list[FieldError]:
    names: set[str] = set()
    errors = []
    for index, volume in enumerate(volumes):
        name = str(volume.get("name") or "")
        if name in names:
            errors.append(FieldError(f"multiple volumes with same name {quoted(name)}", (f"[{index}].name",)))
        names.add(name)
    return errors


def _workspace_errors(workspaces: Iterable[Obj], mounting: Iterable[Obj]) -> list[FieldError]:
    paths = {
        posixpath.normpath(str(mount.get("mountPath") or ""))
        for entry in mounting
        for mount in entry.get("volumeMounts") or []
    }
    names: set[str] = set()
    errors = []
    for index, entry in enumerate(workspaces):
        name = str(entry.get("name") or "")
        if name in names:
            errors.append(FieldError(f"workspace name {quoted(name)} must be unique", (f"[{index}].name",)))
        names.add(name)
        path = posixpath.normpath(entry.get("mountPath") or f"/workspace/{name}")
        if path in paths:
            text = f"workspace mount path {quoted(path)} must be unique"
            errors.append(FieldError(text, (f"[{index}].mountpath",)))
        paths.add(path)
    return errors


def _usage_errors(spec: Obj) -> list[FieldError]:
    names = {entry.get("name") for entry in spec.get("workspaces") or []}
    return [
        FieldError(
            f"undefined workspace {quoted(str(usage.get('name') or ''))}",
            (f"{kind}[{at}].workspaces[{index}].name",),
        )
        for kind in ("steps", "sidecars")
        for at, container in enumerate(spec.get(kind) or [])
        for index, usage in enumerate(container.get("workspaces") or [])
        if usage.get("name") not in names
    ]


def _result_errors(result: Obj) -> list[FieldError]:
    name, kind = str(result.get("name") or ""), str(result.get("type") or "")
    if not RESULT_NAME.fullmatch(name):
        return [FieldError(f"invalid key name {quoted(name)}", ("name",), RESULT_NAME_DETAILS)]
    errors = []
    if kind == "object" and result.get("properties") is None:
        errors.append(missing(f"{name}.properties"))
    elif kind == "object" and keys_not_of_type_string(result):
        wrong = " ".join(keys_not_of_type_string(result))
        text = f"The value type specified for these keys [{wrong}] is invalid, the type must be string"
        errors.append(FieldError(text, (f"{name}.properties",)))
    elif kind not in ("", *TYPES):
        errors.append(invalid(kind, "type", "type must be string"))
    value = result.get("value")
    if value is not None and not isinstance(value, str):
        text = f'Invalid Type. Wanted string but got: "{value_type(value)}"'
        errors.append(FieldError(text, (f"{name}.type",)))
    elif value and not VALUE_OF_STEP.search(value):
        text = (
            "Could not extract step name and result name. Expected value to look like "
            f'$(steps.<stepName>.results.<resultName>) but got "{value}"'
        )
        errors.append(FieldError(text, (f"{name}.value",)))
    elif value:
        errors += below(f"{name}.value", _extracted_errors(str(value)))
    return errors


def _extracted_errors(value: str) -> list[FieldError]:
    """Return the errors of the names of step and result in the value of a Task's result."""
    match = VALUE_OF_STEP.search(value)
    step, result = (match[1], match[2]) if match else ("", "")
    form, errors = "in $(steps.<stepName>.results.<resultName>) must", list[FieldError]()
    if not DNS_LABEL.fullmatch(step):
        details = (
            f"stepName {form} be a valid DNS Label, For more info refer to "
            "https://kubernetes.io/docs/concepts/overview/working-with-objects/names/#names"
        )
        errors.append(FieldError(f"invalid extracted step name {quoted(step)}", ("",), details))
    if not RESULT_NAME.fullmatch(result):
        details = f"resultName {form}{RESULT_NAME_DETAILS.removeprefix('Name must')}"
        errors.append(FieldError(f"invalid extracted result name {quoted(result)}", ("",), details))
    return errors
