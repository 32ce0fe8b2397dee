"""Flux ImagePolicy: the tag that the policy selects."""

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
    unobserved,
)

CONTROLLER = "image-reflector-controller"
_RESOLVED = re.compile(r"resolved to:? (?P<tag>\S+)")


def read(obj: Obj) -> StageStatus:
    """Return the status of an ImagePolicy; DependencyNotReady is waiting for its ImageRepository."""
    if spec(obj).get("suspend"):
        return StageStatus(
            state=State.DONE if latest(obj) else State.WAITING,
            reason="Suspended",
            message="spec.suspend is true",
            waits_for="spec.suspend: false",
            code=CauseCode.SUSPENDED,
            output=latest(obj),
        )
    waiting = unobserved(obj, CONTROLLER, latest(obj))
    if waiting:
        return waiting
    ready, stalled = condition(obj, "Ready"), condition(obj, "Stalled")
    bad = stalled if stalled and stalled.status == "True" else ready
    if bad and (bad is stalled or bad.status == "False") and current(obj, bad):
        return _bad(bad.reason, bad.message, obj)
    if (
        ready
        and ready.status == "True"
        and current(obj, ready)
        and status_is_current(obj)
        and _chosen(obj, ready)
    ):
        return from_condition(State.DONE, ready, until=ready.since, output=latest(obj))
    return StageStatus(state=State.WORKING, reason="Progressing", condition=ready, output=latest(obj))


def _chosen(obj: Obj, ready: Condition) -> bool:
    """Whether the status has the condition's tag, which is written a moment after the condition."""
    resolved, tag = _RESOLVED.search(ready.message), latest(obj).tag
    return bool(tag) and (resolved is None or resolved.group("tag") == tag)


def _bad(reason: str, message: str, obj: Obj) -> StageStatus:
    ready = condition(obj, "Ready")
    since = ready.since if ready else None
    if reason == "DependencyNotReady":
        missing = has(message, "failed to get the referred")
        return StageStatus(
            state=State.FAILED if missing else State.WAITING,
            reason=reason,
            message=message,
            waits_for="the first scan with a tag",
            code=CauseCode.REPOSITORY_MISSING if missing else None,
            condition=ready,
            since=since,
        )
    code = CauseCode.POLICY_INVALID
    if has(message, "unable to determine latest version", "version list argument cannot be empty"):
        code = CauseCode.NO_TAG_IN_RANGE
    return StageStatus(
        state=State.FAILED,
        reason=reason,
        message=message,
        code=code,
        condition=ready,
        since=since,
        output=latest(obj),
    )


def latest(obj: Obj) -> Output:
    """The selected tag: ``latestRef`` of v1, ``latestImage`` of releases before 1.0."""
    ref = status(obj).get("latestRef") or {}
    if ref.get("tag"):
        digest = f"@{ref['digest']}" if ref.get("digest") else ""
        return Output(image=f"{ref.get('name', '')}:{ref['tag']}{digest}", tag=str(ref["tag"]))
    image = str(status(obj).get("latestImage") or "")
    return Output(image=image, tag=image.rpartition(":")[2] if image else "")


def rule(obj: Obj) -> str:
    """The policy as text for messages: ``semver >=0.0.0``."""
    policy = spec(obj).get("policy") or {}
    for name, body in policy.items():
        return f"{name} {(body or {}).get('range') or (body or {}).get('order') or ''}".strip()
    return ""
