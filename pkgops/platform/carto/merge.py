"""The JSON merge patch from a live object to a rendered one. Pure.

Unlike Cartographer's merge patch it keeps fields that other managers added: only fields of an earlier
rendering, which the API server records in ``metadata.managedFields``, are removed.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pkgops.kube import Obj

MANAGER = "cartographer"
"""The field manager under which stamped objects are written; the real controller's binary has that name."""


def merge_patch(live: Obj, rendered: Obj, manager: str = MANAGER) -> Obj:
    """Return a JSON merge patch from ``live`` to ``rendered``; empty if nothing is to be written."""
    desired = {key: value for key, value in rendered.items() if key not in ("apiVersion", "kind", "status")}
    return _patch(live, desired, owned_fields(live, manager))


def owned_fields(live: Obj, manager: str) -> Obj:
    """Return the ``fieldsV1`` tree of the fields that a manager wrote outside of subresources."""
    tree: Obj = {}
    for entry in live["metadata"].get("managedFields") or []:
        if entry.get("manager") == manager and not entry.get("subresource"):
            tree = _joined(tree, entry.get("fieldsV1") or {})
    return tree


def _joined(first: Obj, second: Obj) -> Obj:
    return {key: _joined(first.get(key, {}), second.get(key, {})) for key in {**first, **second}}


def _patch(live: Mapping[str, Any], desired: Mapping[str, Any], owned: Obj) -> Obj:
    patch: Obj = {key: None for key in live if f"f:{key}" in owned and key not in desired}
    for key, value in desired.items():
        current = live.get(key)
        if isinstance(value, Mapping) and isinstance(current, Mapping):
            below = _patch(current, value, _below(key, current, owned))
            if below:
                patch[key] = below
        elif not same(value, current):
            patch[key] = value
    return patch


def _below(key: str, current: Mapping[str, Any], owned: Obj) -> Obj:
    """Return the owned fields below a key; an atomic map is owned as a whole, so all its keys are."""
    known = owned.get(f"f:{key}")
    if known == {}:
        return {f"f:{name}": {} for name in current}
    return dict(known or {})


def same(desired: Any, current: Any) -> bool:
    """Return whether two JSON values are equal; null and absent are, 1 and true are not."""
    if isinstance(desired, Mapping) and isinstance(current, Mapping):
        keys = {
            key
            for key in (*desired, *current)
            if desired.get(key) is not None or current.get(key) is not None
        }
        return all(same(desired.get(key), current.get(key)) for key in keys)
    if isinstance(desired, list) and isinstance(current, list):
        return len(desired) == len(current) and all(map(same, desired, current))
    return isinstance(desired, bool) == isinstance(current, bool) and bool(desired == current)
