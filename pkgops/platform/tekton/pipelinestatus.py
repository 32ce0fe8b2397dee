"""The status of a PipelineRun. Pure.

Source: ``GetPipelineConditionStatus`` in ``pkg/reconciler/pipelinerun/resources/pipelinerunstate.go``.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from pkgops.kube import Obj
from pkgops.platform.tekton.pipelinegraph import RESULT
from pkgops.platform.tekton.pipelinespec import Values, merged, values_of, with_values
from pkgops.platform.tekton.pipelinestate import TIMEOUTS, WHEN, PipelineState
from pkgops.platform.tekton.podstatus import RunCondition
from pkgops.platform.tekton.substitution import Variables, substitute

GRACEFUL_REASONS = {
    "CancelledRunFinally": "CancelledRunningFinally",
    "StoppedRunFinally": "StoppedRunningFinally",
}


def pipeline_condition(name: str, state: PipelineState, timeouts: Obj) -> RunCondition:
    """Return the ``Succeeded`` condition of a PipelineRun.

    Args:
        name: the name of the PipelineRun.
        state: its state.
        timeouts: its timeouts ``pipeline`` and ``tasks``, in Go's format.
    """
    if state.elapsed.pipeline:
        text = f'PipelineRun "{name}" failed to finish within "{timeouts.get("pipeline")}"'
        return RunCondition("False", "PipelineRunTimeout", text)
    final_left = [task for task in state.incomplete() if task in state.final]
    if state.elapsed.tasks and not final_left:
        text = f'PipelineRun "{name}" failed due to tasks failed to finish within "{timeouts.get("tasks")}"'
        return RunCondition("False", "PipelineRunTimeout", text)
    if state.finished():
        return _finished(name, state)
    return RunCondition("Unknown", _unfinished_reason(state, bool(final_left)), _unfinished_text(state))


def _counts(state: PipelineState) -> Counter[str]:
    return Counter(state.outcome(task) for task in [*state.tasks, *state.final])


def _finished(name: str, state: PipelineState) -> RunCondition:
    counts, skipped = _counts(state), len(state.skipped)
    failed, ignored, cancelled = counts["Failed"], counts["Ignored"], counts["Cancelled"]
    completed = counts["Succeeded"] + failed + ignored + cancelled
    failures = f"Failed: {failed + ignored}" + (f" (Ignored: {ignored})" if ignored else "")
    text = f"Tasks Completed: {completed} ({failures}, Cancelled {cancelled}), Skipped: {skipped}"
    if state.invalid:
        problems = "; ".join(state.invalid[task] for task in sorted(state.invalid))
        shown = f"{problems[:1024]}{'...' if len(problems) > 1024 else ''}"
        text += f", Failed Validation: {len(state.invalid)} ({shown})"
        return RunCondition("False", "PipelineValidationFailed", text)
    if failed or any(reason in TIMEOUTS for reason in state.skipped.values()):
        return RunCondition("False", "Failed", text)
    if state.spec_status in GRACEFUL_REASONS:
        return RunCondition("False", "Cancelled", f'PipelineRun "{name}" was cancelled')
    if cancelled:
        return RunCondition("False", "Cancelled", text)
    return RunCondition("True", "Completed" if skipped else "Succeeded", text)


def _unfinished_reason(state: PipelineState, final_left: bool) -> str:
    counts = _counts(state)
    if state.elapsed.tasks:
        return "PipelineRunTimeoutRunningFinally"
    if state.spec_status in GRACEFUL_REASONS:
        return GRACEFUL_REASONS[state.spec_status]
    if counts["Cancelled"] or (counts["Failed"] and not final_left):
        return "PipelineRunStopping"
    return "Running"


def _unfinished_text(state: PipelineState) -> str:
    counts = _counts(state)
    completed = sum(count for outcome, count in counts.items() if outcome)
    return (
        f"Tasks Completed: {completed} (Failed: {counts['Failed']}, Cancelled {counts['Cancelled']}), "
        f"Incomplete: {len(state.incomplete())}, Skipped: {len(state.skipped)}"
    )


def child_references(state: PipelineState) -> list[Obj]:
    """Return ``status.childReferences``: the TaskRuns of each task that has some."""
    references = []
    for name in [*state.tasks, *state.final]:
        for run in state.groups[name].runs:
            task = state.with_results(state.tasks.get(name) or state.final[name])
            entry = {
                "apiVersion": "tekton.dev/v1",
                "kind": "TaskRun",
                "name": run["metadata"]["name"],
                "pipelineTaskName": name,
            }
            displayed = _display_name(task, run)
            if displayed:
                entry["displayName"] = displayed
            if task.get("when"):
                entry["whenExpressions"] = task["when"]
            references.append(entry)
    return references


def _display_name(task: Obj, run: Obj) -> str:
    """Return the display name of a TaskRun: the names of its matrix combinations, or that of the task."""
    given = {
        f"params.{entry['name']}": str(entry.get("value", ""))
        for entry in run["spec"].get("params") or []
        if isinstance(entry.get("value", ""), str)
    }
    variables = Variables(given)
    parts = [
        substitute(part["name"], variables)
        for part in (task.get("matrix") or {}).get("include") or []
        if part.get("name")
        and all(
            given.get(f"params.{entry['name']}") == entry.get("value") for entry in part.get("params") or []
        )
    ]
    return " ".join(parts) or substitute(str(task.get("displayName") or ""), variables)


def skipped_tasks(state: PipelineState) -> list[Obj]:
    """Return ``status.skippedTasks``, in the Pipeline's order."""
    skipped = []
    for name in [*state.tasks, *state.final]:
        reason = state.skipped.get(name)
        if reason is None:
            continue
        entry: Obj = {"name": name, "reason": reason}
        task = state.with_results(state.tasks.get(name) or state.final[name])
        if task.get("when") and (name in state.tasks or reason == WHEN):
            entry["whenExpressions"] = task["when"]
        skipped.append(entry)
    return skipped


def pipeline_results(state: PipelineState) -> list[Obj]:
    """Return ``status.results``: the Pipeline's results of which all references could be resolved."""
    known = [values_of(named, f"tasks.{name}.results", {}) for name, named in state.results().items()]
    known += [
        values_of(named, f"finally.{name}.results", {})
        for name, named in state.results().items()
        if name in state.final
    ]
    values = merged(*known, Values(Variables(state.states()), {}))
    declared = state.spec.get("results") or []
    results = with_values(
        {"params": [{"name": e["name"], "value": e.get("value", "")} for e in declared]}, values
    )
    return [entry for entry in results.get("params") or [] if not _has_references(entry["value"])]


def _has_references(value: object) -> bool:
    texts: Iterable[object] = value.values() if isinstance(value, dict) else [value]
    if isinstance(value, list):
        texts = value
    return any(RESULT.search(str(text)) for text in texts)
