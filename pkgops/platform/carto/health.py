"""The ``Healthy`` condition of a resource, from its template's healthRule and its object. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from pkgops.formats import gofmt
from pkgops.kube import Obj
from pkgops.platform.carto.context import Output
from pkgops.platform.carto.jsonpath import JsonPathError, evaluate
from pkgops.platform.carto.selection import field_matches
from pkgops.platform.conditions import condition_of


@dataclass(frozen=True, slots=True)
class Health:
    """Status, reason and message of a ``Healthy`` condition."""

    status: str
    reason: str
    message: str = ""


def resource_health(kind: str, rule: Obj | None, stamped: Obj | None, output: Output) -> Health:
    """Return the health of a resource.

    Args:
        kind: the template's kind.
        rule: its healthRule, or None.
        stamped: the object of this reconcile, or None if there is none.
        output: the output that was read in this reconcile; empty if there is none.
    """
    if rule is None and kind != "ClusterTemplate":
        return Health("True", "OutputsAvailable") if output else Health("Unknown", "OutputNotAvailable")
    if rule is None or rule.get("alwaysHealthy") is not None:
        return Health("True", "AlwaysHealthy") if stamped else Health("Unknown", "NoStampedObject")
    return by_rule(rule, stamped) if stamped else Health("Unknown", "Unknown")


def object_health(rule: Obj | None, stamped: Obj) -> str:
    """Return the health of one of the objects of an immutable resource: True, False or Unknown."""
    if rule is None or rule.get("alwaysHealthy") is not None:
        return "True"
    return by_rule(rule, stamped).status


def by_rule(rule: Obj, stamped: Obj) -> Health:
    """Return the health of an object by a singleConditionType or multiMatch rule."""
    if rule.get("singleConditionType"):
        return _single(str(rule["singleConditionType"]), stamped)
    return _multi(rule.get("multiMatch") or {}, stamped)


def _single(type: str, stamped: Obj) -> Health:
    condition = condition_of(stamped, type)
    reason = f"{type}Condition"
    if condition is None:
        return Health("Unknown", reason, f"condition with type [{type}] not found on resource status")
    status = str(condition.get("status"))
    return Health(
        status if status in ("True", "False") else "Unknown", reason, str(condition.get("message") or "")
    )


def _multi(rule: Obj, stamped: Obj) -> Health:
    unhealthy, healthy = rule.get("unhealthy") or {}, rule.get("healthy") or {}
    for judged in _matches(unhealthy, stamped):
        if judged is not None:
            return Health("False", judged.reason, judged.message)
    judgements = list(_matches(healthy, stamped))
    if judgements and judgements[0] is not None and None not in judgements:
        return Health("True", judgements[0].reason, judgements[0].message)
    return Health("Unknown", "NoMatchesFulfilled")


def _matches(requirements: Obj, stamped: Obj) -> Iterable[Health | None]:
    for requirement in requirements.get("matchConditions") or []:
        yield _condition_match(requirement, stamped)
    for requirement in requirements.get("matchFields") or []:
        yield _field_match(requirement, stamped)


def _condition_match(requirement: Obj, stamped: Obj) -> Health | None:
    condition = condition_of(stamped, str(requirement["type"]))
    if condition is None or condition.get("status") != requirement["status"]:
        return None
    message = f"condition status: {condition['status']}, message: {condition.get('message') or ''}"
    return Health("", "MatchedCondition", message)


def _field_match(requirement: Obj, stamped: Obj) -> Health | None:
    if not field_matches(requirement, stamped):
        return None
    value = _text_at(str(requirement["key"]), stamped, "<nil>")
    path = str(requirement.get("messagePath") or "")
    unknown = f"unknown, error retrieving message path [{path}]"
    return Health("", "MatchedField", f"field value: {value}, message: {_text_at(path, stamped, unknown)}")


def _text_at(path: str, stamped: Obj, otherwise: str) -> str:
    try:
        return gofmt.text(evaluate(path, stamped))
    except JsonPathError:
        return otherwise
