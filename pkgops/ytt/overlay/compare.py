"""Whether one tree contains another."""

from __future__ import annotations

from typing import Any

from pkgops.ytt.tree.base import Node, kind_name
from pkgops.ytt.tree.keys import node_key, same_key
from pkgops.ytt.tree.nodes import Array, ArrayItem, Map, MapItem


def difference(left: Any, right: Any) -> str:
    """Return why ``left`` does not contain ``right``; empty if it does.

    A map contains a map with some of its items, an array one with the same first items. Dictionaries and
    lists count as maps and arrays; only compared values are copied.
    """
    left, right = _as_node(left), _as_node(right)
    if isinstance(right, Map):
        return _map_difference(left, right)
    if isinstance(right, Array):
        return _array_difference(left, right)
    return leaf_difference(left, right)


def _as_node(value: Any) -> Any:
    """Return a dictionary as a map and a list as an array, whose values stay as they are."""
    if isinstance(value, dict):
        return Map([MapItem(node_key(key), item) for key, item in value.items()])
    if isinstance(value, list):
        return Array([ArrayItem(item) for item in value])
    return value


def _map_difference(left: Any, right: Map) -> str:
    if not isinstance(left, Map):
        return f"Expected map, but was {kind_name(left)}"
    for wanted in right.items:
        found = [item for item in left.items if same_key(item.key, wanted.key)]
        if not found:
            return "Expected at least one map item to match by key"
        for item in found:
            different = difference(item.value, wanted.value)
            if different:
                return different
    return ""


def _array_difference(left: Any, right: Array) -> str:
    if not isinstance(left, Array):
        return f"Expected array, but was {kind_name(left)}"
    for index, wanted in enumerate(right.items):
        if index >= len(left.items):
            return "Expected to have matching number of array items"
        different = difference(left.items[index].value, wanted.value)
        if different:
            return different
    return ""


def leaf_difference(left: Any, right: Any) -> str:
    """Return why two scalars differ; empty if they are equal."""
    if not isinstance(left, Node) and type(left) is type(right) and left == right:
        return ""
    return f"Expected leaf values to match {kind_name(left)} {kind_name(right)}"
