"""What kapp-controller's kinds share: one condition at a time, without times."""

from __future__ import annotations

from pkgops.model import Condition, StageStatus, State
from pkgops.readiness.base import Obj, conditions, deleting, status, timestamp, unobserved

CONTROLLER = "kapp-controller"

_STATES = {
    "ReconcileSucceeded": State.DONE,
    "ReconcileFailed": State.FAILED,
    "Reconciling": State.WORKING,
    "Deleting": State.WORKING,
    "DeleteFailed": State.FAILED,
}


def generic(obj: Obj) -> StageStatus:
    """Return the status by the one condition that is set; callers add the cause that its message means."""
    waiting = unobserved(obj, CONTROLLER)
    if waiting and not deleting(obj):
        return waiting
    holding = [entry for entry in conditions(obj) if entry.status == "True"]
    active = next((entry for entry in holding if entry.type in _STATES), None)
    if active is None:
        return StageStatus(
            state=State.WORKING,
            reason="Reconciling",
            message=str(status(obj).get("friendlyDescription") or ""),
        )
    return _read(obj, active)


def _read(obj: Obj, active: Condition) -> StageStatus:
    state = _STATES.get(active.type, State.WORKING)
    begin = timestamp((status(obj).get("fetch") or {}).get("startedAt"))
    end = timestamp((status(obj).get("deploy") or {}).get("updatedAt"))
    return StageStatus(
        state=state,
        reason=active.type,
        message=useful(obj) or active.message,
        condition=active,
        since=begin,
        until=end if state is State.DONE else None,
    )


def useful(obj: Obj) -> str:
    """The tool's own error from the status, where the condition only refers to it."""
    return str(status(obj).get("usefulErrorMessage") or "").strip()
