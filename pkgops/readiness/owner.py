"""Cartographer Workload and Deliverable, and the blueprints that drive them."""

from __future__ import annotations

import re
from typing import Any

from pkgops import temporary
from pkgops.model import Code, Condition, State
from pkgops.readiness.base import Obj, Readiness, conditions, find, has, patient, status, told, unread

_WAITING = re.compile(
    r"value \[(?P<path>.+?)\] from (?:(?:un)?healthy )?(?:object|resource) "
    r"\[(?P<kind>[^/\]]+)/(?P<name>[^\]]+)\](?: in namespace \[(?P<namespace>[^\]]+)\])?"
)
_CODES = {
    "WorkloadLabelsMissing": Code.NO_LABELS,
    "DeliverableLabelsMissing": Code.NO_LABELS,
    "SupplyChainNotFound": Code.NO_BLUEPRINT,
    "DeliveryNotFound": Code.NO_BLUEPRINT,
    "MultipleSupplyChainMatches": Code.SEVERAL_BLUEPRINTS,
    "MultipleDeliveryMatches": Code.SEVERAL_BLUEPRINTS,
    "TemplatesNotFound": Code.TEMPLATE_MISSING,
    "TemplateStampFailure": Code.TEMPLATE_ERROR,
    "TemplateRejectedByAPIServer": Code.TEMPLATE_REJECTED,
    "TemplateObjectRetrievalFailure": Code.TEMPLATE_MISSING,
    "TemplateOptionsMatchError": Code.TEMPLATE_ERROR,
    "ResolveTemplateOptionsError": Code.TEMPLATE_ERROR,
    "ServiceAccountError": Code.SERVICE_ACCOUNT_MISSING,
    "ServiceAccountTokenError": Code.SERVICE_ACCOUNT_MISSING,
    "FailedToListCreatedObjects": Code.FORBIDDEN,
}


def read(obj: Obj) -> Readiness:
    """Read an owner or a blueprint; Ready=True speaks of the past, the stages tell of now."""
    waiting = unread(obj, "cartographer-controller")
    if waiting:
        return waiting
    found = conditions(obj)
    ready = find(found, "Ready")
    if ready is None:
        return Readiness(State.WAITING, "NotObserved", waits_for="cartographer-controller")
    if ready.status == "True":
        return told(State.DONE, ready)
    state = State.FAILED if ready.status == "False" else State.WAITING
    return patient(told(state, ready, code=classify(ready)))


def classify(bad: Condition) -> Code | None:
    """The cause that a condition of an owner, or of one of its resources, names by itself."""
    if has(bad.message, "is forbidden", "forbidden:"):
        return Code.FORBIDDEN
    if temporary.of_text(bad.message, only_api=True):
        return Code.TEMPORARY_ERROR
    if has(bad.message, "cannot read value") and has(bad.message, "healthy object"):
        return Code.OUTPUT_MISSING
    if bad.reason == "UnknownError" and has(bad.message, "deployment not found in upstream template"):
        return Code.OUTPUT_MISSING
    if bad.reason == "UnknownError" and has(bad.message, "matching option"):
        return Code.TEMPLATE_ERROR
    if bad.reason == "UnknownError" and has(bad.message, "does not match a known template"):
        return Code.TEMPLATE_MISSING
    return _CODES.get(bad.reason)


def waited_value(message: str) -> dict[str, str]:
    """Path, kind (``plural.group``), name and namespace of the value that Cartographer waits for."""
    found = _WAITING.search(message)
    return {key: value or "" for key, value in found.groupdict().items()} if found else {}


def resources(obj: Obj) -> list[dict[str, Any]]:
    """The entries of ``status.resources``; releases before 0.3 have none."""
    return list(status(obj).get("resources") or ())


def blueprint_ref(obj: Obj) -> tuple[str, str]:
    """Kind and name of the blueprint in use; empty before one matched."""
    found = status(obj)
    ref = found.get("supplyChainRef") or found.get("deliveryRef") or {}
    return str(ref.get("kind") or ""), str(ref.get("name") or "")
