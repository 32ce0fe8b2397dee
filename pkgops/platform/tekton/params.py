"""Parameters of a Task: their values, validation, and variables. Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any

from pkgops.kube import Obj
from pkgops.platform.tekton.permanenterror import PermanentError
from pkgops.platform.tekton.substitution import Variables

VALIDATION = "TaskRunValidationFailed"
_INDEX = re.compile(r"""\$\(params(?:\.([_a-zA-Z0-9.-]+)|\[\\?['"]([^'"\\]+)\\?['"]\])\[([0-9]+)\]\)""")


def type_of(spec: Obj) -> str:
    """Return a declared parameter's type; where it has none, that of its default, else ``string``."""
    if spec.get("type"):
        return str(spec["type"])
    if spec.get("properties"):
        return "object"
    return value_type(spec.get("default", ""))


def resolve_params(task: str, declared: Iterable[Obj], given: Iterable[Obj]) -> dict[str, Any]:
    """Return each declared parameter's value: the TaskRun's, else the Task's default.

    Parameters that the Task does not declare are ignored, as in Tekton.

    Raises:
        PermanentError: a value is missing, of the wrong type, incomplete or not among those allowed.
    """
    values = {entry["name"]: entry.get("value", "") for entry in given}
    specs = {spec["name"]: spec for spec in declared}
    _require(task, specs, values)
    _check_types(task, specs, values)
    _check_keys(task, specs, values)
    _check_enums(specs, values)
    return {name: _effective(spec, values) for name, spec in specs.items()}


def check_indexes(spec: Obj, params: Mapping[str, Any]) -> None:
    """Check the indexes with which a Task references items of arrays.

    Raises:
        PermanentError: an index is out of bounds.
    """
    used = {(match[0], match[1] or match[2], int(match[3])) for match in _INDEX.finditer(json.dumps(spec))}
    wrong = sorted(
        text.replace('\\"', '"')
        for text, name, index in used
        if isinstance(params.get(name), list) and index >= len(params[name])
    )
    if wrong:
        raise PermanentError(VALIDATION, f"[User error] non-existent param references:[{' '.join(wrong)}]")


def param_variables(params: Mapping[str, Any], prefix: str = "params") -> Variables:
    """Return ``PREFIX.NAME``, ``PREFIX['NAME']`` and ``PREFIX["NAME"]`` with their array and object forms."""
    strings: dict[str, str] = {}
    arrays: dict[str, list[str]] = {}
    for name, value in params.items():
        for form in (f"{prefix}.{name}", f"{prefix}['{name}']", f'{prefix}["{name}"]'):
            _add(form, value, strings, arrays)
    return Variables(strings, arrays)


def as_text(value: Any) -> str:
    """Return a scalar as Tekton decodes it: a string unchanged, any other value as JSON."""
    return value if isinstance(value, str) else json.dumps(value)


def _add(form: str, value: Any, strings: dict[str, str], arrays: dict[str, list[str]]) -> None:
    if isinstance(value, list):
        items = [as_text(item) for item in value]
        arrays[form] = arrays[f"{form}[*]"] = items
        strings.update({f"{form}[{index}]": item for index, item in enumerate(items)})
    elif isinstance(value, dict):
        strings.update({f"{form}.{key}": as_text(item) for key, item in value.items()})
    else:
        strings[form] = as_text(value)


def _effective(spec: Obj, values: Mapping[str, Any]) -> Any:
    value = values.get(spec["name"], spec.get("default", ""))
    default = spec.get("default")
    if isinstance(value, dict) and isinstance(default, dict):
        return {**default, **value}
    return value


def value_type(value: Any) -> str:
    """Return the type of a value: ``string``, ``array`` or ``object``."""
    if isinstance(value, list):
        return "array"
    return "object" if isinstance(value, dict) else "string"


def task_param_problem(task: Obj, declared: Iterable[Obj]) -> str:
    """Return why the parameters of a Pipeline's task are not valid for its Task; empty if they are.

    A string with a reference may become an array or object; the parameters of a matrix are strings.
    """
    specs = {entry["name"]: entry for entry in declared}
    matrix = task.get("matrix") or {}
    fanned = [
        entry for part in [matrix, *(matrix.get("include") or [])] for entry in part.get("params") or []
    ]
    given = list(task.get("params") or [])
    names = {entry["name"] for entry in [*given, *fanned]}
    missing = [name for name, spec in specs.items() if name not in names and "default" not in spec]
    if missing:
        return f"missing values for these params which have no default values: [{' '.join(missing)}]"
    wrong = [entry["name"] for entry in given if entry["name"] in specs and not _may_have_type(entry, specs)]
    wrong += [entry["name"] for entry in fanned if type_of(specs.get(entry["name"], {})) != "string"]
    return f"param types don't match the user-specified type: [{' '.join(wrong)}]" if wrong else ""


def _may_have_type(entry: Obj, specs: Mapping[str, Obj]) -> bool:
    value, wanted_type = entry.get("value", ""), type_of(specs[entry["name"]])
    return value_type(value) == wanted_type or (
        isinstance(value, str) and "$(" in value and wanted_type != "string"
    )


def _require(task: str, specs: Mapping[str, Obj], values: Mapping[str, Any]) -> None:
    missing = [name for name, spec in specs.items() if name not in values and "default" not in spec]
    if missing:
        raise _invalid(
            task, f"missing values for these params which have no default values: [{' '.join(missing)}]"
        )


def _check_types(task: str, specs: Mapping[str, Obj], values: Mapping[str, Any]) -> None:
    wrong = [
        name for name, value in values.items() if name in specs and value_type(value) != type_of(specs[name])
    ]
    if wrong:
        raise _invalid(task, f"param types don't match the user-specified type: [{' '.join(wrong)}]")


def _check_keys(task: str, specs: Mapping[str, Obj], values: Mapping[str, Any]) -> None:
    missing: dict[str, list[str]] = {}
    for name, spec in specs.items():
        value = _effective(spec, values)
        lacking = [
            key for key in spec.get("properties") or {} if not isinstance(value, dict) or key not in value
        ]
        if lacking:
            missing[name] = lacking
    if missing:
        listed = " ".join(f"{name}:[{' '.join(keys)}]" for name, keys in missing.items())
        raise _invalid(
            task, f"missing keys for these params which are required in ParamSpec's properties map[{listed}]"
        )


def _check_enums(specs: Mapping[str, Obj], values: Mapping[str, Any]) -> None:
    for name, spec in specs.items():
        value = values.get(name, spec.get("default"))
        if spec.get("enum") and value not in spec["enum"]:
            message = f"[User error] param `{name}` value: `{value}` is not in the enum list"
            raise PermanentError("InvalidParamValue", message)


def _invalid(task: str, why: str) -> PermanentError:
    return PermanentError(VALIDATION, f"[User error] invalid input params for task {task}: {why}")
