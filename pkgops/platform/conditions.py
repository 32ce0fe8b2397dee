"""Conditions of Kubernetes objects."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from pkgops.kube import Obj


def timestamp(moment: datetime) -> str:
    """Return a time as Kubernetes formats it: in UTC, with seconds and ``Z``."""
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def condition(type: str, status: str, reason: str, message: str, now: datetime) -> Obj:
    """Return a condition with ``lastTransitionTime`` ``now``."""
    return {
        "type": type,
        "status": status,
        "reason": reason,
        "message": message,
        "lastTransitionTime": timestamp(now),
    }


def find_condition(conditions: Iterable[Obj], type: str) -> Obj | None:
    """Return the condition of a type, if there is one."""
    return next((entry for entry in conditions if entry.get("type") == type), None)


def condition_of(obj: Obj, type: str = "Ready") -> Obj | None:
    """Return an object's condition of a type, if there is one."""
    return find_condition((obj.get("status") or {}).get("conditions") or [], type)


def condition_status(obj: Obj, type: str = "Ready") -> str:
    """Return the status of an object's condition: ``True``, ``False`` or ``Unknown``.

    A missing condition is ``Unknown``, by the API conventions of Kubernetes.
    """
    return str((condition_of(obj, type) or {}).get("status", "Unknown"))


def is_current(obj: Obj) -> bool:
    """Return whether ``observedGeneration`` is the object's generation."""
    observed = (obj.get("status") or {}).get("observedGeneration")
    return bool(observed == obj["metadata"].get("generation"))


def is_ready(obj: Obj) -> bool:
    """Return whether an object is Ready in its current generation."""
    return is_current(obj) and condition_status(obj) == "True"
