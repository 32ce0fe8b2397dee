"""Cartographer Workload and Deliverable, and their blueprints."""

from __future__ import annotations

import re
from typing import Any

from pkgops import temporary
from pkgops.model import CauseCode, Condition, StageStatus, State
from pkgops.readiness.base import (
    Obj,
    conditions,
    find,
    forbidden,
    from_condition,
    has,
    status,
    temporary_as_waiting,
    unobserved,
)

_WAITING = re.compile(
    r"value \[(?P<path>.+?)\] from (?:(?:un)?healthy )?(?:object|resource) "
    r"\[(?P<kind>[^/\]]+)/(?P<name>[^\]]+)\](?: in namespace \[(?P<namespace>[^\]]+)\])?"
)
# Messages of the API server (k8s.io/apimachinery and the validation of StatefulSets and pods), of webhooks
# that use Knative's library (kpack), and of Tekton's.
_IMMUTABLE = re.compile(
    r"is immutable|immutable fields? changed|updates to .* are forbidden|updates may not change fields"
    r"|only status updates are allowed",
    re.IGNORECASE,
)
_CODES = {
    "WorkloadLabelsMissing": CauseCode.NO_LABELS,
    "DeliverableLabelsMissing": CauseCode.NO_LABELS,
    "SupplyChainNotFound": CauseCode.NO_BLUEPRINT,
    "DeliveryNotFound": CauseCode.NO_BLUEPRINT,
    "MultipleSupplyChainMatches": CauseCode.SEVERAL_BLUEPRINTS,
    "MultipleDeliveryMatches": CauseCode.SEVERAL_BLUEPRINTS,
    "TemplatesNotFound": CauseCode.TEMPLATE_MISSING,
    "TemplateStampFailure": CauseCode.TEMPLATE_ERROR,
    "TemplateRejectedByAPIServer": CauseCode.TEMPLATE_REJECTED,
    "TemplateObjectRetrievalFailure": CauseCode.TEMPLATE_MISSING,
    "TemplateOptionsMatchError": CauseCode.TEMPLATE_ERROR,
    "ResolveTemplateOptionsError": CauseCode.TEMPLATE_ERROR,
    "ServiceAccountError": CauseCode.SERVICE_ACCOUNT_MISSING,
    "ServiceAccountTokenError": CauseCode.SERVICE_ACCOUNT_MISSING,
    "FailedToListCreatedObjects": CauseCode.FORBIDDEN,
}


def read(obj: Obj) -> StageStatus:
    """Return the status of an owner or a blueprint. Ready=True is of the last pass; stages may be newer."""
    waiting = not_observed(obj)
    if waiting:
        return waiting
    told_conditions = conditions(obj)
    ready = find(told_conditions, "Ready")
    if ready is None:
        return StageStatus(state=State.WAITING, reason="NotObserved", waits_for="cartographer-controller")
    if ready.status == "True":
        return from_condition(State.DONE, ready)
    state = State.FAILED if ready.status == "False" else State.WAITING
    return temporary_as_waiting(from_condition(state, ready, code=classify(ready)))


def not_observed(obj: Obj) -> StageStatus | None:
    """The status while Cartographer has not observed its present generation; None afterwards."""
    return unobserved(obj, "cartographer-controller")


def classify(bad: Condition) -> CauseCode | None:
    """The cause that a condition of an owner, or of one of its resources, names; None where it names none."""
    if forbidden(bad.message):
        return CauseCode.FORBIDDEN
    if temporary.of_text(bad.message, only_api=True):
        return CauseCode.TEMPORARY_ERROR
    if has(bad.message, "cannot read value") and has(bad.message, "healthy object"):
        return CauseCode.OUTPUT_MISSING
    if bad.reason == "TemplateRejectedByAPIServer" and _IMMUTABLE.search(bad.message):
        return CauseCode.FIELD_IMMUTABLE
    if bad.reason == "UnknownError" and has(bad.message, "deployment not found in upstream template"):
        return CauseCode.OUTPUT_MISSING
    if bad.reason == "UnknownError" and has(bad.message, "matching option"):
        return CauseCode.TEMPLATE_ERROR
    if bad.reason == "UnknownError" and has(bad.message, "does not match a known template"):
        return CauseCode.TEMPLATE_MISSING
    return _CODES.get(bad.reason)


def waited_value(message: str) -> dict[str, str]:
    """Path, kind (``plural.group``), name and namespace of the value that Cartographer waits for."""
    match = _WAITING.search(message)
    return {key: value or "" for key, value in match.groupdict().items()} if match else {}


def resources(obj: Obj) -> list[dict[str, Any]]:
    """The entries of ``status.resources``; releases before 0.3 have none."""
    return list(status(obj).get("resources") or ())


def blueprint_ref(obj: Obj) -> tuple[str, str]:
    """Kind and name of the blueprint in use; empty before one matched."""
    current = status(obj)
    ref = current.get("supplyChainRef") or current.get("deliveryRef") or {}
    return str(ref.get("kind") or ""), str(ref.get("name") or "")
