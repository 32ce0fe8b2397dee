"""Create child objects, and update them to their desired state."""

from __future__ import annotations

import copy
from collections.abc import Iterable

from pkgops.kube import AlreadyExists, Conflict, Obj
from pkgops.platform.owners import is_controlled_by
from pkgops.platform.runtime import Platform


class NotOwned(Exception):
    """An object with the name of the child exists and has another owner."""


def find(platform: Platform, desired: Obj) -> Obj | None:
    """Return the existing object with kind and name of the desired one, if there is one."""
    metadata = desired["metadata"]
    return platform.get(
        desired["apiVersion"], desired["kind"], metadata["name"], metadata.get("namespace", "")
    )


def ensure(
    platform: Platform, desired: Obj, owner: Obj, fields: Iterable[str] = ("spec",)
) -> tuple[Obj, bool]:
    """Create an object, or update labels, annotations and ``fields``; return it and whether it was created.

    Raises:
        NotOwned: an object of that name exists that ``owner`` does not control.
        Conflict: it changed meanwhile.
    """
    present = find(platform, desired)
    if present is None:
        try:
            return platform.create(desired), True
        except AlreadyExists:
            present = _read(platform, desired)
    if not is_controlled_by(present, owner):
        raise NotOwned(desired["metadata"]["name"])
    corrected = _corrected(present, desired, fields)
    if corrected == present:
        return present, False
    return platform.observe(platform.client.update(corrected)), False


def _read(platform: Platform, desired: Obj) -> Obj:
    metadata = desired["metadata"]
    existing = platform.client.get(
        desired["apiVersion"], desired["kind"], metadata["name"], metadata.get("namespace", "")
    )
    return platform.observe(existing)


def _corrected(present: Obj, desired: Obj, fields: Iterable[str]) -> Obj:
    result = copy.deepcopy(present)
    for key in ("labels", "annotations"):
        if desired["metadata"].get(key) is not None:
            result["metadata"][key] = desired["metadata"][key]
    for field in fields:
        result[field] = desired[field]
    return result


def update_labels(platform: Platform, obj: Obj, labels: dict[str, str], annotations: dict[str, str]) -> Obj:
    """Update an object's labels and annotations; after a conflict the object is returned unchanged."""
    desired = copy.deepcopy(obj)
    desired["metadata"]["labels"] = {**(desired["metadata"].get("labels") or {}), **labels}
    desired["metadata"]["annotations"] = {**(desired["metadata"].get("annotations") or {}), **annotations}
    try:
        return platform.observe(platform.client.update(desired))
    except Conflict:
        return obj
