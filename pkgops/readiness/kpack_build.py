"""kpack Build: one build, phase by phase."""

from __future__ import annotations

from pkgops.model import CauseCode, Condition, Output, StageStatus, State
from pkgops.readiness import lost
from pkgops.readiness.base import Obj, condition, created, has, status

PHASES = ("prepare", "analyze", "detect", "restore", "build", "export", "completion")


def read(obj: Obj) -> StageStatus:
    """Return the status of a Build; the reason of a running one is its phase, ``build 5/7``."""
    succeeded = condition(obj, "Succeeded")
    begin = created(obj)
    if succeeded is None:
        return StageStatus(state=State.WORKING, reason="Starting", since=begin)
    if succeeded.status == "True":
        image = str(status(obj).get("latestImage") or "")
        return StageStatus(
            state=State.DONE,
            reason=succeeded.reason,
            message=succeeded.message,
            condition=succeeded,
            since=begin,
            until=succeeded.since,
            output=Output(image=image),
        )
    if succeeded.status == "False":
        return StageStatus(
            state=State.FAILED,
            reason=succeeded.reason,
            message=failure_message(succeeded.message),
            code=_failure(obj, succeeded),
            condition=succeeded,
            container=phase(obj),
            since=begin,
            until=succeeded.since,
        )
    code = CauseCode.IMAGE_PULL if has(succeeded.reason, "ImagePullBackOff", "ErrImagePull") else None
    if has(succeeded.reason, "CreateContainerConfigError"):
        code = CauseCode.CONTAINER_CONFIG
    state = State.WAITING if code else State.WORKING
    done = len(status(obj).get("stepsCompleted") or ())
    message = succeeded.message if code else f"{phase(obj)} {min(done + 1, len(PHASES))}/{len(PHASES)}"
    return StageStatus(
        state=state,
        reason=succeeded.reason or "Running",
        message=message,
        waits_for="",
        code=code,
        condition=succeeded,
        since=begin,
    )


def failure_message(message: str) -> str:
    """Return what failed, without the words that kpack puts around the message of a container.

    Those after it name the ``kubectl logs`` of the container; ``pkgops logs`` is the next step anyway.
    """
    return message.partition(": For more info use `")[0].removeprefix("Error: ").strip()


def _failure(obj: Obj, entry: Condition) -> CauseCode:
    if has(entry.message, "UNAUTHORIZED", "verifying write access", "verifying read access"):
        return CauseCode.REGISTRY_UNAUTHORIZED
    if has(entry.message, "longer than the specified deadline"):
        return CauseCode.RUN_TIMEOUT
    if entry.reason == "Evicted" or _ended_as_a_whole(obj, entry.message):
        return CauseCode.POD_LOST
    return CauseCode.BUILD_FAILED


def _ended_as_a_whole(obj: Obj, message: str) -> bool:
    """Whether the pod ended without a failed phase of the build, whose message kpack would repeat."""
    states = status(obj).get("stepStates") or ()
    return bool(states) and not lost.failed_by_itself(states) and not message.startswith("Error: ")


def phase(obj: Obj) -> str:
    """The first phase that did not complete: where it runs, or where it failed."""
    steps = status(obj).get("stepsCompleted") or ()
    return next((name for name in PHASES if name not in steps), PHASES[-1])
