"""Tekton TaskRun: steps of one pod."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any

from pkgops.model import CauseCode, Output, StageStatus, State
from pkgops.readiness import lost
from pkgops.readiness.base import Obj, condition, created, has, meta, status, timestamp

_BY_REASON = {
    "TaskRunTimeout": CauseCode.RUN_TIMEOUT,
    "TaskRunCancelled": CauseCode.RUN_CANCELLED,
    "TaskRunImagePullFailed": CauseCode.IMAGE_PULL,
    "PullImageFailed": CauseCode.IMAGE_PULL,
    "CreateContainerConfigError": CauseCode.CONTAINER_CONFIG,
    "PodCreationFailed": CauseCode.POD_REJECTED,
    "PodAdmissionFailed": CauseCode.POD_REJECTED,
    "PodEvicted": CauseCode.POD_LOST,
    "TaskRunResolutionFailed": CauseCode.TASK_MISSING,
    "CouldntGetTask": CauseCode.TASK_MISSING,
    "TaskRunValidationFailed": CauseCode.RUN_INVALID,
    "TaskValidationFailed": CauseCode.RUN_INVALID,
    "InvalidParamValue": CauseCode.RUN_INVALID,
    "InitContainerFailed": CauseCode.INIT_CONTAINER_FAILED,
    "StepOOM": CauseCode.OUT_OF_MEMORY,
    "InitContainerOOM": CauseCode.OUT_OF_MEMORY,
    "SidecarOOM": CauseCode.OUT_OF_MEMORY,
    "ExceededResourceQuota": CauseCode.QUOTA,
    "ExceededNodeResources": CauseCode.UNSCHEDULABLE,
}
_ON_ERROR = "pipeline.tekton.dev/pipeline-task-on-error"
_OF_A_CONTAINER = re.compile(r'^"[^"]+" exited |^init container failed')
"""How Tekton reports a container; any other message under ``Failed`` is about the whole pod."""


def read(obj: Obj) -> StageStatus:
    """Return the status of a TaskRun (v1 or v1beta1)."""
    succeeded = condition(obj, "Succeeded")
    begin = timestamp(status(obj).get("startTime")) or created(obj)
    if succeeded is None:
        return not_observed(begin)
    end = timestamp(status(obj).get("completionTime"))
    reason, message = succeeded.reason, succeeded.message
    if succeeded.status == "True":
        return StageStatus(
            state=State.DONE,
            reason=reason,
            message=message,
            condition=succeeded,
            since=begin,
            until=end,
            output=output(obj),
        )
    if succeeded.status == "False":
        return StageStatus(
            state=State.FAILED,
            reason=reason,
            message=message,
            code=classify(reason, message),
            condition=succeeded,
            container=failed_container(obj),
            since=begin,
            until=end,
        )
    code = _BY_REASON.get(reason)
    state = State.WORKING if reason == "Running" else State.WAITING
    return StageStatus(
        state=state,
        reason=reason,
        message=message,
        waits_for="its pod",
        code=code,
        condition=succeeded,
        since=begin,
    )


def not_observed(since: datetime | None) -> StageStatus:
    """The status of a TaskRun or PipelineRun that has no condition yet."""
    return StageStatus(
        state=State.WAITING, reason="NotObserved", waits_for="tekton-pipelines-controller", since=since
    )


def classify(reason: str, message: str) -> CauseCode:
    """The cause of a failed run; before Tekton 1.12 every reason is ``Failed``."""
    if has(message, "serviceaccount") and has(message, "not found"):
        return CauseCode.SERVICE_ACCOUNT_MISSING
    if has(message, "exceeded quota"):
        return CauseCode.QUOTA
    if has(message, "OOMKilled"):
        return CauseCode.OUT_OF_MEMORY
    if has(message, "init container failed"):
        return CauseCode.INIT_CONTAINER_FAILED
    return _BY_REASON.get(reason) or _of_pod(reason, message) or CauseCode.TASK_FAILED


def _of_pod(reason: str, message: str) -> CauseCode | None:
    """The cause where the pod ended without a failure of its containers; None where a container failed."""
    if lost.is_unknown_end(message):
        return CauseCode.POD_LOST
    if reason != "Failed" or _OF_A_CONTAINER.search(message):
        return None
    if has(message, "longer than the specified deadline"):
        return CauseCode.RUN_TIMEOUT
    return CauseCode.POD_REJECTED if has(message, "pod was rejected") else CauseCode.POD_LOST


def failed_container(obj: Obj) -> str:
    """The first container that failed: later steps are skipped and have exit code 1 too."""
    for step in status(obj).get("steps") or ():
        ended = step.get("terminated") or {}
        skipped = step.get("terminationReason") == "Skipped"
        if ended.get("exitCode") and not skipped:
            return str(step.get("container") or f"step-{step.get('name')}")
    return ""


def task(obj: Obj) -> str:
    """The name of a TaskRun's task in its Pipeline; the TaskRun's own where it belongs to none."""
    where = meta(obj)
    return str((where.get("labels") or {}).get("tekton.dev/pipelineTask") or where.get("name") or "")


def ignored(obj: Obj) -> bool:
    """Whether the Pipeline of a TaskRun continues where the TaskRun fails (onError)."""
    return (meta(obj).get("annotations") or {}).get(_ON_ERROR) == "continue"


def output(obj: Obj) -> Output:
    """The results of a TaskRun by the names that Cartographer's templates read."""
    found = results(obj)
    return Output(
        image=str(found.get("image") or ""),
        version=str(found.get("version") or ""),
        revision=str(found.get("revision") or ""),
    )


def results(obj: Obj) -> dict[str, Any]:
    """Results by name: ``results`` of v1, ``taskResults`` of v1beta1."""
    entries = status(obj).get("results") or status(obj).get("taskResults") or ()
    return {str(entry.get("name")): entry.get("value") for entry in entries}
