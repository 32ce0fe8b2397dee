"""Knative Revision: one immutable version of the app."""

from __future__ import annotations

from pkgops.model import CauseCode, Condition, Output, StageStatus, State
from pkgops.readiness.base import Obj, condition, created, from_condition, has, status, unobserved
from pkgops.readiness.containers import serving_image, serving_name

_RESOURCES = {
    "ImagePullBackOff": CauseCode.IMAGE_PULL,
    "ErrImagePull": CauseCode.IMAGE_PULL,
    "Unschedulable": CauseCode.UNSCHEDULABLE,
}


def read(obj: Obj) -> StageStatus:
    """Return the status of a Revision; scaled to zero it is still done."""
    waiting = unobserved(obj, "the Knative controller")
    if waiting:
        return waiting
    ready = condition(obj, "Ready")
    out = Output(image=image(obj))
    if ready and ready.status == "True":
        return StageStatus(
            state=State.DONE,
            reason=ready.reason,
            message=ready.message,
            condition=ready,
            since=created(obj),
            until=ready.since,
            output=out,
        )
    if ready and ready.status == "False":
        cause = _cause(obj) or ready
        return from_condition(
            State.FAILED, cause, code=classify(cause), container=serving_name(obj), output=out
        )
    return StageStatus(
        state=State.WORKING,
        reason=ready.reason if ready else "",
        message=ready.message if ready else "",
        condition=ready,
        since=created(obj),
        output=out,
    )


def _cause(obj: Obj) -> Condition | None:
    for name in ("ContainerHealthy", "ResourcesAvailable"):
        found = condition(obj, name)
        if found and found.status == "False":
            return found
    return None


def classify(bad: Condition) -> CauseCode:
    """The cause of a failed Revision, from its condition."""
    if bad.reason == "ContainerMissing":
        return CauseCode.IMAGE_PULL
    if has(bad.message, "exceeded quota"):
        return CauseCode.QUOTA
    if has(bad.message, "serviceaccount") and has(bad.message, "not found"):
        return CauseCode.SERVICE_ACCOUNT_MISSING
    return _RESOURCES.get(bad.reason, CauseCode.REVISION_FAILED)


def image(obj: Obj) -> str:
    """The application's image by digest where it was resolved, else as the spec names it."""
    return by_digest(obj) or serving_image(obj)


def by_digest(obj: Obj) -> str:
    """The application's image as Knative resolved it to a digest; empty where it has not."""
    for entry in status(obj).get("containerStatuses") or ():
        if entry.get("imageDigest") and entry.get("name") == serving_name(obj):
            return str(entry["imageDigest"])
    return ""
