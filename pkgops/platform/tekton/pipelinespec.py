"""Resolve a Pipeline with the parameters, names and workspaces of its PipelineRun. Pure.

Source: ``pkg/reconciler/pipelinerun/resources/apply.go`` and ``validate_params.go``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from pkgops.kube import Obj
from pkgops.platform.tekton.params import param_variables, type_of, value_type
from pkgops.platform.tekton.permanenterror import PermanentError
from pkgops.platform.tekton.substitution import Variables, substitute, substitute_list, substitute_tree

VALIDATION_OF_PIPELINE = "PipelineValidationFailed"


@dataclass(frozen=True)
class Values:
    """The values of references in a Pipeline.

    Attributes:
        variables: the values of references to strings and to items of arrays.
        wholes: the values of references to a whole array or object, which may be the value of a parameter.
    """

    variables: Variables
    wholes: Mapping[str, Any]


def values_of(named: Mapping[str, Any], prefix: str, strings: Mapping[str, str]) -> Values:
    """Return the values of references with a prefix, and of other references.

    Args:
        named: strings, arrays and objects by name.
        prefix: ``params``, or ``tasks.NAME.results``.
        strings: other references with their texts.
    """
    values = param_variables(named, prefix)
    wholes = {
        f"{prefix}.{name}[*]": value for name, value in named.items() if isinstance(value, (list, dict))
    }
    return Values(values.merged(Variables(dict(strings))), wholes)


def merged(*values: Values) -> Values:
    """Return all values in one; later ones override earlier ones."""
    variables = Variables().merged(*(entry.variables for entry in values))
    return Values(variables, {key: value for entry in values for key, value in entry.wholes.items()})


def with_values(task: Obj, values: Values) -> Obj:
    """Return a Pipeline's task with references replaced in all its fields."""
    result = dict(task)
    if task.get("params"):
        result["params"] = _params(task["params"], values)
    if task.get("matrix"):
        result["matrix"] = _matrix(task["matrix"], values)
    if task.get("when"):
        result["when"] = [_when(entry, values.variables) for entry in task["when"]]
    for key in ("workspaces", "displayName", "onError"):
        if task.get(key):
            result[key] = substitute_tree(task[key], values.variables)
    if task.get("taskRef"):
        reference = substitute_tree(task["taskRef"], values.variables)
        result["taskRef"] = reference
    if task.get("taskSpec"):
        result["taskSpec"] = _propagated(task["taskSpec"], values.variables)
    return result


def _params(params: Iterable[Obj], values: Values) -> list[Obj]:
    return [{**entry, "value": _value(entry.get("value", ""), values)} for entry in params]


def _matrix(matrix: Obj, values: Values) -> Obj:
    result = dict(matrix)
    if matrix.get("params"):
        result["params"] = _params(matrix["params"], values)
    if matrix.get("include"):
        result["include"] = [
            {**part, "params": _params(part.get("params") or [], values)} for part in matrix["include"]
        ]
    return result


def _value(value: Any, values: Values) -> Any:
    if isinstance(value, str) and value.startswith("$(") and value[2:-1] in values.wholes:
        return values.wholes[value[2:-1]]
    if isinstance(value, list):
        return substitute_list(value, values.variables)
    if isinstance(value, dict):
        return {key: substitute(str(text), values.variables) for key, text in value.items()}
    return substitute(str(value), values.variables)


def _when(entry: Obj, variables: Variables) -> Obj:
    substituted = {**entry, "input": substitute(str(entry.get("input") or ""), variables)}
    if entry.get("values"):
        substituted["values"] = substitute_list(entry["values"], variables)
    return substituted


def _propagated(spec: Obj, variables: Variables) -> Obj:
    """Replace references in an embedded Task, except to parameters that it declares itself."""
    own = {f"params.{entry['name']}" for entry in spec.get("params") or []}

    def foreign(form: str) -> bool:
        return not any(form == name or form.startswith((f"{name}.", f"{name}[")) for name in own)

    left = Variables(
        {form: text for form, text in variables.strings.items() if foreign(form)},
        {form: items for form, items in variables.arrays.items() if foreign(form)},
    )
    result: Obj = substitute_tree(spec, left)
    return result


def resolved(run: Obj, name: str, spec: Obj) -> Obj:
    """Return a Pipeline's spec with the values of the PipelineRun.

    Raises:
        PermanentError: the parameters or workspaces of the PipelineRun are not valid for the Pipeline.
    """
    where = f"{run['metadata']['namespace']}/{run['metadata']['name']}"
    pipeline = f"{run['metadata']['namespace']}/{name}"
    given = {entry["name"]: entry.get("value", "") for entry in run["spec"].get("params") or []}
    declared = {entry["name"]: entry for entry in spec.get("params") or []}
    _check_params(where, pipeline, declared, given)
    bound = {entry["name"] for entry in run["spec"].get("workspaces") or []}
    for entry in spec.get("workspaces") or []:
        if not entry.get("optional") and entry["name"] not in bound:
            raise PermanentError(
                "InvalidWorkspaceBindings",
                f"PipelineRun {where} doesn't bind Pipeline {pipeline}'s Workspaces correctly: [User error] "
                f'pipeline requires workspace with name "{entry["name"]}" be provided by pipelinerun',
            )
    params = {key: _effective(entry, given) for key, entry in declared.items()}
    params |= {key: value for key, value in given.items() if key not in declared}
    strings = _contexts(run, name)
    for entry in spec.get("workspaces") or []:
        strings[f"workspaces.{entry['name']}.bound"] = "true" if entry["name"] in bound else "false"
    values = values_of(params, "params", strings)
    result = dict(spec)
    for key in ("tasks", "finally"):
        if spec.get(key):
            result[key] = [_with_task_values(task, values) for task in spec[key]]
    if spec.get("results"):
        result["results"] = substitute_tree(spec["results"], values.variables)
    return result


def _with_task_values(task: Obj, values: Values) -> Obj:
    own = Values(Variables({"context.pipelineTask.retries": str(task.get("retries") or 0)}), {})
    return with_values(task, merged(values, own))


def _contexts(run: Obj, name: str) -> dict[str, str]:
    meta = run["metadata"]
    return {
        "context.pipelineRun.name": meta["name"],
        "context.pipelineRun.namespace": meta["namespace"],
        "context.pipelineRun.uid": meta["uid"],
        "context.pipeline.name": name,
    }


def _effective(declared: Obj, given: Mapping[str, Any]) -> Any:
    value, default = given.get(declared["name"], declared.get("default", "")), declared.get("default")
    return {**default, **value} if isinstance(value, dict) and isinstance(default, dict) else value


def _check_params(where: str, pipeline: str, declared: Mapping[str, Obj], given: Mapping[str, Any]) -> None:
    absent = [name for name, entry in declared.items() if name not in given and "default" not in entry]
    if absent:
        raise PermanentError(
            "ParameterMissing",
            f"PipelineRun {where} is missing some parameters required by Pipeline {pipeline}: [User error] "
            f"pipelineRun missing parameters: [{' '.join(absent)}]",
        )
    wrong = [
        name
        for name, value in given.items()
        if name in declared and type_of(declared[name]) != value_type(value)
    ]
    if wrong:
        raise PermanentError(
            "ParameterTypeMismatch",
            f"PipelineRun {where} parameters have mismatching types with Pipeline {pipeline}'s parameters: "
            f"[User error] parameters have inconsistent types : [{' '.join(wrong)}]",
        )
    lacking = {
        name: keys
        for name, entry in declared.items()
        if (keys := [key for key in entry.get("properties") or {} if key not in _effective(entry, given)])
    }
    if lacking:
        shown = " ".join(f"{name}:[{' '.join(keys)}]" for name, keys in lacking.items())
        raise PermanentError(
            "ObjectParameterMissKeys",
            f"PipelineRun {where} parameters is missing object keys required by Pipeline {pipeline}'s "
            f"parameters: [User error] pipelineRun missing object keys for parameters: map[{shown}]",
        )
