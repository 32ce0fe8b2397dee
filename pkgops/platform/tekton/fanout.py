"""The TaskRuns of a Pipeline's task with a ``matrix``: their number, names and parameters. Pure.

Source: ``pkg/apis/pipeline/v1/matrix_types.go`` and ``getNewRunNames`` in
``pkg/reconciler/pipelinerun/resources/pipelinerunresolution.go``.
"""

from __future__ import annotations

from math import prod

from pkgops.kube import Obj
from pkgops.platform.names import MAX_NAME, child_name
from pkgops.platform.tekton.params import value_type
from pkgops.platform.tekton.permanenterror import PermanentError
from pkgops.platform.tekton.pipelinegraph import RESULT
from pkgops.platform.tekton.references import quoted

Combination = dict[str, str]


def is_matrixed(task: Obj) -> bool:
    """Return whether a task has a matrix that is not empty."""
    matrix = task.get("matrix") or {}
    return bool(matrix.get("params") or matrix.get("include"))


def combinations(task: Obj) -> list[list[Obj]]:
    """Return the parameters of each TaskRun from the matrix; without a matrix a single empty list."""
    if not is_matrixed(task):
        return [[]]
    return [
        [{"name": name, "value": combination[name]} for name in sorted(combination)]
        for combination in _fan_out(task["matrix"])
    ]


def count(task: Obj) -> int:
    """Return the number of TaskRuns of a task as Tekton counts them before parameters are resolved.

    For ``include`` that number may differ from the number of combinations.
    """
    if not is_matrixed(task):
        return 1
    params, included = _arrays(task["matrix"]), _included(task["matrix"])
    if not params:
        return len(included)
    added = sum(_added(params, extra) for extra in included)
    return prod(len(values) or 1 for values in params.values()) + added


def names(run_name: str, task_name: str, number: int) -> list[str]:
    """Return the names of a task's TaskRuns; of several each ends with its index."""
    if number == 1:
        return [child_name(run_name, f"-{task_name}")]
    return [_numbered(run_name, task_name, index, number) for index in range(number)]


def has_empty_array(task: Obj) -> bool:
    """Return whether a parameter of the matrix is an empty array, so that the task is skipped."""
    params = (task.get("matrix") or {}).get("params") or []
    return is_matrixed(task) and any(entry.get("value") == [] for entry in params)


def check_types(task: Obj) -> None:
    """Check the types of a matrix's values after all references are replaced.

    Raises:
        PermanentError: a parameter is not an array, or one of ``include`` is not a string.
    """
    matrix = task.get("matrix") or {}
    included = [entry for part in matrix.get("include") or [] for entry in part.get("params") or []]
    checked = [(entry, "string") for entry in included]
    checked += [(entry, "array") for entry in matrix.get("params") or []]
    for entry, expected in checked:
        actual = value_type(entry.get("value", ""))
        if actual == expected or (expected == "array" and RESULT.search(str(entry.get("value", "")))):
            continue
        text = (
            f'[User error] parameters of type {expected} only are allowed, but param "{entry["name"]}" has '
            f'type "{actual}" in pipelineTask "{task["name"]}"'
        )
        # Tekton formats this message without its last argument.
        message = f"Failed to validate matrix {quoted(text)} with error %!v(MISSING)"
        raise PermanentError("InvalidMatrixParameterTypes", message)


def _fan_out(matrix: Obj) -> list[Combination]:
    included = _included(matrix)
    if not matrix.get("params"):
        return included
    result: list[Combination] = []
    for name, values in _arrays(matrix).items():
        result = [{**combination, name: value} for value in values for combination in (result or [{}])]
    for combination in result:
        for extra in included:
            if all(combination.get(name, value) == value for name, value in extra.items()):
                combination.update(extra)
    for extra in included:
        known = any(combination.get(name) == value for combination in result for name, value in extra.items())
        if extra and not known:
            result.append(extra)
    return result


def _arrays(matrix: Obj) -> dict[str, list[str]]:
    entries = matrix.get("params") or []
    return {str(entry.get("name") or ""): _texts(entry.get("value", "")) for entry in entries}


def _texts(value: object) -> list[str]:
    return [str(item) for item in value] if isinstance(value, list) else []


def _included(matrix: Obj) -> list[Combination]:
    return [
        {str(entry.get("name") or ""): str(entry.get("value", "")) for entry in part.get("params") or []}
        for part in matrix.get("include") or []
    ]


def _added(params: dict[str, list[str]], extra: Combination) -> int:
    added = 0
    for name, value in extra.items():
        if name in params:
            if value in params[name]:
                return added
            added += 1
    return added


def _numbered(run_name: str, task_name: str, index: int, number: int) -> str:
    name, suffix = child_name(run_name, f"-{task_name}-{index}"), f"-{index}"
    if name.endswith(suffix):
        return name
    # A name that was shortened to its digest does not end with the index.
    return child_name(run_name, f"-{task_name}")[: MAX_NAME - len(f"-{number}")] + suffix
