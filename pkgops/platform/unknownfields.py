"""Fields that the real systems' definitions do not have: slips that are reported there too. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cache
from typing import Any

from pkgops.kube import Obj
from pkgops.platform.fieldledger import LIST, fields_of, parts_of

Tree = dict[str, Any]
_FREE = ("annotations", "labels")
"""Maps of an object's metadata, which may have any keys."""


def unknown_fields(group: str, obj: Obj) -> list[str]:
    """Return the paths in an object's spec that the list of its kind does not have.

    They are written as Kubernetes writes them. Of another version than the list's, nothing is said.
    """
    known = fields_of(group).get(obj["kind"])
    if known is None or obj.get("apiVersion") != known.api_version:
        return []
    return list(_unknown(obj.get("spec"), _tree(group, obj["kind"])["spec"], "spec"))


def told(group: str, obj: Obj) -> list[str]:
    """Return the warnings at admission about such fields: the real definitions do not keep them."""
    return list(dropped(unknown_fields(group, obj)))


def dropped(paths: Iterable[str]) -> Iterator[str]:
    """Return the warnings of fields that the real definitions do not keep."""
    return (f'unknown field "{path}": the real definition drops it' for path in paths)


@cache
def _tree(group: str, kind: str) -> Tree:
    """Return the fields of a kind by their names; below a field with an empty tree all may stand."""
    tree: Tree = {}
    for field in sorted(fields_of(group)[kind].fields, key=lambda one: len(one.path)):
        node = tree
        for part in parts_of(field.path):
            node = node.setdefault(part.removesuffix(LIST), {})
    return tree


def _unknown(value: Any, node: Tree, place: str) -> Iterator[str]:
    if isinstance(value, list):
        for index, item in enumerate(value):
            yield from _unknown(item, node, f"{place}[{index}]")
    elif isinstance(value, dict) and node:
        for key, below in value.items():
            if key in _FREE and place.endswith("metadata"):
                continue
            if key in node:
                yield from _unknown(below, node[key], f"{place}.{key}")
            else:
                yield f"{place}.{key}"
