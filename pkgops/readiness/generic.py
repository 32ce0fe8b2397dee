"""Any other kind: Ready or Succeeded where there is one, else its existence."""

from __future__ import annotations

from pkgops.model import CauseCode, State
from pkgops.readiness.base import Obj, Readiness, condition, conditions, created, observed, told


def read(obj: Obj) -> Readiness:
    """Read an object of a kind that pkgops has no module for, by the conventions of Kubernetes."""
    found = condition(obj, "Ready") or condition(obj, "Succeeded")
    if found is None:
        state = State.DONE if not conditions(obj) else State.UNKNOWN
        return Readiness(state, "Exists" if state is State.DONE else "NoReadyCondition", since=created(obj))
    if not observed(obj):
        return Readiness(State.WORKING, "NotObserved", condition=found)
    state = {"True": State.DONE, "False": State.FAILED}.get(found.status, State.WORKING)
    return told(state, found, code=CauseCode.FAILED if state is State.FAILED else None)
