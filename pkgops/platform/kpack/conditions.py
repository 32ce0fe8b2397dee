"""kpack's conditions: reason and message only where there are any, a new time whenever anything changes."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

from pkgops.kube import Obj
from pkgops.platform.conditions import find_condition, timestamp


class ConditionUpdate(NamedTuple):
    """What a condition says."""

    type: str
    status: str
    reason: str = ""
    message: str = ""


def conditions(said: Iterable[ConditionUpdate], before: Iterable[Obj], now: datetime) -> list[Obj]:
    """Return the conditions; one that says the same as before keeps its time."""
    old = list(before)
    return [_keep(_condition(one, now), find_condition(old, one.type)) for one in said]


def _condition(one: ConditionUpdate, now: datetime) -> Obj:
    texts = {key: text for key, text in (("reason", one.reason), ("message", one.message)) if text}
    return {"type": one.type, "status": one.status, **texts, "lastTransitionTime": timestamp(now)}


def _keep(new: Obj, old: Obj | None) -> Obj:
    if old is None:
        return new
    same = {**new, "lastTransitionTime": old.get("lastTransitionTime")}
    return old if same == old else new
