"""kpack's conditions: reason and message are omitted where empty; the time changes with every field."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

from pkgops.kube import Obj
from pkgops.platform.conditions import find_condition, timestamp


class ConditionUpdate(NamedTuple):
    """The new type, status, reason and message of a condition."""

    type: str
    status: str
    reason: str = ""
    message: str = ""


def conditions(updates: Iterable[ConditionUpdate], before: Iterable[Obj], now: datetime) -> list[Obj]:
    """Return the conditions; one that is equal to that before keeps its time."""
    old = list(before)
    return [_with_kept_time(_condition(update, now), find_condition(old, update.type)) for update in updates]


def _condition(update: ConditionUpdate, now: datetime) -> Obj:
    texts = {key: text for key, text in (("reason", update.reason), ("message", update.message)) if text}
    return {"type": update.type, "status": update.status, **texts, "lastTransitionTime": timestamp(now)}


def _with_kept_time(new: Obj, old: Obj | None) -> Obj:
    if old is None:
        return new
    same = {**new, "lastTransitionTime": old.get("lastTransitionTime")}
    return old if same == old else new
