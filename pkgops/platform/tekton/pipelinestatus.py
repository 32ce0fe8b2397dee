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
from pkgops.platform.tekton.podstatus import Verdict
from pkgops.platform.tekton.substitution import Variables, substitute

GRACEFUL_REASONS = {
    "CancelledRunFinally": "CancelledRunningFinally",
    "StoppedRunFinally": "StoppedRunningFinally",
}


def judge_pipeline(name: str, state: PipelineState, timeouts: Obj) -> Verdict:
    """Return the ``Succeeded`` condition that follows from a PipelineRun's state.

    Args:
        name: of the PipelineRun.
        state: where it stands.
        timeouts: ``pipeline`` and ``tasks`` as Go writes them.
    """
    if state.clock.pipeline:
        text = f'PipelineRun "{name}" failed to finish within "{timeouts.get("pipeline")}"'
        return Verdict("False", "PipelineRunTimeout", text)
    final_left = [task for task in state.incomplete() if task in state.final]
    if state.clock.tasks and not final_left:
        text = f'PipelineRun "{name}" failed due to tasks failed to finish within "{timeouts.get("tasks")}"'
        return Verdict("False", "PipelineRunTimeout", text)
    if state.finished():
        return _finished(name, state)
    return Verdict("Unknown", _unfinished_reason(state, bool(final_left)), _unfinished_text(state))


def _counts(state: PipelineState) -> Counter[str]:
    return Counter(state.outcome(task) for task in [*state.tasks, *state.final])


def _finished(name: str, state: PipelineState) -> Verdict:
    counts, skipped = _counts(state), len(state.skipped)
    failed, ignored, cancelled = counts["Failed"], counts["Ignored"], counts["Cancelled"]
    completed = counts["Succeeded"] + failed + ignored + cancelled
    told = f"Failed: {failed + ignored}" + (f" (Ignored: {ignored})" if ignored else "")
    text = f"Tasks Completed: {completed} ({told}, Cancelled {cancelled}), Skipped: {skipped}"
    if state.invalid:
        said = "; ".join(state.invalid[task] for task in sorted(state.invalid))
        text += (
            f", Failed Validation: {len(state.invalid)} ({said[:1024]}{'...' if len(said) > 1024 else ''})"
        )
        return Verdict("False", "PipelineValidationFailed", text)
    if failed or any(reason in TIMEOUTS for reason in state.skipped.values()):
        return Verdict("False", "Failed", text)
    if state.wish in GRACEFUL_REASONS:
        return Verdict("False", "Cancelled", f'PipelineRun "{name}" was cancelled')
    if cancelled:
        return Verdict("False", "Cancelled", text)
    return Verdict("True", "Completed" if skipped else "Succeeded", text)


def _unfinished_reason(state: PipelineState, final_left: bool) -> str:
    counts = _counts(state)
    if state.clock.tasks:
        return "PipelineRunTimeoutRunningFinally"
    if state.wish in GRACEFUL_REASONS:
        return GRACEFUL_REASONS[state.wish]
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
    """Return what a TaskRun is called for people: after the combinations of the matrix that it is part of."""
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
    """Return ``status.results``: those of the Pipeline's results whose tasks have written what they use."""
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
