"""Tekton's validation of the ``matrix`` of a Pipeline's task. Pure.

Source: ``validateMatrix`` in ``pkg/apis/pipeline/v1/pipeline_validation.go`` and ``matrix_types.go``.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence

from pkgops.kube import Obj
from pkgops.platform.fielderrors import FieldError, below, invalid, out_of_bounds, several_of
from pkgops.platform.tekton.fanout import count, is_matrixed
from pkgops.platform.tekton.paramrules import repeated_errors

MAX_COMBINATIONS = 256
"""Tekton's default for ``default-max-matrix-combinations-count``."""

_RESULT = re.compile(r"\$\(((?:tasks|finally)\.([^.()\s]+)\.results\.([^()]+))\)")


def matrix_errors(tasks: Sequence[Obj]) -> list[FieldError]:
    """Return the errors of the matrices of tasks, and of the use of their results."""
    errors: list[FieldError] = []
    for index, task in enumerate(tasks):
        errors += below(f"[{index}]", _errors_of(task))
    return errors + _consumption_errors(tasks)


def matrix_texts(matrix: Obj) -> Iterator[tuple[str, str]]:
    """Yield path and text of each value of a matrix that may contain references."""
    for part in matrix.get("include") or []:
        for index, entry in enumerate(part.get("params") or []):
            yield f"matrix.include.params[{index}]", str(entry.get("value", ""))
    for entry in matrix.get("params") or []:
        value = entry.get("value", "")
        for index, text in enumerate(value if isinstance(value, list) else []):
            yield f"matrix.params[{entry.get('name')}].value[{index}]", str(text)


def _errors_of(task: Obj) -> list[FieldError]:
    matrix, errors = task.get("matrix") or {}, list[FieldError]()
    if is_matrixed(task):
        number = count(task)
        if number > MAX_COMBINATIONS:
            errors.append(out_of_bounds(number, 0, MAX_COMBINATIONS, "matrix"))
        for index, part in enumerate(matrix.get("include") or []):
            errors += below(f"matrix.include[{index}].params", repeated_errors(part.get("params") or []))
        errors += below("matrix.params", repeated_errors(matrix.get("params") or []))
    names = {
        entry.get("name")
        for part in [matrix, *(matrix.get("include") or [])]
        for entry in part.get("params") or []
    }
    return errors + [
        several_of(f"matrix[{entry['name']}]", f"params[{entry['name']}]")
        for entry in task.get("params") or []
        if entry.get("name") in names
    ]


def _consumption_errors(tasks: Sequence[Obj]) -> list[FieldError]:
    """Return the errors of parameters that use results of tasks with a matrix.

    As in Tekton, only the types of the results in the last of these parameters are checked.
    """
    named = {task.get("name"): task for task in tasks}
    used: list[tuple[str, str]] = []
    for task in tasks:
        for entry in task.get("params") or []:
            references = _RESULT.findall(json.dumps(entry.get("value", "")))
            if not references:
                continue
            consumed = [reference for reference in references if is_matrixed(named.get(reference[1], {}))]
            single = [reference for reference, _, _ in consumed if not reference.endswith("[*]")]
            if single:
                text = (
                    "A matrixed pipelineTask can only be consumed in aggregate using [*] notation, but is "
                    "currently set to "
                )
                return [FieldError(text + reference) for reference in single]
            used = [(name, result.removesuffix("[*]")) for _, name, result in consumed]
    return [error for name, result in used for error in _type_errors(named[name], result)]


def _type_errors(task: Obj, result: str) -> list[FieldError]:
    declared = (task.get("taskSpec") or {}).get("results") or []
    return [
        invalid(
            "Matrixed PipelineTasks emitting results must have an underlying type string, but result "
            f"{result} has type {entry['type']} in pipelineTask",
            "",
        )
        for entry in declared
        if entry.get("name") == result and (entry.get("type") or "string") != "string"
    ]
