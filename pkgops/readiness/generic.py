"""Any other kind: Ready or Succeeded where there is one, else its existence."""

from __future__ import annotations

from pkgops.model import CauseCode, StageStatus, State
from pkgops.readiness.base import Obj, condition, conditions, created, from_condition, observed


def read(obj: Obj) -> StageStatus:
    """Return the status of a kind that pkgops has no module for, by the conventions of Kubernetes."""
    found = condition(obj, "Ready") or condition(obj, "Succeeded")
    if found is None:
        state = State.DONE if not conditions(obj) else State.UNKNOWN
        return StageStatus(
            state=state, reason="Exists" if state is State.DONE else "NoReadyCondition", since=created(obj)
        )
    if not observed(obj):
        return StageStatus(state=State.WORKING, reason="NotObserved", condition=found)
    state = {"True": State.DONE, "False": State.FAILED}.get(found.status, State.WORKING)
    return from_condition(state, found, code=CauseCode.FAILED if state is State.FAILED else None)
