"""The conditions of owners, resources and blueprints: order, aggregation, transition times. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from pkgops.kube import Obj
from pkgops.platform.conditions import condition, timestamp


def with_ready(conditions: Sequence[Obj], now: datetime) -> list[Obj]:
    """Return the conditions followed by ``Ready``.

    Ready is False if any is False, else Unknown if any is Unknown, else True; it has the reason and
    message of the last False condition, or else of the first Unknown one.
    """
    blocking = [entry for entry in conditions if entry["status"] == "False"][-1:]
    blocking += [entry for entry in conditions if entry["status"] == "Unknown"][:1]
    if not blocking:
        return [*conditions, condition("Ready", "True", "Ready", "", now)]
    first = blocking[0]
    return [*conditions, condition("Ready", first["status"], first["reason"], first["message"], now)]


def keep_times(new: Sequence[Obj], old: Sequence[Obj], now: datetime) -> list[Obj]:
    """Return the conditions ``new`` with the ``lastTransitionTime`` of equal conditions of ``old``.

    A change of status, reason or message is a transition, unlike in other APIs.
    """
    return [{**entry, "lastTransitionTime": _time(entry, old) or timestamp(now)} for entry in new]


def _time(entry: Obj, old: Sequence[Obj]) -> str | None:
    compared = ("type", "status", "reason", "message")
    for before in old:
        if all((before.get(field) or "") == entry[field] for field in compared):
            return before.get("lastTransitionTime")
    return None


def resources_healthy(entries: Sequence[Obj], now: datetime) -> Obj:
    """Return the owner's ``ResourcesHealthy`` from the entries of ``status.resources``."""
    healths = [
        entry for resource in entries for entry in resource["conditions"] if entry["type"] == "Healthy"
    ]
    bad = [entry for entry in healths if entry["status"] == "False"][-1:]
    bad += [entry for entry in healths if entry["status"] == "Unknown"][:1]
    if bad:
        return condition("ResourcesHealthy", bad[0]["status"], "HealthyConditionRule", bad[0]["message"], now)
    return condition("ResourcesHealthy", "True" if healths else "Unknown", "HealthyConditionRule", "", now)
