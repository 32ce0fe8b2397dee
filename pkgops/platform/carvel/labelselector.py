"""Label selectors as text, parsed as Kubernetes does (``labels.Parse``)."""

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
    """Return the predicate of a label selector: whether labels match; an empty selector matches all.

    Raises:
        ValueError: the text is not a label selector.
    """
    requirements: list[Selects] = []
    position = 0
    while position < len(text):
        match = _REQUIREMENT.match(text, position)
        if match is None or (match["end"] and match.end() == len(text)):
            raise ValueError(f"unable to parse requirement: {text!r}")
        requirements.append(_requirement(match))
        position = match.end()
    return lambda labels: all(is_met(labels) for is_met in requirements)


def _requirement(match: re.Match[str]) -> Selects:
    key, value, operator = match["key"], match["value"], match["is"] or match["in"]
    if match["absent"]:
        absent = match["none"]
        return lambda labels: absent not in labels
    if operator in ("in", "notin"):
        values = {item.strip() for item in match["set"].split(",")}
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
