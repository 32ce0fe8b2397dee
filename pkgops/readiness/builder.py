"""kpack ClusterBuilder and Builder."""

from __future__ import annotations

from pkgops.model import CauseCode, Output, StageStatus, State
from pkgops.readiness.base import Obj, condition, from_condition, status, unobserved


def read(obj: Obj) -> StageStatus:
    """Return the status of a builder; UpToDate has the error for which Ready reports only NoLatestImage."""
    waiting = unobserved(obj, "kpack-controller")
    if waiting:
        return waiting
    ready, fresh = condition(obj, "Ready"), condition(obj, "UpToDate")
    if ready and ready.status == "True":
        image = str(status(obj).get("latestImage") or "")
        return StageStatus(
            state=State.DONE,
            reason=ready.reason,
            message=ready.message,
            condition=ready,
            output=Output(image=image),
        )
    if ready and ready.status == "False":
        cause = fresh if fresh and fresh.status == "False" and fresh.message else ready
        return from_condition(State.FAILED, cause, code=CauseCode.BUILDER_NOT_READY)
    return StageStatus(state=State.WORKING, reason="Progressing", condition=ready)
