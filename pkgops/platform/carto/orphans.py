"""Deletion of objects that an owner stamped earlier and stamps no longer."""

from __future__ import annotations

import logging
from collections.abc import Collection, Sequence

from pkgops.errors import PkgopsError
from pkgops.kube import Obj, raise_temporary
from pkgops.platform.owners import is_owned_by
from pkgops.platform.runtime import Platform

log = logging.getLogger(__name__)

_IDENTITY = ("apiVersion", "kind", "namespace", "name")


def orphaned(previous: Sequence[Obj], current: Sequence[Obj], immutable: Collection[str]) -> list[Obj]:
    """Return each ``stampedRef`` of ``previous`` whose object no entry of ``current`` references.

    Args:
        previous: ``status.resources`` before the reconcile.
        current: ``status.resources`` after it.
        immutable: the resources whose lifecycle creates a new object for each change; their older
            objects are deleted by the retention policy as long as the template is the same.
    """
    kept = {_identity(entry) for entry in current if "stampedRef" in entry}
    templates = {entry["name"]: entry.get("templateRef") for entry in current if entry["name"] in immutable}
    return [
        entry["stampedRef"]
        for entry in previous
        if "stampedRef" in entry
        and _identity(entry) not in kept
        and (entry["name"] not in templates or templates[entry["name"]] != entry.get("templateRef"))
    ]


def remove(platform: Platform, owner: Obj, reference: Obj) -> None:
    """Delete an orphan, if the owner still owns it."""
    api_version, kind, name = reference["apiVersion"], reference["kind"], reference["name"]
    namespace = reference.get("namespace", "")
    try:
        orphan = platform.client.find(api_version, kind, name, namespace)
        if orphan is None or not is_owned_by(orphan, owner):
            return
        platform.client.delete(api_version, kind, name, namespace, uid=orphan["metadata"]["uid"])
    except PkgopsError as error:
        # After a temporary error the status is not written, so that the next reconcile deletes the object.
        raise_temporary(error)
        log.warning("cannot delete orphan %s %s/%s: %s", kind, namespace, name, error)
        return
    message = f"Deleted object [{reference.get('resource', kind.lower())}/{name}]"
    platform.event(owner, "Normal", "StampedObjectRemoved", message, "Workload")


def _identity(entry: Obj) -> tuple[str, ...]:
    return tuple(str(entry["stampedRef"].get(field, "")) for field in _IDENTITY)
