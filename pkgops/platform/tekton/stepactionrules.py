"""Tekton's validation of a StepAction. Pure.

Source: ``pkg/apis/pipeline/v1beta1/stepaction_validation.go``; that of ``v1alpha1`` has an additional rule.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Sequence

from pkgops.kube import Obj
from pkgops.platform.fielderrors import FieldError, below, invalid, missing
from pkgops.platform.tekton.paramrules import name_errors, repeated_names, type_errors
from pkgops.platform.tekton.params import type_of
from pkgops.platform.tekton.references import (
    Check,
    not_alone,
    prohibited,
    prohibited_as_whole,
    quoted,
    references,
    unknown,
)
from pkgops.platform.tekton.steprules import flag_off, script_errors, step_result_errors


def step_action_errors(spec: Obj, version: str = "") -> list[FieldError]:
    """Return the errors of a StepAction's spec by the rules of an API version."""
    params, script = spec.get("params") or [], str(spec.get("script") or "")
    errors = ([] if spec.get("image") else [missing("Image")]) + script_errors(spec)
    if script.strip().startswith("#!win"):
        errors.append(flag_off("windows script support"))
    if references(script, "params"):
        errors.append(FieldError("param substitution in scripts is not allowed.", ("script",)))
    errors += _usage_errors(spec, params) + below("params", type_errors(params))
    errors += repeated_names(params) + name_errors(params)
    arrays = {str(entry.get("name") or "") for entry in params if type_of(entry) == "array"}
    errors += _in_texts(spec, "params", arrays, prohibited, not_alone)
    if version.endswith("/v1alpha1"):
        errors += _default_errors(params)
    results = spec.get("results") or []
    written = {str(entry.get("name") or "") for entry in results}
    for prefix in (r"step\.results", "results"):
        errors += below("script", unknown(script, prefix, written))
    for index, entry in enumerate(results):
        errors += below(f"results[{index}]", step_result_errors(entry))
    return errors + below("volumeMounts", _mount_errors(spec.get("volumeMounts") or [], params))


def _usage_errors(spec: Obj, params: Sequence[Obj]) -> list[FieldError]:
    names = {str(entry.get("name") or "") for entry in params}
    objects = {
        str(entry.get("name") or ""): entry.get("properties")
        for entry in params
        if type_of(entry) == "object"
    }
    errors = _in_texts(spec, "params", names, unknown, unknown)
    for name, properties in objects.items():
        errors += _in_texts(spec, rf"params\.{re.escape(name)}", properties or {}, unknown, unknown)
    errors += _in_texts(spec, "params", objects, prohibited_as_whole, prohibited_as_whole)
    return errors + [missing(f"{name}.properties") for name, keys in objects.items() if keys is None]


def _in_texts(
    spec: Obj, prefix: str, names: Collection[str], of_text: Check, of_item: Check
) -> list[FieldError]:
    return [
        error.below(path)
        for path, text, is_item in _texts(spec)
        for error in (of_item if is_item else of_text)(text, prefix, names)
    ]


def _texts(spec: Obj) -> Iterator[tuple[str, str, bool]]:
    """Yield path and text of each field that is checked, and whether it is a list item."""
    for key in ("image", "script"):
        yield key, str(spec.get(key) or ""), False
    for key in ("command", "args"):
        for index, text in enumerate(spec.get(key) or []):
            yield f"{key}[{index}]", str(text), True
    for entry in spec.get("env") or []:
        yield f"env[{entry.get('name', '')}]", str(entry.get("value") or ""), False
    for index, mount in enumerate(spec.get("volumeMounts") or []):
        yield f"volumeMounts[{index}]", str(mount.get("name") or ""), False


def _mount_errors(mounts: Iterable[Obj], params: Iterable[Obj]) -> list[FieldError]:
    """Return the errors of volume mounts up to the first name that is not a reference to a parameter."""
    names = {str(entry.get("name") or "") for entry in params}
    errors: list[FieldError] = []
    for index, mount in enumerate(mounts):
        name = str(mount.get("name") or "")
        if references(name, "params") != [name]:
            error = invalid(name, f"[{index}].name", "expect the Name to be a single param reference")
            return [*errors, error]
        errors += below(f"[{index}]", unknown(name, "params", names))
    return errors


def _default_errors(params: Sequence[Obj]) -> list[FieldError]:
    """Return the errors of defaults that reference other parameters."""
    names = {str(entry.get("name") or "") for entry in params}
    resolved: set[str] = set()
    left: dict[str, set[str]] = {}
    errors = []
    for entry in params:
        name, default = str(entry.get("name") or ""), entry.get("default")
        used = references(default if isinstance(default, str) else "", "params")
        referenced = [reference.removeprefix("$(params.").removesuffix(")") for reference in used]
        absent = [other for other in referenced if other not in names]
        texts = [f"references param {quoted(other)} which is not defined" for other in absent]
        errors += [_of_default(name, text) for text in texts]
        if not referenced:
            resolved.add(name)
        elif not absent:
            left[name] = set(referenced)
    while ready := {name for name, referenced in left.items() if referenced <= resolved}:
        resolved |= ready
        left = {name: referenced for name, referenced in left.items() if name not in ready}
    return errors + [_of_default(name, "has a circular dependency") for name in sorted(left)]


def _of_default(name: str, problem: str) -> FieldError:
    return FieldError(f"param {quoted(name)} default value {problem}", ("params",))
