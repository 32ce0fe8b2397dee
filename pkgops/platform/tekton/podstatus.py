"""The condition and the states of the steps of a TaskRun, from its pod. Pure.

The order in which causes are checked, and all messages, are those of Tekton Pipelines.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from pkgops.kube import Obj
from pkgops.platform.tekton.termination import Termination, parse_termination, step_results
from pkgops.platform.tekton.variables import container_of

RUNNING_MESSAGE = "Not all Steps in the Task have finished executing"
SUCCESS_MESSAGE = "All Steps have completed executing"
UNSPECIFIED = "build failed for unspecified reasons."
_PULL_ERRORS = ("ImagePullBackOff", "InvalidImageName")
_CONFIG_ERRORS = ("CreateContainerConfigError", "CreateContainerError")


@dataclass(frozen=True)
class RunCondition:
    """The ``Succeeded`` condition of a TaskRun or PipelineRun.

    Attributes:
        status: ``True``, ``False`` or ``Unknown``.
        reason: Tekton's reason.
        message: Tekton's message.
        delete_pod: whether to delete the pod, since it cannot start.
    """

    status: str
    reason: str
    message: str
    delete_pod: bool = False


def pod_condition(pod: Obj, run_name: str, steps: Sequence[Obj]) -> RunCondition:
    """Return the ``Succeeded`` condition of a TaskRun with this pod."""
    status = pod.get("status") or {}
    if is_complete(pod):
        return _final(pod)
    stuck = _start_failure(status, run_name, steps)
    if stuck:
        return stuck
    if status.get("phase") == "Running":
        return RunCondition("Unknown", "Running", RUNNING_MESSAGE)
    return _pending(status)


def is_complete(pod: Obj) -> bool:
    """Return whether all steps, or the pod, have terminated."""
    status = pod.get("status") or {}
    if status.get("phase") in ("Succeeded", "Failed"):
        return True
    steps = _step_statuses(status)
    return bool(steps) and all("terminated" in _state(entry) for entry in steps)


def step_states(pod: Obj | None, steps: Sequence[Obj]) -> list[Obj]:
    """Return ``status.steps``: each step's name with its container's state."""
    statuses = {
        entry["name"]: entry for entry in ((pod or {}).get("status") or {}).get("containerStatuses") or []
    }
    return [_step(step, index, statuses.get(container_of(step, index))) for index, step in enumerate(steps)]


def messages(pod: Obj) -> list[str]:
    """Return the termination messages of the steps, in order."""
    return [_terminated(entry).get("message", "") for entry in _step_statuses(pod.get("status") or {})]


def waiting_message(status: Obj) -> str:
    """Return why a pod is pending: by its first waiting container, else its first condition not True."""
    for entry in status.get("containerStatuses") or []:
        message = (_state(entry).get("waiting") or {}).get("message")
        if message:
            return f'build step "{entry["name"]}" is pending with reason "{message}"'
    for entry in status.get("conditions") or []:
        if entry["status"] != "True":
            return (
                f'pod status "{entry["type"]}":"{entry["status"]}"; message: "{entry.get("message") or ""}"'
            )
    return str(status.get("message") or "Pending")


def _final(pod: Obj) -> RunCondition:
    status = pod.get("status") or {}
    failed = status.get("phase") == "Failed" or any(
        _exit_code(entry) != 0 or _terminated(entry).get("reason") == "OOMKilled"
        for entry in _step_statuses(status)
    )
    if not failed:
        return RunCondition("True", "Succeeded", SUCCESS_MESSAGE)
    reason, message = _failure(status)
    return RunCondition("False", reason, message)


def _failure(status: Obj) -> tuple[str, str]:
    if status.get("reason") == "Evicted":
        return "PodEvicted", str(status.get("message") or "")
    for entry in status.get("initContainerStatuses") or []:
        message = _failure_message(entry)
        if message and not entry["name"].startswith("sidecar-"):
            reason = "InitContainerOOM" if _is_oom(entry) else "InitContainerFailed"
            return reason, f"init container failed, {message}"
    for entry in status.get("containerStatuses") or []:
        message = _failure_message(entry)
        if message:
            return "StepOOM" if _is_oom(entry) else "StepFailed", message
    return "Failed", str(status.get("message") or UNSPECIFIED)


def _failure_message(entry: Obj) -> str:
    terminated = _terminated(entry)
    entries = parse_termination(terminated.get("message", ""))
    if entries.reason == "TimeoutExceeded":
        return f'"{entry["name"]}" exited because the step exceeded the specified timeout limit'
    if entries.reason == "Skipped" or not _exit_code(entry):
        return ""
    reason = terminated.get("reason")
    return f'"{entry["name"]}" exited with code {terminated["exitCode"]}' + (f": {reason}" if reason else "")


def _is_oom(entry: Obj) -> bool:
    return _terminated(entry).get("reason") == "OOMKilled"


def _start_failure(status: Obj, run_name: str, steps: Sequence[Obj]) -> RunCondition | None:
    images = {container_of(step, index): step.get("image", "") for index, step in enumerate(steps)}
    for entry in status.get("containerStatuses") or []:
        waiting = _state(entry).get("waiting") or {}
        name = entry["name"].removeprefix("step-")
        where = f'the step "{name}" in TaskRun "{run_name}"'
        if waiting.get("reason") in _PULL_ERRORS:
            image = entry.get("imageID") or entry.get("image") or images.get(entry["name"], "")
            message = (
                f'{where} failed to pull the image "{image}". '
                f'The pod errored with the message: "{waiting.get("message", "")}."'
            )
            return RunCondition("False", "TaskRunImagePullFailed", message, delete_pod=True)
        if waiting.get("reason") in _CONFIG_ERRORS:
            text = (
                f'{where} failed to start. The pod errored with the message: "{waiting.get("message", "")}."'
            )
            return RunCondition("False", "CreateContainerConfigError", text, delete_pod=True)
    return None


def _pending(status: Obj) -> RunCondition:
    if _exceeds_node(status.get("conditions") or []):
        return RunCondition("Unknown", "ExceededNodeResources", "TaskRun Pod exceeded available resources")
    pulling = any(
        (_state(entry).get("waiting") or {}).get("reason") in ("ErrImagePull", *_PULL_ERRORS)
        for entry in [*(status.get("initContainerStatuses") or []), *(status.get("containerStatuses") or [])]
    )
    return RunCondition("Unknown", "PullImageFailed" if pulling else "Pending", waiting_message(status))


def _exceeds_node(conditions: Iterable[Obj]) -> bool:
    return any(
        entry.get("reason") == "Unschedulable" and "Insufficient" in (entry.get("message") or "")
        for entry in conditions
    )


def _step(step: Obj, index: int, status: Obj | None) -> Obj:
    name = step.get("name") or f"unnamed-{index}"
    if status is None:
        return {"name": name, "provenance": {}}
    result: dict[str, Any] = {"container": status["name"], "name": name, "provenance": {}}
    if status.get("imageID"):
        result["imageID"] = status["imageID"]
    state = _state(status)
    if "terminated" not in state:
        return {**result, **state}
    entries = parse_termination(state["terminated"].get("message", ""))
    result["terminated"] = _terminated_state(state["terminated"], entries)
    result["terminationReason"] = _termination_reason(state["terminated"], entries)
    results = step_results(entries.results)
    if results:
        result["results"] = results
    return result


def _terminated_state(terminated: Obj, termination: Termination) -> Obj:
    state = {key: value for key, value in terminated.items() if key != "message"}
    if termination.message():
        state["message"] = termination.message()
    if termination.started_at:
        state["startedAt"] = termination.started_at.partition(".")[0].rstrip("Z") + "Z"
    if termination.exit_code is not None:
        state["exitCode"] = termination.exit_code
    return state


def _termination_reason(terminated: Obj, termination: Termination) -> str:
    if termination.exit_code is not None:
        return "Continued"
    return termination.reason or str(terminated.get("reason") or "")


def _exit_code(entry: Obj) -> int:
    return int(_terminated(entry).get("exitCode") or 0)


def _state(entry: Obj) -> Obj:
    return dict(entry.get("state") or {})


def _terminated(entry: Obj) -> Obj:
    return dict(_state(entry).get("terminated") or {})


def _step_statuses(status: Obj) -> list[Obj]:
    return [entry for entry in status.get("containerStatuses") or [] if entry["name"].startswith("step-")]
