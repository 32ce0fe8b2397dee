"""Which blueprint a workload or deliverable selects, by Cartographer's rule: the most specific match."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

Obj = dict[str, Any]


def score(blueprint: Obj, labels: Mapping[str, str]) -> int:
    """Return how specifically a blueprint selects these labels; 0 where it does not.

    Matching by fields needs the whole object and is left to Cartographer.
    """
    spec = blueprint.get("spec") or {}
    wanted = spec.get("selector") or {}
    expressions = spec.get("selectorMatchExpressions") or []
    matches = all(labels.get(key) == value for key, value in wanted.items())
    if not matches or not all(_matches(item, labels) for item in expressions):
        return 0
    return len(wanted) + len(expressions)


def best(blueprints: Iterable[Obj], labels: Mapping[str, str]) -> list[str]:
    """Return the names of the blueprints with the highest score; more than one is a conflict."""
    scored = {str(item["metadata"]["name"]): score(item, labels) for item in blueprints}
    top = max(scored.values(), default=0)
    return sorted(name for name, points in scored.items() if points == top and points > 0)


def _matches(expression: Mapping[str, Any], labels: Mapping[str, str]) -> bool:
    key, operator = str(expression.get("key")), expression.get("operator")
    values = expression.get("values") or []
    if operator == "Exists":
        return key in labels
    if operator == "DoesNotExist":
        return key not in labels
    if operator == "In":
        return labels.get(key) in values
    return operator == "NotIn" and labels.get(key) not in values
