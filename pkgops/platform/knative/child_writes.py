"""Create child objects, and update them to their desired state."""

from __future__ import annotations

import copy
from collections.abc import Iterable

from pkgops.kube import AlreadyExists, Conflict, Obj
from pkgops.platform.owners import is_controlled_by
from pkgops.platform.runtime import Platform


class NotOwned(Exception):
    """An object with the name of the child exists and has another owner."""


def find(platform: Platform, wanted: Obj) -> Obj | None:
    """Return the existing object with kind and name of the desired one, if there is one."""
    where = wanted["metadata"]
    return platform.get(wanted["apiVersion"], wanted["kind"], where["name"], where.get("namespace", ""))


def ensure(
    platform: Platform, wanted: Obj, owner: Obj, fields: Iterable[str] = ("spec",)
) -> tuple[Obj, bool]:
    """Create an object, or update labels, annotations and ``fields``; return it and whether it was created.

    Raises:
        NotOwned: an object of that name exists that ``owner`` does not control.
        Conflict: it changed meanwhile.
    """
    present = find(platform, wanted)
    if present is None:
        try:
            return platform.create(wanted), True
        except AlreadyExists:
            present = _read(platform, wanted)
    if not is_controlled_by(present, owner):
        raise NotOwned(wanted["metadata"]["name"])
    corrected = _corrected(present, wanted, fields)
    if corrected == present:
        return present, False
    return platform.observe(platform.client.update(corrected)), False


def _read(platform: Platform, wanted: Obj) -> Obj:
    where = wanted["metadata"]
    found = platform.client.get(
        wanted["apiVersion"], wanted["kind"], where["name"], where.get("namespace", "")
    )
    return platform.observe(found)


def _corrected(present: Obj, wanted: Obj, fields: Iterable[str]) -> Obj:
    result = copy.deepcopy(present)
    for key in ("labels", "annotations"):
        if wanted["metadata"].get(key) is not None:
            result["metadata"][key] = wanted["metadata"][key]
    for field in fields:
        result[field] = wanted[field]
    return result


def update_labels(platform: Platform, obj: Obj, labels: dict[str, str], notes: dict[str, str]) -> Obj:
    """Update an object's labels and annotations; after a conflict the object is returned unchanged."""
    wanted = copy.deepcopy(obj)
    wanted["metadata"]["labels"] = {**(wanted["metadata"].get("labels") or {}), **labels}
    wanted["metadata"]["annotations"] = {**(wanted["metadata"].get("annotations") or {}), **notes}
    try:
        return platform.observe(platform.client.update(wanted))
    except Conflict:
        return obj
