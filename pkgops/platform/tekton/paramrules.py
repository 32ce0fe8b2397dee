"""Tekton's validation of the parameters of a Task, and of their use in its steps. Pure.

Source: ``pkg/apis/pipeline/v1/task_validation.go`` and ``param_types.go``.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence

from pkgops.kube import Obj
from pkgops.platform.fielderrors import FieldError, below, invalid, missing
from pkgops.platform.tekton.params import type_of, value_type
from pkgops.platform.tekton.references import (
    Check,
    not_alone,
    prohibited,
    prohibited_as_whole,
    step_texts,
    unknown,
)

TYPES = ("string", "array", "object")
PLAIN_NAME, OBJECT_NAME = re.compile(r"[_a-zA-Z][_a-zA-Z0-9.-]*"), re.compile(r"[_a-zA-Z][_a-zA-Z0-9-]*")


def undeclared_errors(steps: Sequence[Obj], params: Sequence[Obj]) -> list[FieldError]:
    """Return the errors of references to parameters in steps, given all declared parameters."""
    names = {str(entry.get("name") or "") for entry in params}
    objects = [entry for entry in params if type_of(entry) == "object"]
    errors = unknown_in_steps(steps, "params", names)
    for entry in objects:
        prefix = rf"params\.{re.escape(entry['name'])}"
        errors += unknown_in_steps(steps, prefix, entry.get("properties") or {})
    whole = {entry["name"] for entry in objects}
    errors += _in_steps(steps, "params", whole, prohibited_as_whole, prohibited_as_whole)
    return errors + [
        missing(f"{entry['name']}.properties") for entry in objects if entry.get("properties") is None
    ]


def variable_errors(steps: Sequence[Obj], params: Sequence[Obj]) -> list[FieldError]:
    """Return the errors of the names of parameters, and of references to array parameters."""
    errors = repeated_names(params) + below("params", enum_errors(params)) + name_errors(params)
    arrays = {entry["name"] for entry in params if type_of(entry) == "array"}
    return errors + _in_steps(steps, "params", arrays, prohibited, not_alone)


def repeated_names(params: Iterable[Obj]) -> list[FieldError]:
    """Return an error for each name that is declared more than once."""
    names = [str(entry.get("name") or "") for entry in params]
    return [
        FieldError("parameter appears more than once", (f"params[{name}]",))
        for name in sorted({name for name in names if names.count(name) > 1})
    ]


def type_errors(params: Iterable[Obj]) -> list[FieldError]:
    """Return the errors of the types of declared parameters."""
    errors = []
    for entry in params:
        name, kind = entry.get("name") or "", type_of(entry)
        if kind not in TYPES:
            errors.append(invalid(kind, f"{name}.type"))
        elif "default" in entry and value_type(entry["default"]) != kind:
            text = f'"{kind}" type does not match default value\'s type: "{value_type(entry["default"])}"'
            errors.append(FieldError(text, (f"{name}.type", f"{name}.default.type")))
        else:
            wrong = " ".join(keys_not_of_type_string(entry))
            if wrong:
                text = f"The value type specified for these keys [{wrong}] is invalid"
                errors.append(FieldError(text, (f"{name}.properties",)))
    return errors


def repeated_errors(given: Iterable[Obj]) -> list[FieldError]:
    """Return an error for each parameter of a Pipeline's task whose name was used before."""
    seen: set[str] = set()
    errors = []
    for index, entry in enumerate(given):
        name = str(entry.get("name") or "")
        if name in seen:
            text = f'parameter names must be unique, the parameter "{name}" is also defined at'
            errors.append(FieldError(text, (f"[{index}].name",)))
        seen.add(name)
    return errors


def keys_not_of_type_string(entry: Obj) -> list[str]:
    """Return the keys of an object parameter or result whose type is not ``string``."""
    properties = entry.get("properties") or {}
    return [key for key, value in properties.items() if ((value or {}).get("type") or "string") != "string"]


def unknown_in_steps(steps: Iterable[Obj], prefix: str, names: Collection[str]) -> list[FieldError]:
    """Return an error for each text of a step that references a variable that is not among ``names``."""
    errors: list[FieldError] = []
    for index, step in enumerate(steps):
        texts = [*step_texts(step, mounts=("name", "MountPath", "SubPath"))]
        texts.append(("onError", str(step.get("onError") or ""), False))
        for path, text, _ in texts:
            errors += below(f"steps[{index}].{path}", unknown(text, prefix, names))
    return errors


def _in_steps(
    steps: Iterable[Obj], prefix: str, names: Collection[str], of_text: Check, of_item: Check
) -> list[FieldError]:
    """Return the errors of all texts of steps; as in Tekton, each step's path prefixes earlier errors too."""
    errors: list[FieldError] = []
    for index, step in enumerate(steps):
        for path, text, is_item in step_texts(step, mounts=("name", "mountPath", "subPath")):
            errors += below(path, (of_item if is_item else of_text)(text, prefix, names))
        errors = below(f"steps[{index}]", errors)
    return errors


def enum_errors(params: Iterable[Obj]) -> list[FieldError]:
    """Return the errors of ``enum`` of parameters, which requires a feature flag."""
    errors = []
    for entry in params:
        allowed, place = entry.get("enum") or [], f"[{entry.get('name')}]"
        if not allowed:
            continue
        texts = ["feature flag `enable-param-enum` should be set to true to use Enum"]
        if type_of(entry) != "string":
            texts.append("enum can only be set with string type param")
        duplicates = sorted({value for value in allowed if allowed.count(value) > 1})
        texts += [f"parameter enum value {value} appears more than once" for value in duplicates]
        default = entry.get("default")
        if isinstance(default, str) and default and default not in allowed:
            texts.append(f"param default value {default} not in the enum list")
        errors += [FieldError(text, (place,)) for text in texts]
    return errors


def name_errors(params: Iterable[Obj]) -> list[FieldError]:
    """Return the errors of the format of parameter names, and of the keys of objects."""
    plain: list[str] = []
    objects: dict[str, list[str]] = {}
    for entry in params:
        name = str(entry.get("name") or "")
        if type_of(entry) != "object":
            plain += [] if PLAIN_NAME.fullmatch(name) else [name]
            continue
        keys = [key for key in entry.get("properties") or {} if not OBJECT_NAME.fullmatch(key)]
        if keys or not OBJECT_NAME.fullmatch(name):
            objects[name] = keys
    errors = []
    if plain:
        wrong = " ".join(sorted(set(plain)))
        text = f"The format of following array and string variable names is invalid: [{wrong}]"
        details = (
            "String/Array Names: \nMust only contain alphanumeric characters, hyphens (-), underscores (_), "
            "and dots (.)\nMust begin with a letter or an underscore (_)"
        )
        errors.append(FieldError(text, ("params",), details))
    if objects:
        shown = " ".join(f"{name}:[{' '.join(keys)}]" for name, keys in sorted(objects.items()))
        details = (
            "Object Names: \nMust only contain alphanumeric characters, hyphens (-), underscores (_) \nMust "
            "begin with a letter or an underscore (_)"
        )
        text = f"Object param name and key name format is invalid: map[{shown}]"
        errors.append(FieldError(text, ("params",), details))
    return errors
