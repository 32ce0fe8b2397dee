"""kpack Build: one build, phase by phase."""

from __future__ import annotations

from pkgops.model import CauseCode, Output, State
from pkgops.readiness.base import Obj, Readiness, condition, created, has, status

PHASES = ("prepare", "analyze", "detect", "restore", "build", "export", "completion")


def read(obj: Obj) -> Readiness:
    """Read a Build; the reason of a running one is its phase, ``build 5/7``."""
    succeeded = condition(obj, "Succeeded")
    begin = created(obj)
    if succeeded is None:
        return Readiness(State.WORKING, "Starting", since=begin)
    if succeeded.status == "True":
        image = str(status(obj).get("latestImage") or "")
        return Readiness(
            State.DONE,
            succeeded.reason,
            succeeded.message,
            condition=succeeded,
            since=begin,
            until=succeeded.since,
            output=Output(image=image),
        )
    if succeeded.status == "False":
        return Readiness(
            State.FAILED,
            succeeded.reason,
            succeeded.message,
            code=_failure(succeeded.message),
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
    return Readiness(state, succeeded.reason or "Running", message, "", code, succeeded, since=begin)


def _failure(message: str) -> CauseCode:
    if has(message, "UNAUTHORIZED", "verifying write access", "verifying read access"):
        return CauseCode.REGISTRY_UNAUTHORIZED
    return CauseCode.BUILD_FAILED


def phase(obj: Obj) -> str:
    """The first phase that did not complete: where it runs, or where it failed."""
    steps = status(obj).get("stepsCompleted") or ()
    return next((name for name in PHASES if name not in steps), PHASES[-1])
