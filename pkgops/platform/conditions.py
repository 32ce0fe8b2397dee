"""Conditions in the form that Kubernetes kinds share."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from pkgops.kube import Obj


def timestamp(moment: datetime) -> str:
    """Return a moment as Kubernetes writes it: UTC, seconds, ``Z``."""
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def condition(type: str, status: str, reason: str, message: str, now: datetime) -> Obj:
    """Return one condition that changed at ``now``."""
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


def keep_transitions(new: Iterable[Obj], old: Iterable[Obj]) -> list[Obj]:
    """Return ``new`` with the lastTransitionTime of ``old`` wherever the status did not change."""
    before = {entry.get("type"): entry for entry in old}
    return [_keep(entry, before.get(entry.get("type"))) for entry in new]


def set_condition(conditions: Iterable[Obj], new: Obj) -> list[Obj]:
    """Return the list with one condition replaced in place, or appended."""
    entries = list(conditions)
    for index, entry in enumerate(entries):
        if entry.get("type") == new["type"]:
            entries[index] = _keep(new, entry)
            return entries
    return [*entries, new]


def _keep(new: Obj, old: Obj | None) -> Obj:
    if old is None or old.get("status") != new.get("status") or "lastTransitionTime" not in old:
        return new
    return {**new, "lastTransitionTime": old["lastTransitionTime"]}
