"""Tekton's validation of references to parameters, workspaces and variables in a Pipeline's tasks. Pure.

Source: ``pkg/apis/pipeline/v1/pipeline_validation.go``, ``pipelinerun_validation.go``, ``param_types.go``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from pkgops.kube import Obj
from pkgops.platform.fielderrors import FieldError, below, invalid
from pkgops.platform.tekton.paramrules import enum_errors, type_errors, undeclared_errors, variable_errors
from pkgops.platform.tekton.params import type_of
from pkgops.platform.tekton.references import (
    not_alone,
    prohibited,
    prohibited_as_whole,
    quoted,
    unknown,
)
from pkgops.platform.tekton.runrules import as_declared, combined
from pkgops.platform.tekton.steps import merged_steps

KINDS = ("tasks", "finally")
PREFIXES = ("params", "tasks", "finally", "context", "workspaces", "results")
VARIABLE = re.compile(r"\$\(([_a-zA-Z0-9.-]+(?:\.[_a-zA-Z0-9.-]+)*(?:\[(?:[0-9]+|\*)\])?)\)")
_WHOLE = re.compile(r"""\$\(params(?:\.[_a-zA-Z0-9.-]+\[\*\]|\[(["'])[_a-zA-Z0-9.-]+\[\*\]\1\])\)""")


def usage_errors(spec: Obj) -> list[FieldError]:
    """Return the errors of references to parameters and workspaces in the tasks of a Pipeline."""
    params = spec.get("params") or []
    errors: list[FieldError] = []
    for kind in KINDS:
        tasks = spec.get(kind) or []
        errors += below(kind, _param_errors(tasks, params))
        for index, task in enumerate(tasks):
            inline = task.get("taskSpec")
            if inline:
                known = [*(inline.get("params") or []), *params]
                errors += below(f"{kind}[{index}]", undeclared_errors(merged_steps(inline), known))
        errors += below(kind, _workspace_errors(tasks, spec.get("workspaces") or []))
    return errors


def run_usage_errors(spec: Obj, given: Sequence[Obj]) -> list[FieldError]:
    """Return the errors of references to parameters in the tasks of a PipelineRun's embedded Pipeline.

    Parameters of the run or a task may be referenced without a declaration; ``finally`` is not checked.
    """
    tasks = spec.get("tasks") or []
    known, errors = combined(
        {str(entry.get("name")): as_declared(entry) for entry in given}, spec.get("params") or []
    )
    for task in tasks:
        for entry in task.get("params") or []:
            name, other = str(entry.get("name") or ""), as_declared(entry)
            keys = {**(known.get(name) or other).get("properties", {}), **other.get("properties", {})}
            known[name] = {**(known.get(name) or other), **({"properties": keys} if keys else {})}
        known, more = combined(known, (task.get("taskSpec") or {}).get("params") or [])
        errors += more
    params = list(known.values())
    errors += below("params", [*type_errors(params), *enum_errors(params)]) if tasks else []
    for task in tasks:
        steps = merged_steps(task.get("taskSpec") or {})
        if steps:
            errors += [
                *type_errors(params),
                *variable_errors(steps, params),
                *undeclared_errors(steps, params),
            ]
    return errors + _param_errors(tasks, params)


def variable_prefix_errors(spec: Obj) -> list[FieldError]:
    """Return an error for each variable in a task without one of Tekton's prefixes."""
    return [
        invalid(
            f"invalid variable reference {quoted(f'$({name})')}, must start with a valid prefix: params, "
            "tasks, finally, context, workspaces, or results; if you meant a shell variable, "
            "use ${VAR} instead",
            f"{kind}[{index}].{path}",
        )
        for kind in KINDS
        for index, task in enumerate(spec.get(kind) or [])
        for path, text in _texts(task)
        for name in VARIABLE.findall(text)
        if name.partition(".")[0] not in PREFIXES
    ]


def _texts(task: Obj) -> Iterator[tuple[str, str]]:
    """Yield path and text of each value of a task that may contain variables."""
    matrix = task.get("matrix") or {}
    given = [(f"params[{param.get('name')}].value", param) for param in task.get("params") or []]
    given += [(f"matrix.params[{param.get('name')}].value", param) for param in matrix.get("params") or []]
    for index, part in enumerate(matrix.get("include") or []):
        place = f"matrix.include[{index}].params"
        given += [(f"{place}[{param.get('name')}].value", param) for param in part.get("params") or []]
    for path, param in given:
        yield from ((path, text) for text in strings(param.get("value", "")))
    for index, entry in enumerate(task.get("when") or []):
        texts = [entry.get("input") or "", entry.get("cel") or "", *(entry.get("values") or [])]
        yield from ((f"when[{index}]", str(text)) for text in texts)


def _workspace_errors(tasks: Sequence[Obj], workspaces: Sequence[Obj]) -> list[FieldError]:
    names = {entry.get("name") for entry in workspaces}
    errors = []
    for index, task in enumerate(tasks):
        seen: set[str] = set()
        for at, usage in enumerate(task.get("workspaces") or []):
            place, name = f"[{index}].workspaces[{at}]", str(usage.get("name") or "")
            if name in seen:
                errors.append(FieldError(f"workspace name {quoted(name)} must be unique", (place,)))
            seen.add(name)
            workspace = usage.get("workspace") or name
            if workspace not in names:
                task_text = f"pipeline task {quoted(str(task.get('name') or ''))}"
                text = f"expects workspace with name {quoted(workspace)} but none exists in pipeline spec"
                errors.append(invalid(f"{task_text} {text}", place))
    return errors


class _ParamReferences:
    """Checks references to parameters by the types of the declared ones."""

    def __init__(self, params: Sequence[Obj]) -> None:
        self.names = {str(param.get("name") or "") for param in params}
        self.arrays = {str(param.get("name") or "") for param in params if type_of(param) == "array"}
        self.keys: Mapping[str, list[str]] = {
            str(param.get("name") or ""): list(param.get("properties") or {})
            for param in params
            if type_of(param) == "object"
        }

    def text(self, text: str) -> list[FieldError]:
        """Return the errors of a text."""
        return [*self._any(text), *prohibited(text, "params", self.arrays)]

    def item(self, text: str) -> list[FieldError]:
        """Return the errors of a text that may be all items of an array."""
        return [*self._any(text), *not_alone(text, "params", self.arrays)]

    def value(self, text: str) -> list[FieldError]:
        """Return the errors of a text that may be a whole array or object."""
        return unknown(text, "params", self.names) if _WHOLE.fullmatch(text) else self.text(text)

    def _any(self, text: str) -> list[FieldError]:
        errors = unknown(text, "params", self.names)
        for name, keys in self.keys.items():
            errors += unknown(text, rf"params\.{name}", keys)
        return errors + prohibited_as_whole(text, "params", set(self.keys))


def _param_errors(tasks: Sequence[Obj], params: Sequence[Obj]) -> list[FieldError]:
    """Return the errors of references to parameters; paths start at a task's index."""
    known, errors = _ParamReferences(params), list[FieldError]()
    for index, task in enumerate(tasks):
        for entry in task.get("params") or []:
            errors += below(
                f"[{index}].params[{entry.get('name')}]", _of_value(known, entry.get("value", ""))
            )
        for path, error in _of_matrix(known, task.get("matrix") or {}):
            errors.append(error.below(f"[{index}].{path}"))
        for at, entry in enumerate(task.get("when") or []):
            place = f"[{index}].when[{at}]"
            errors += below(f"{place}.input", known.text(str(entry.get("input") or "")))
            for text in map(str, entry.get("values") or []):
                whole = text.removeprefix("$(params.").removesuffix("[*])") in known.arrays
                errors += below(f"{place}.values", known.item(text) if whole else known.text(text))
    return errors


def _of_value(known: _ParamReferences, value: object) -> list[FieldError]:
    if isinstance(value, dict):
        return [
            error
            for key, text in value.items()
            for error in below(f"properties[{key}]", known.text(str(text)))
        ]
    if isinstance(value, list):
        return [
            error for at, text in enumerate(value) for error in below(f"value[{at}]", known.item(str(text)))
        ]
    return known.value(str(value))


def _of_matrix(known: _ParamReferences, matrix: Obj) -> Iterator[tuple[str, FieldError]]:
    for part in matrix.get("include") or []:
        for at, entry in enumerate(part.get("params") or []):
            for error in known.text(str(entry.get("value", ""))):
                yield f"matrix.include.params[{at}]", error
    for entry in matrix.get("params") or []:
        value = entry.get("value", "")
        for at, text in enumerate(value if isinstance(value, list) else []):
            for error in known.item(str(text)):
                yield f"matrix.params[{entry.get('name')}].value[{at}]", error


def strings(value: object) -> list[str]:
    """Return the strings in a parameter's value."""
    if isinstance(value, dict):
        return [str(text) for text in value.values()]
    return [str(text) for text in value] if isinstance(value, list) else [str(value)]
