"""Unknown fields: those that the real systems' definitions do not have, and report too. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cache
from typing import Any

from pkgops.kube import Obj
from pkgops.platform.fieldsupport import LIST, fields_of, parts_of

Tree = dict[str, Any]
_FREE = ("annotations", "labels")
"""Fields of an object's metadata that may have any keys."""


def unknown_fields(group: str, obj: Obj) -> list[str]:
    """Return the paths in an object's spec that are not in ``fields.yaml``, in Kubernetes' format.

    Objects of another version than that of the list have none.
    """
    known = fields_of(group).get(obj["kind"])
    if known is None or obj.get("apiVersion") != known.api_version:
        return []
    return list(_unknown(obj.get("spec"), _tree(group, obj["kind"])["spec"], "spec"))


def warnings(group: str, obj: Obj) -> list[str]:
    """Return the admission warnings about unknown fields of an object."""
    return list(drop_warnings(unknown_fields(group, obj)))


def drop_warnings(paths: Iterable[str]) -> Iterator[str]:
    """Yield the admission warnings about fields that the real definitions drop."""
    return (f'unknown field "{path}": the real definition drops it' for path in paths)


@cache
def _tree(group: str, kind: str) -> Tree:
    """Return the tree of a kind's fields by name; below a field with an empty tree all fields are known."""
    tree: Tree = {}
    for field in sorted(fields_of(group)[kind].fields, key=lambda field: len(field.path)):
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
