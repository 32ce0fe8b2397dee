"""Cartographer Runnable: its newest run decides; the status keeps the outputs of the last successful one."""

from __future__ import annotations

from pkgops import temporary
from pkgops.model import CauseCode, Condition, Output, StageStatus, State
from pkgops.readiness.base import (
    Obj,
    condition,
    forbidden,
    from_condition,
    has,
    status,
    temporary_as_waiting,
    unobserved,
)

CONTROLLER = "cartographer-controller"


def read(obj: Obj) -> StageStatus:
    """Return the status of a Runnable; outputs of an earlier run do not make it done."""
    waiting = unobserved(obj, CONTROLLER, output(obj))
    if waiting:
        return waiting
    template, run = condition(obj, "RunTemplateReady"), condition(obj, "StampedObjectCondition")
    if template and template.status == "False":
        return temporary_as_waiting(
            from_condition(State.FAILED, template, code=classify(template), output=output(obj))
        )
    if run is None:
        return _old(obj)
    state = {"True": State.DONE, "False": State.FAILED}.get(run.status, State.WORKING)
    code = CauseCode.TASK_FAILED if state is State.FAILED else None
    return from_condition(state, run, code=code, output=output(obj))


def _old(obj: Obj) -> StageStatus:
    """Releases before 0.5 have no StampedObjectCondition: Ready alone has the state (hand-written case)."""
    ready = condition(obj, "Ready")
    state = State.DONE if ready and ready.status == "True" and status(obj).get("outputs") else State.WORKING
    return StageStatus(
        state=state,
        reason=ready.reason if ready else "",
        message=ready.message if ready else "",
        output=output(obj),
    )


def classify(bad: Condition) -> CauseCode:
    """The cause of ``RunTemplateReady=False``, by its reason and message."""
    text = bad.message
    if has(text, "selector did not match any objects"):
        return CauseCode.TASK_MISSING
    if has(text, "selector matched multiple objects"):
        return CauseCode.TASK_AMBIGUOUS
    if forbidden(text):
        return CauseCode.FORBIDDEN
    if temporary.of_text(text, only_api=True):
        return CauseCode.TEMPORARY_ERROR
    return {
        "RunTemplateNotFound": CauseCode.RUN_TEMPLATE_MISSING,
        "ServiceAccountError": CauseCode.SERVICE_ACCOUNT_MISSING,
        "ServiceAccountTokenError": CauseCode.SERVICE_ACCOUNT_MISSING,
        "StampedObjectRejectedByAPIServer": CauseCode.TEMPLATE_REJECTED,
        "OutputPathNotSatisfied": CauseCode.OUTPUT_MISSING,
    }.get(bad.reason, CauseCode.TEMPLATE_ERROR)


def output(obj: Obj) -> Output:
    """The run's outputs by the names that Cartographer's templates read."""
    outputs = status(obj).get("outputs") or {}
    return Output(
        revision=str(outputs.get("revision") or ""),
        image=str(outputs.get("image") or ""),
        url=str(outputs.get("url") or ""),
    )
