"""kpack Image: the builds of one image."""

from __future__ import annotations

from pkgops.model import CauseCode, Output, StageStatus, State
from pkgops.readiness.base import Obj, condition, from_condition, status, unobserved
from pkgops.readiness.kpack_build import failure_message
from pkgops.values import replace

CONTROLLER = "kpack-controller"

_CODES = {
    "BuilderNotFound": CauseCode.BUILDER_MISSING,
    "BuilderNotReady": CauseCode.BUILDER_NOT_READY,
    "BuildFailed": CauseCode.BUILD_FAILED,
}


def read(obj: Obj) -> StageStatus:
    """Return the status of an Image; ``latestImage`` of an earlier build does not make it done."""
    out = Output(image=str(status(obj).get("latestImage") or ""))
    waiting = unobserved(obj, CONTROLLER, out)
    if waiting:
        return waiting
    ready = condition(obj, "Ready")
    if ready is None:
        return StageStatus(state=State.WORKING, reason="Progressing", output=out)
    if ready.status == "True":
        return from_condition(State.DONE, ready, output=out)
    if ready.status == "False":
        code = _CODES.get(ready.reason, CauseCode.BUILD_FAILED)
        failed = from_condition(State.FAILED, ready, code=code, output=out)
        return replace(failed, message=failure_message(ready.message))
    if ready.reason == "ResolverNotReady":
        return from_condition(
            State.WAITING,
            ready,
            waits_for="its source to be resolved",
            code=CauseCode.SOURCE_NOT_RESOLVED,
            output=out,
        )
    return from_condition(State.WORKING, ready, output=out)
