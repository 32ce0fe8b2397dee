"""Values of the downward API: fields of an App's metadata, as data values of ytt. Pure.

Source: ``pkg/template/downward_api_values.go``. Paths may contain names only, no other JSONPath.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

_RELAXED = re.compile(r"\{\.?([^{}]+)\}|\.?([^{}]+)")
_NAME = re.compile(
    r"""\.?\['(?P<single>[^']+)'\]|\.?\["(?P<double>[^"]+)"\]|\.?(?P<bare>(?:\\.|[^.\[\]\\*])+)"""
)
_ESCAPED = re.compile(r"\\(.)")
_EMPTY = {"name": "", "namespace": "", "uid": "", "labels": {}, "annotations": {}}


class BadItem(ValueError):
    """An item is not valid, or its field does not exist; the text is kapp-controller's message."""


def values(items: Iterable[Mapping[str, Any]], metadata: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the data values of each item, in their order.

    Args:
        items: the ``items`` of a ``downwardAPI``.
        metadata: name, namespace, uid, labels and annotations of the App.

    Raises:
        BadItem: a name or a path is not valid, or the field does not exist.
    """
    document = {"apiVersion": "", "kind": "", "metadata": {**_EMPTY, **metadata}}
    return [_value(item, document) for item in items]


def _value(item: Mapping[str, Any], document: dict[str, Any]) -> dict[str, Any]:
    name, path = str(item.get("name") or ""), str(item.get("fieldPath") or "")
    if name.startswith(".") or name.endswith(".") or ".." in name:
        raise BadItem(
            f"Invalid name was provided '{name}' "
            "(hint: separate paths should only use a single '.' character)"
        )
    if not path:
        raise BadItem("Invalid downward API item given")
    value: Any = document
    for part in _parts(path):
        if not isinstance(value, dict) or part not in value:
            raise BadItem(f"{part} is not found")
        value = value[part]
    for key in reversed(_keys(name)):
        value = {key: value}
    return dict(value)


def _parts(path: str) -> list[str]:
    match = _RELAXED.fullmatch(path)
    if match is None:
        raise BadItem(
            "unexpected path string, expected a 'name1.name2' or '.name1.name2' or '{name1.name2}' "
            "or '{.name1.name2}'"
        )
    inner = match[1] or match[2]
    parts, at = [], 0
    while at < len(inner):
        name = _NAME.match(inner, at)
        if name is None:
            raise BadItem(
                "Invalid field spec provided to DownwardAPI. Only single supported fields are allowed"
            )
        parts.append(name["single"] or name["double"] or _ESCAPED.sub(r"\1", name["bare"]))
        at = name.end()
    return parts


def _keys(name: str) -> list[str]:
    """Return the keys of a name, which dots separate; an escaped dot is part of a key."""
    keys, escaped = [""], False
    for char in name:
        if char == "." and not escaped:
            keys.append("")
        elif char == "\\" and not escaped:
            escaped = True
            continue
        else:
            keys[-1] += char
        escaped = False
    return keys
