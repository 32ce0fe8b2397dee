"""What Cartographer has done with a submitted owner: observed, stamped, refused, or outputs not yet read."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import Any

from pkgops.model import CauseCode, StageStatus, State
from pkgops.pipeline.activity import Activity
from pkgops.pipeline.object_store import Obj
from pkgops.pipeline.resources import Resource
from pkgops.readiness import owner as owners
from pkgops.readiness.base import changed, temporary_as_waiting, unobserved

NOTICE = timedelta(seconds=20)
"""How long a controller may take to notice what another one wrote; measured: up to 2 s."""

_READING = ("MissingValueAtPath", "ConditionNotMet", "FailedConditionMet", "PassThrough")
_PLAIN_PATH = re.compile(r"\.?[\w-]+(\.[\w-]+)*")


CONTROLLER = "cartographer-controller"


def observed(owner: Obj, plan: Obj | None) -> bool:
    """Whether Cartographer has reconciled an owner's present generation with the present blueprint.

    Cartographer writes ``observedGeneration`` after it has applied every object of a pass. Until then the
    objects below the owner, and their statuses, belong to the previous spec.
    """
    return unobserved(owner, CONTROLLER) is None and (plan is None or unobserved(plan, CONTROLLER) is None)


def held(item: Activity, owner: Obj) -> Activity:
    """Return an activity whose object may be of the previous spec: as working, neither done nor failed."""
    status = StageStatus(
        state=State.WAITING,
        reason="NotObserved",
        message=f"{CONTROLLER} has not observed this change yet",
        waits_for=CONTROLLER,
        since=changed(owner),
        current=False,
        output=item.status.output,
    )
    return item.having(status)


def passed_through(resource: Resource) -> bool:
    """Whether Cartographer passes an input of this resource through, and stamps nothing for it."""
    condition = resource.condition("ResourceSubmitted")
    return condition is not None and condition.status == "True" and condition.reason == "PassThrough"


def refused(resource: Resource, producers: list[Activity]) -> StageStatus | None:
    """Return the failure that the resource's own condition reports; None where it is only waiting."""
    condition = resource.condition("ResourceSubmitted")
    if condition is None or condition.status != "False" or condition.reason in _READING:
        return None
    if "without observedGeneration" in condition.message:
        return None
    code = owners.classify(condition) or CauseCode.FAILED
    if condition.reason == "TemplateStampFailure" and not _inputs_recorded(producers):
        return None
    return temporary_as_waiting(
        StageStatus(
            state=State.FAILED,
            reason=condition.reason,
            message=condition.message,
            code=code,
            condition=condition,
            since=condition.since,
        )
    )


def _inputs_recorded(producers: list[Activity]) -> bool:
    """Whether Cartographer had the outputs that this resource's template needs when it last stamped it."""
    return all(
        producer.resource.template_kind == "ClusterTemplate" or _output_read(producer.resource)
        for producer in producers
    )


def _output_read(resource: Resource) -> bool:
    """Whether the outputs of a resource were read in the last pass.

    Where it could not be stamped in that pass, its entry keeps the outputs of an earlier pass, which the
    resources after it do not get (Cartographer's realizer).
    """
    condition = resource.condition("ResourceSubmitted")
    return bool(resource.outputs()) and (condition is None or condition.status == "True")


def unread_output(item: Activity, now: datetime) -> Activity | None:
    """Return the activity with the problem where it is done but its output was not read; else None.

    It has failed where the template's path does not exist; it stays done where that has not been observed.
    """
    resource = item.resource
    condition = resource.condition("ResourceSubmitted")
    if item.status.state is not State.DONE or condition is None or resource.obj is None:
        return None
    if condition.reason == "UnknownError" or "cannot read value" in condition.message:
        code = owners.classify(condition)
        if code is None:
            return None
        status = StageStatus(
            state=State.FAILED,
            reason=condition.reason,
            message=condition.message,
            code=code,
            condition=condition,
        )
        return _with_problem(item, temporary_as_waiting(status))
    wanted = owners.waited_value(condition.message)
    since = item.status.until or condition.since
    if condition.reason != "MissingValueAtPath" or not wanted or since is None or now - since < NOTICE:
        return None
    value = at_path(resource.obj, wanted["path"])
    if value is None:
        status = StageStatus(
            state=State.FAILED,
            reason=condition.reason,
            message=wanted["path"],
            code=CauseCode.OUTPUT_MISSING,
            condition=condition,
            since=since,
        )
        return item.replaced_by(status)
    return item.with_status(code=CauseCode.NOT_NOTICED, condition=condition)


def _with_problem(item: Activity, status: StageStatus) -> Activity:
    """A failure counts at once; for a temporary problem the activity stays done, with that cause."""
    if status.state is State.FAILED:
        return item.replaced_by(status)
    return item.with_status(code=status.code, condition=status.condition)


_UNKNOWN = object()


def at_path(obj: dict[str, Any], path: str) -> Any:
    """Return the value at a simple path; None where it is absent, an opaque value for any other path."""
    if not _PLAIN_PATH.fullmatch(path):
        return _UNKNOWN
    value: Any = obj
    for part in path.strip(".").split("."):
        value = value.get(part) if isinstance(value, dict) else None
        if value is None:
            return None
    return value
