"""Flux ImageRepository: the tags of one image repository."""

from __future__ import annotations

from pkgops.model import CauseCode, Output, StageStatus, State
from pkgops.readiness import registry
from pkgops.readiness.base import (
    Obj,
    condition,
    current,
    from_condition,
    has,
    spec,
    status,
    status_is_current,
    timestamp,
    unobserved,
)

CONTROLLER = "image-reflector-controller"


def read(obj: Obj) -> StageStatus:
    """Return the status of an ImageRepository.

    A registry responds with NAME_UNKNOWN for a repository without a push: that is waiting for the first push,
    not a failure; whether there should have been a push is decided in the pipeline.
    """
    if spec(obj).get("suspend"):
        return StageStatus(
            state=State.DONE if status(obj).get("lastScanResult") else State.WAITING,
            reason="Suspended",
            message="spec.suspend is true: nothing is scanned",
            waits_for="spec.suspend: false",
            code=CauseCode.SUSPENDED,
        )
    waiting = unobserved(obj, CONTROLLER)
    if waiting:
        return waiting
    ready, stalled = condition(obj, "Ready"), condition(obj, "Stalled")
    if stalled and stalled.status == "True" and current(obj, stalled):
        return from_condition(State.FAILED, stalled, code=CauseCode.POLICY_INVALID)
    if ready is None or ready.status == "Unknown" or not current(obj, ready):
        return StageStatus(
            state=State.WORKING, reason="Progressing", message=ready.message if ready else "", condition=ready
        )
    if ready.status == "True" and not status_is_current(obj):
        return StageStatus(state=State.WORKING, reason="Progressing", condition=ready)
    if ready.status == "True":
        return _done(obj, ready.reason, ready.message)
    return _failed(obj)


def _done(obj: Obj, reason: str, message: str) -> StageStatus:
    scan = status(obj).get("lastScanResult") or {}
    scanned = timestamp(scan.get("scanTime"))
    if scan.get("tagCount") == 0:
        return StageStatus(
            state=State.WAITING,
            reason=reason,
            message=message,
            waits_for="a first tag",
            code=CauseCode.REGISTRY_NOT_FOUND,
            since=scanned,
        )
    return StageStatus(
        state=State.DONE,
        reason=reason,
        message=message,
        condition=condition(obj, "Ready"),
        since=scanned,
        until=scanned,
        output=Output(image=str(status(obj).get("canonicalImageName") or "")),
    )


def _failed(obj: Obj) -> StageStatus:
    ready = condition(obj, "Ready")
    message = ready.message if ready else ""
    reason = ready.reason if ready else ""
    since = ready.since if ready else None
    code = registry.classify(message)
    if reason == "AuthenticationFailed":
        code = CauseCode.REGISTRY_UNAUTHORIZED
    if code is CauseCode.REGISTRY_NOT_FOUND and has(message, "NAME_UNKNOWN", "404"):
        return StageStatus(
            state=State.WAITING,
            reason=reason,
            message=message,
            waits_for="the first push of this image",
            code=code,
            condition=ready,
            since=since,
        )
    return StageStatus(
        state=State.FAILED, reason=reason, message=message, code=code, condition=ready, since=since
    )
