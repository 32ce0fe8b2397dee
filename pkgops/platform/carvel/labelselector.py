"""Label selectors as text, read as Kubernetes reads them (``labels.Parse``)."""

from __future__ import annotations

import re
from collections.abc import Callable

Selects = Callable[[dict[str, str]], bool]

_KEY = r"[A-Za-z0-9](?:[A-Za-z0-9._/-]*[A-Za-z0-9])?"
_VALUE = r"[A-Za-z0-9._-]*"
_REQUIREMENT = re.compile(
    rf"\s*(?:(?P<absent>!)\s*(?P<none>{_KEY})"
    rf"|(?P<key>{_KEY})\s*(?:(?P<is>==|=|!=|>|<)\s*(?P<value>{_VALUE})"
    rf"|\s(?P<in>in|notin)\s*\((?P<set>[^()]*)\))?)\s*(?P<end>,|$)"
)


def selects(text: str) -> Selects:
    """Return whether labels are selected; all are by an empty text.

    Raises:
        ValueError: it is no selector.
    """
    found: list[Selects] = []
    place = 0
    while place < len(text):
        one = _REQUIREMENT.match(text, place)
        if one is None or (one["end"] and one.end() == len(text)):
            raise ValueError(f"unable to parse requirement: {text!r}")
        found.append(_requirement(one))
        place = one.end()
    return lambda labels: all(fits(labels) for fits in found)


def _requirement(one: re.Match[str]) -> Selects:
    key, value, operator = one["key"], one["value"], one["is"] or one["in"]
    if one["absent"]:
        absent = one["none"]
        return lambda labels: absent not in labels
    if operator in ("in", "notin"):
        values = {item.strip() for item in one["set"].split(",")}
        return lambda labels: (labels.get(key) in values) == (operator == "in")
    if operator in ("=", "=="):
        return lambda labels: labels.get(key) == value
    if operator == "!=":
        return lambda labels: labels.get(key) != value
    if operator in (">", "<"):
        limit = int(value)
        return lambda labels: _is_beyond(labels.get(key, ""), operator, limit)
    return lambda labels: key in labels


def _is_beyond(text: str, operator: str, limit: int) -> bool:
    if not re.fullmatch("-?[0-9]+", text):
        return False
    return int(text) > limit if operator == ">" else int(text) < limit
