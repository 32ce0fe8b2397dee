"""kpack Image: the builds of one image."""

from __future__ import annotations

from pkgops.model import Code, Output, State
from pkgops.readiness.base import Obj, Readiness, condition, status, unread

CONTROLLER = "kpack-controller"

_CODES = {
    "BuilderNotFound": Code.BUILDER_MISSING,
    "BuilderNotReady": Code.BUILDER_NOT_READY,
    "BuildFailed": Code.BUILD_FAILED,
}


def read(obj: Obj) -> Readiness:
    """Read an Image; ``latestImage`` of an earlier build does not make it done."""
    out = Output(image=str(status(obj).get("latestImage") or ""))
    waiting = unread(obj, CONTROLLER, out)
    if waiting:
        return waiting
    ready = condition(obj, "Ready")
    if ready is None:
        return Readiness(State.WORKING, "Progressing", output=out)
    if ready.status == "True":
        return Readiness(
            State.DONE, ready.reason, ready.message, condition=ready, since=ready.since, output=out
        )
    if ready.status == "False":
        code = _CODES.get(ready.reason, Code.BUILD_FAILED)
        return Readiness(
            State.FAILED,
            ready.reason,
            ready.message,
            code=code,
            condition=ready,
            since=ready.since,
            output=out,
        )
    if ready.reason == "ResolverNotReady":
        return Readiness(
            State.WAITING,
            ready.reason,
            ready.message,
            "its source to be resolved",
            Code.SOURCE_NOT_RESOLVED,
            ready,
            since=ready.since,
            output=out,
        )
    return Readiness(
        State.WORKING, ready.reason, ready.message, condition=ready, since=ready.since, output=out
    )
