"""What Cartographer has made of what was submitted: taken up, stamped, refused, or not yet read."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import Any

from pkgops.model import CauseCode, State
from pkgops.pipeline.activity import Activity
from pkgops.pipeline.object_store import Obj
from pkgops.pipeline.resources import Resource
from pkgops.readiness import Readiness
from pkgops.readiness import owner as owners
from pkgops.readiness.base import changed, patient, unread
from pkgops.values import replace

NOTICE = timedelta(seconds=20)
"""How long a controller may take to notice what another one wrote; seen: up to 2 s."""

_READING = ("MissingValueAtPath", "ConditionNotMet", "FailedConditionMet", "PassThrough")
_PLAIN_PATH = re.compile(r"\.?[\w-]+(\.[\w-]+)*")


CONTROLLER = "cartographer-controller"


def taken_up(owner: Obj, plan: Obj | None) -> bool:
    """Whether Cartographer has worked through an owner's present spec, by the present blueprint.

    Cartographer writes ``observedGeneration`` after it has applied every object of a pass. Until then the
    objects below the owner, and all that they say, belong to the spec before.
    """
    return unread(owner, CONTROLLER) is None and (plan is None or unread(plan, CONTROLLER) is None)


def held(item: Activity, owner: Obj) -> Activity:
    """An activity whose object may still be that of the spec before: neither done nor failed."""
    stage = replace(
        item.stage,
        state=State.WAITING,
        reason="NotObserved",
        message=f"{CONTROLLER} has not looked at this change yet",
        waits_for=CONTROLLER,
        since=changed(owner),
        until=None,
        current=False,
    )
    return replace(item, stage=stage, reading=Readiness(State.WAITING, "NotObserved"))


def passed_through(resource: Resource) -> bool:
    """Whether Cartographer hands an input of this resource on, and stamps nothing for it."""
    found = resource.condition("ResourceSubmitted")
    return found is not None and found.status == "True" and found.reason == "PassThrough"


def refused(resource: Resource, producers: list[Activity]) -> Readiness | None:
    """The failure that the resource's own condition tells; None where it is normal waiting."""
    found = resource.condition("ResourceSubmitted")
    if found is None or found.status != "False" or found.reason in _READING:
        return None
    if "without observedGeneration" in found.message:
        return None
    code = owners.classify(found) or CauseCode.FAILED
    if found.reason == "TemplateStampFailure" and not _inputs_recorded(producers):
        return None
    return patient(
        Readiness(State.FAILED, found.reason, found.message, code=code, condition=found, since=found.since)
    )


def _inputs_recorded(producers: list[Activity]) -> bool:
    """Whether Cartographer has read the outputs that this resource's template needs."""
    return all(
        producer.resource.outputs() or producer.resource.template_kind == "ClusterTemplate"
        for producer in producers
    )


def unread_output(activity: Activity, now: datetime) -> Readiness | None:
    """Done, and yet its output is not read: not noticed, or the template's path leads nowhere."""
    resource = activity.resource
    found = resource.condition("ResourceSubmitted")
    if activity.stage.state is not State.DONE or found is None or resource.obj is None:
        return None
    if found.reason == "UnknownError" or "cannot read value" in found.message:
        code = owners.classify(found)
        if code is None:
            return None
        return patient(Readiness(State.FAILED, found.reason, found.message, code=code, condition=found))
    wanted = owners.waited_value(found.message)
    since = activity.stage.until or found.since
    if found.reason != "MissingValueAtPath" or not wanted or since is None or now - since < NOTICE:
        return None
    value = at_path(resource.obj, wanted["path"])
    if value is None:
        return Readiness(
            State.FAILED,
            found.reason,
            wanted["path"],
            code=CauseCode.OUTPUT_MISSING,
            condition=found,
            since=since,
        )
    return Readiness(
        state=State.WAITING,
        reason=found.reason,
        message=wanted["path"],
        waits_for=CONTROLLER,
        code=CauseCode.NOT_NOTICED,
        condition=found,
        since=since,
    )


_UNKNOWN = object()


def at_path(obj: dict[str, Any], path: str) -> Any:
    """The value at a plain path; None where it is absent, an opaque value where the path is not plain."""
    if not _PLAIN_PATH.fullmatch(path):
        return _UNKNOWN
    value: Any = obj
    for part in path.strip(".").split("."):
        value = value.get(part) if isinstance(value, dict) else None
        if value is None:
            return None
    return value
