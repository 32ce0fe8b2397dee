"""Flux GitRepository: fetched, fetching, or why it cannot be fetched."""

from __future__ import annotations

import re

from pkgops.model import CauseCode, Condition, Output, StageStatus, State
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

CONTROLLER = "source-controller"
_STORED = re.compile(r"stored artifact for revision '(?P<revision>[^']+)'")


def read(obj: Obj) -> StageStatus:
    """Return the status of a GitRepository (v1, or v1beta1 and v1beta2 with the same paths)."""
    if spec(obj).get("suspend"):
        return _suspended(obj)
    waiting = unobserved(obj, CONTROLLER, _output(obj))
    if waiting:
        return waiting
    ready, bad = condition(obj, "Ready"), _failure(obj)
    if bad:
        return from_condition(State.FAILED, bad, code=classify(bad), output=_output(obj))
    if (
        ready
        and ready.status == "True"
        and current(obj, ready)
        and status_is_current(obj)
        and _stored(obj, ready)
    ):
        artifact = status(obj).get("artifact") or {}
        fetched = timestamp(artifact.get("lastUpdateTime"))
        return StageStatus(
            state=State.DONE,
            reason=ready.reason,
            message=ready.message,
            condition=ready,
            since=fetched,
            until=fetched,
            output=_output(obj),
        )
    if ready and ready.status == "Unknown":
        return from_condition(State.WORKING, ready, output=_output(obj))
    return StageStatus(state=State.WORKING, reason="Progressing", output=_output(obj))


def _stored(obj: Obj, ready: Condition) -> bool:
    """Whether the status has the condition's artifact, which is written a moment after the condition."""
    stored = _STORED.search(ready.message)
    return stored is None or stored.group("revision") == _output(obj).revision


def _failure(obj: Obj) -> Condition | None:
    """The condition with the reason why the present spec cannot be fetched.

    After a change of the spec, ``Ready`` repeats for a while the ``FetchFailed`` of the previous spec, with
    the new generation.
    """
    ready, failed = condition(obj, "Ready"), condition(obj, "FetchFailed")
    if failed and failed.status == "True":
        if current(obj, failed):
            return failed
        if ready and ready.message == failed.message:
            return None
    return ready if ready and ready.status == "False" and current(obj, ready) else None


def _suspended(obj: Obj) -> StageStatus:
    state = State.DONE if status(obj).get("artifact") else State.WAITING
    return StageStatus(
        state=state,
        reason="Suspended",
        message="spec.suspend is true: nothing is fetched",
        waits_for="spec.suspend: false",
        code=CauseCode.SUSPENDED,
        output=_output(obj),
    )


def _output(obj: Obj) -> Output:
    artifact = status(obj).get("artifact") or {}
    return Output(revision=str(artifact.get("revision") or ""), url=str(artifact.get("url") or ""))


def classify(bad: Condition) -> CauseCode:
    """The cause of a failed fetch, from the messages of the Git client and of source-controller."""
    text = bad.message
    if has(text, "failed to get secret", 'secrets "') and has(text, "not found", "secret"):
        return CauseCode.GIT_SECRET_MISSING
    if bad.reason == "AuthenticationFailed" or has(
        text,
        "authentication required",
        "authorization failed",
        "invalid credentials",
        "status code: 401",
        "status code: 403",
        "could not read username",
        "permission denied",
        "unable to authenticate",
    ):
        return CauseCode.GIT_AUTHENTICATION
    if has(text, "couldn't find remote ref", "reference not found", "unknown revision", "remote branch"):
        return CauseCode.GIT_BRANCH_MISSING
    if has(
        text,
        "dial tcp",
        "no such host",
        "connection refused",
        "timeout",
        "deadline exceeded",
        "client error",
        "status code: 5",
        "connection reset",
        "tls:",
        "x509",
        "unreachable",
        "EOF",
    ):
        return CauseCode.GIT_UNREACHABLE
    return CauseCode.GIT_FAILED
