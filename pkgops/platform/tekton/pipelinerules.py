"""Tekton's validation of a Pipeline, with default feature flags. Pure.

Source: ``pkg/apis/pipeline/v1/pipeline_validation.go`` and ``pkg/reconciler/pipeline/dag``.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

from pkgops.kube import Obj
from pkgops.platform.fielderrors import FieldError, below, invalid
from pkgops.platform.tekton.customtaskrules import custom_task_errors, embedded_errors, is_custom
from pkgops.platform.tekton.matrixrules import matrix_errors, matrix_texts
from pkgops.platform.tekton.paramrules import (
    enum_errors,
    repeated_errors,
    repeated_names,
    type_errors,
)
from pkgops.platform.tekton.pipelinegraph import RESULT, cycle, parents, result_references
from pkgops.platform.tekton.pipelineusage import KINDS, VARIABLE, strings, variable_prefix_errors
from pkgops.platform.tekton.references import quoted, unknown
from pkgops.platform.tekton.refrules import ref_errors, when_errors
from pkgops.platform.tekton.steprules import ARTIFACT_OF_TASK, DNS_LABEL, NO_ARTIFACTS, flag_off
from pkgops.platform.tekton.taskrules import task_errors

CONTEXTS = {
    r"context\.pipelineRun": {"name", "namespace", "uid"},
    r"context\.pipeline": {"name"},
    r"context\.pipelineTask": {"retries"},
}
OF_A_TASK = re.compile(r"(tasks|finally)\.[^.]+\.results\.")
STATE = re.compile(r"\$\(tasks\.(?:([^.()\s]+)\.)?(status|reason)\)")
REFERENCE_FIELDS = ("taskRef", "taskSpec", "pipelineRef", "pipelineSpec")
_NAME_DETAILS = (
    "Pipeline Task name must be a valid DNS Label.For more info refer to "
    "https://kubernetes.io/docs/concepts/overview/working-with-objects/names/#names"
)


def pipeline_errors(spec: Obj) -> list[FieldError]:
    """Return the errors of the spec of a Pipeline, or of one embedded in a PipelineRun."""
    tasks, final = spec.get("tasks") or [], spec.get("finally") or []
    if not any(spec.values()):
        fields = ("description", "params", "resources", "tasks", "workspaces")
        return [FieldError("expected at least one, got none", fields)]
    names: set[str] = set()
    errors: list[FieldError] = []
    for kind in KINDS:
        for index, task in enumerate(spec.get(kind) or []):
            place, name = f"{kind}[{index}]", str(task.get("name") or "")
            if name in names:
                errors.append(FieldError("expected exactly one, got both", (f"{place}.name",)))
            names.add(name)
            errors += below(place, _task_errors(task))
            errors += below(f"{place}.params", repeated_errors(task.get("params") or []))
        params = spec.get("params") or []
        errors += below(f"{kind}.params", [*type_errors(params), *enum_errors(params)])
        errors += below(kind, repeated_names(params))
        errors += below(kind, matrix_errors(spec.get(kind) or []))
    errors += _graph_errors(tasks) + _workspace_errors(spec.get("workspaces") or [])
    errors += _result_errors(spec) + _final_errors(tasks, final) + _state_errors(tasks, final)
    errors += _nested_result_errors(spec) + _artifact_errors(spec)
    if final and not tasks:
        errors.append(invalid(f"spec.tasks is empty but spec.finally has {len(final)} tasks", "finally"))
    for kind in KINDS:
        for prefix, known in CONTEXTS.items():
            for _, text in _texts(spec.get(kind) or [], ("params", "matrix")):
                errors += below(f"{kind}.value", unknown(text, prefix, known))
    return errors + variable_prefix_errors(spec)


def _task_errors(task: Obj) -> list[FieldError]:
    errors = []
    name = str(task.get("name") or "")
    if not DNS_LABEL.fullmatch(name):
        errors.append(FieldError(f"invalid value {quoted(name)}", ("name",), _NAME_DETAILS))
    errors += [flag_off(key) for key in ("pipelineRef", "pipelineSpec") if task.get(key) is not None]
    given = [key for key in REFERENCE_FIELDS if task.get(key) is not None]
    if len(given) > 1:
        errors.append(FieldError("expected exactly one, got multiple", tuple(given)))
    elif not given:
        errors.append(FieldError("expected exactly one, got neither", ("taskRef", "taskSpec")))
    errors += embedded_errors(task)
    on_error = task.get("onError") or ""
    if on_error and not on_error.startswith("$(params"):
        if on_error not in ("continue", "stopAndFail"):
            details = 'PipelineTask OnError must be either "continue" or "stopAndFail"'
            errors.append(invalid(on_error, "OnError", details))
        if on_error == "continue" and task.get("retries"):
            text = 'PipelineTask OnError cannot be set to "continue" when Retries is greater than 0'
            errors.append(FieldError(text))
    if is_custom(task):
        errors += custom_task_errors(task)
    else:
        errors += below("taskSpec", task_errors(task["taskSpec"])) if task.get("taskSpec") is not None else []
        errors += below("taskRef", ref_errors(task["taskRef"])) if task.get("taskRef") is not None else []
    if task.get("pipelineRef") is not None:
        errors += below("pipelineRef", ref_errors(task["pipelineRef"]))
    return errors + when_errors(task.get("when") or [])


def _graph_errors(tasks: Sequence[Obj]) -> list[FieldError]:
    named = [task for task in tasks if task.get("name")]
    names: set[str] = set()
    for task in tasks:
        name = str(task.get("name") or "")
        if name in names:
            text = f"task {name} is already present in Graph, can't add it again: duplicate pipeline task"
            return [invalid(text, "tasks")]
        names.add(name)
    graph = parents(named)
    circle = cycle(graph)
    if circle:
        first = circle[0]
        before = ", ".join(quoted(name) for name in sorted(set(graph[first]) & set(circle)))
        return [invalid(f"cycle detected; task {quoted(first)} depends on {before}", "tasks")]
    for task in named:
        name = task["name"]
        for other in [*(task.get("runAfter") or []), *(used for used, _ in result_references(task))]:
            if other not in names:
                text = f"task {name} depends on {other} but {other} wasn't present in Pipeline"
                return [invalid(f"couldn't add link between {name} and {other}: {text}", "tasks")]
    return []


def _workspace_errors(workspaces: Iterable[Obj]) -> list[FieldError]:
    seen: set[str] = set()
    errors = []
    for index, entry in enumerate(workspaces):
        name = str(entry.get("name") or "")
        if not name:
            errors.append(invalid(f"workspace {index} has empty name", f"workspaces[{index}]"))
        if name in seen:
            text = f"workspace with name {quoted(name)} appears more than once"
            errors.append(invalid(text, f"workspaces[{index}]"))
        seen.add(name)
    return errors


def _result_errors(spec: Obj) -> list[FieldError]:
    names = {kind: {str(task.get("name") or "") for task in spec.get(kind) or []} for kind in KINDS}
    errors = []
    for index, result in enumerate(spec.get("results") or []):
        value = result.get("value", "")
        text, place = json.dumps(value), f"results[{index}].value"
        expected = "expected pipeline results to be task result expressions but"
        variables = VARIABLE.findall(text)
        of_tasks = [name for name in variables if OF_A_TASK.match(name)]
        if not variables:
            errors.append(invalid(f"{expected} no expressions were found", place))
        if not of_tasks:
            errors.append(invalid(f"{expected} an invalid expressions was found", place))
        refs = [name for name in of_tasks if name.count(".") <= 4]
        if refs != of_tasks:
            problem = (
                f"expected all of the expressions [{' '.join(of_tasks)}] to be result expressions but only "
                f"[{' '.join(refs)}] were"
            )
            errors.append(invalid(problem, place))
        parts = [part for part in value.split("$") if part] if isinstance(value, str) else []
        if not all(_of_known_task(part, names) for part in parts):
            errors.append(invalid("referencing a nonexistent task", place))
    return errors


def _of_known_task(part: str, names: Mapping[str, Collection[str]]) -> bool:
    """Return whether the text after a dollar sign is exactly a reference to a result of an existing task."""
    kind, *rest = f"${part}".removeprefix("$(").removesuffix(")").split(".")
    return kind in names and 3 <= len(rest) <= 4 and rest[1] == "results" and rest[0] in names[kind]


def _final_errors(tasks: Sequence[Obj], final: Sequence[Obj]) -> list[FieldError]:
    first, last = ({task.get("name") for task in listed} for listed in (tasks, final))
    errors = []
    for index, task in enumerate(final):
        if task.get("runAfter"):
            text = f"no runAfter allowed under spec.finally, final task {task['name']} has runAfter specified"
            errors.append(invalid(text, f"finally[{index}]"))
    for path, text in _texts(final, ("params", "when")):
        for match in RESULT.finditer(text):
            prefix = "invalid task result reference, final task has task result reference from a"
            if match[1] in last:
                errors.append(invalid(f"{prefix} final task {match[1]}", f"finally{path}"))
            elif match[1] not in first:
                problem = f"{prefix} task {match[1]} which is not defined in the pipeline"
                errors.append(invalid(problem, f"finally{path}"))
    return errors


def _state_errors(tasks: Sequence[Obj], final: Sequence[Obj]) -> list[FieldError]:
    others = "any other pipeline task or aggregate status of tasks"
    problem = f"pipeline tasks can not refer to execution status of {others}"
    used = _texts(tasks, ("params", "when"))
    errors = [invalid(problem, f"tasks{path}") for path, text in used if _references_states(text)]
    names = {task.get("name") for task in tasks}
    for path, text in _texts(final, ("params", "when")):
        errors += [
            invalid(f"pipeline task {match[1]} is not defined in the pipeline", f"finally{path}")
            for match in STATE.finditer(text)
            if match[1] and match[1] not in names and _references_states(text)
        ]
    return errors


def _references_states(text: str) -> bool:
    """Return whether a text references the state of a task, and no result."""
    return bool(STATE.search(text)) and not RESULT.search(text)


def _nested_result_errors(spec: Obj) -> list[FieldError]:
    """Return the errors of references to results of child Pipelines, which Tekton does not propagate yet."""
    listed = [task for kind in KINDS for task in spec.get(kind) or []]
    nested = {task.get("name") for task in listed if {"pipelineRef", "pipelineSpec"} & task.keys()}
    return [
        invalid(
            f"result reference to pipelineTask {quoted(used)} is not supported: referenced task uses "
            "pipelineRef or pipelineSpec and result propagation from child Pipelines is not yet implemented",
            f"{kind}[{index}]",
        )
        for kind in KINDS
        for index, task in enumerate(spec.get(kind) or [])
        for used, _ in result_references(task)
        if used in nested
    ]


def _artifact_errors(spec: Obj) -> list[FieldError]:
    """Return the error of the first reference to another task's artifacts, which require a feature flag."""
    for kind in KINDS:
        for index, task in enumerate(spec.get(kind) or []):
            texts = [text for entry in task.get("params") or [] for text in strings(entry.get("value", ""))]
            if any(ARTIFACT_OF_TASK.search(text) for text in texts):
                return [FieldError(NO_ARTIFACTS, (f"{kind}[{index}].params",))]
    return []


def _texts(tasks: Iterable[Obj], keys: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    """Yield the path below the tasks, and the text, of each parameter and ``when``."""
    for index, task in enumerate(tasks):
        for entry in task.get("params") or [] if "params" in keys else []:
            for text in strings(entry.get("value", "")):
                yield f"[{index}].params[{entry.get('name')}].value", text
        for path, text in matrix_texts(task.get("matrix") or {} if "matrix" in keys else {}):
            yield f"[{index}].{path}", text
        for at, entry in enumerate(task.get("when") or [] if "when" in keys else []):
            for text in strings([entry.get("input") or "", *(entry.get("values") or [])]):
                yield f"[{index}].when[{at}]", text
