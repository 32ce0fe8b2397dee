"""Tekton PipelineRun: the TaskRuns of its tasks."""

from __future__ import annotations

from pkgops.model import CauseCode, StageStatus, State
from pkgops.readiness import taskrun
from pkgops.readiness.base import Obj, condition, created, status, timestamp

_BY_REASON = {
    "PipelineRunTimeout": CauseCode.RUN_TIMEOUT,
    "Cancelled": CauseCode.RUN_CANCELLED,
    "CancelledRunningFinally": CauseCode.RUN_CANCELLED,
    "StoppedRunningFinally": CauseCode.RUN_CANCELLED,
    "CouldntGetPipeline": CauseCode.TASK_MISSING,
    "CouldntGetTask": CauseCode.TASK_MISSING,
    "Failed": CauseCode.TASK_FAILED,
}
"""Any other reason means that a PipelineRun does not fit its Pipeline, or that a Pipeline is wrong."""

_WAITING = frozenset({"", "Started", "PipelineRunPending", "ResolvingPipelineRef", "ResolvingTaskRef"})


def read(obj: Obj) -> StageStatus:
    """Return the status of a PipelineRun (v1 or v1beta1); which task failed is in its TaskRuns."""
    succeeded = condition(obj, "Succeeded")
    begin = timestamp(status(obj).get("startTime")) or created(obj)
    if succeeded is None:
        return taskrun.not_observed(begin)
    state = {"True": State.DONE, "False": State.FAILED}.get(succeeded.status)
    reason = succeeded.reason
    if state is None:
        state = State.WAITING if reason in _WAITING else State.WORKING
    over = state in (State.DONE, State.FAILED)
    return StageStatus(
        state=state,
        reason=reason,
        message=succeeded.message,
        waits_for="" if over else "its tasks",
        code=_BY_REASON.get(reason, CauseCode.RUN_INVALID) if state is State.FAILED else None,
        condition=succeeded,
        since=begin,
        until=timestamp(status(obj).get("completionTime")) if over else None,
        output=taskrun.output({"status": {"results": _results(obj)}}),
    )


def _results(obj: Obj) -> list[Obj]:
    """The results: ``results`` of v1, ``pipelineResults`` of v1beta1."""
    return status(obj).get("results") or status(obj).get("pipelineResults") or []
