"""Deployment: replicas available."""

from __future__ import annotations

from pkgops.model import CauseCode, StageStatus, State
from pkgops.readiness.base import Obj, condition, created, from_condition, has, spec, status, unobserved


def read(obj: Obj) -> StageStatus:
    """Return the status of a Deployment: done where scaled to zero; not with pods of an old template."""
    waiting = unobserved(obj, "the deployment controller")
    if waiting:
        return waiting
    available, failure = condition(obj, "Available"), condition(obj, "ReplicaFailure")
    if failure and failure.status == "True":
        code = CauseCode.QUOTA if has(failure.message, "exceeded quota") else CauseCode.POD_REJECTED
        return from_condition(State.FAILED, failure, code=code)
    wanted, found = spec(obj).get("replicas", 1), status(obj)
    ready, updated = found.get("readyReplicas", 0), found.get("updatedReplicas", 0)
    old = max(found.get("replicas", 0) - updated, 0)
    message = f"{ready}/{wanted} ready" + (f", {old} of them with the previous template" if old else "")
    if available and available.status == "True" and min(ready, updated) >= wanted and not old:
        return StageStatus(
            state=State.DONE,
            reason=available.reason,
            message=message,
            condition=available,
            since=created(obj),
            until=available.since,
        )
    return StageStatus(
        state=State.WORKING, reason=available.reason if available else "", message=message, since=created(obj)
    )
