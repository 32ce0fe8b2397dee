"""Between nodes and plain Python values."""

from __future__ import annotations

from typing import Any

from pkgops.ytt.tree.base import Item, Node
from pkgops.ytt.tree.keys import dict_key, node_key
from pkgops.ytt.tree.nodes import Array, ArrayItem, Document, DocumentSet, Map, MapItem
from pkgops.ytt.tree.position import UNKNOWN, Position


def to_plain(value: Any) -> Any:
    """Return maps as dictionaries and arrays as lists; scalars stay.

    Raises:
        ValueError: it contains a document or document set, or a key occurs twice.
    """
    if isinstance(value, Map):
        return _map_to_plain(value)
    if isinstance(value, Array):
        return [to_plain(item.value) for item in value.items]
    if isinstance(value, list):
        return [to_plain(item) for item in value]
    if isinstance(value, dict):
        return {key: to_plain(item) for key, item in value.items()}
    if isinstance(value, Node):
        raise ValueError(f"Unexpected {value.display} value within a document")
    return value


def _map_to_plain(node: Map) -> dict[Any, Any]:
    result: dict[Any, Any] = {}
    for item in node.items:
        key = dict_key(item.key)
        if key in result:
            raise ValueError(f"Unexpected duplicate key: {item.key}")
        result[key] = to_plain(item.value)
    return result


def to_nodes(value: Any, position: Position = UNKNOWN) -> Any:
    """Return dictionaries as maps and lists as arrays, also within nodes, which are changed in place."""
    if isinstance(value, dict):
        items = [MapItem(node_key(key), to_nodes(item, position), position) for key, item in value.items()]
        return Map(items, position)
    if isinstance(value, list):
        return Array([ArrayItem(to_nodes(item, position), position) for item in value], position)
    if isinstance(value, Item):
        value.value = to_nodes(value.value, position)
    elif isinstance(value, (Map, Array, DocumentSet)):
        for item in value.items:
            to_nodes(item, position)
    return value


def described_nodes(value: Any) -> Any:
    """Return plain values as nodes whose positions describe the value instead of a line.

    For values that come from no file; messages then show the description.
    """
    if isinstance(value, dict):
        return Map(
            [MapItem(node_key(k), described_nodes(i), _described(k, i, ":")) for k, i in value.items()]
        )
    if isinstance(value, list):
        return Array([ArrayItem(described_nodes(i), _described("-", i, "")) for i in value])
    if isinstance(value, (Document, MapItem, ArrayItem)):
        value.value = described_nodes(value.value)
    return value


def _described(key: Any, value: Any, separator: str) -> Position:
    shown = f'"{value}"' if isinstance(value, str) else str(value)
    return Position(text=f"{key}{separator} {shown}", from_memory=True)
