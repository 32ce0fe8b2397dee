"""Knative's condition sets: ``Ready`` is computed from the conditions that it depends on.

False if any dependent is False, else Unknown if any is Unknown, else True; reason and message are
those of the dependent that was marked last (knative.dev/pkg/apis, "living" condition sets).
"""

from __future__ import annotations

from datetime import datetime

from pkgops.kube import Obj
from pkgops.platform.conditions import timestamp

READY = "Ready"


class ConditionSet:
    """The conditions of one object while its status is calculated.

    Args:
        current: the current conditions of the object.
        dependents: the types that Ready depends on; without any, Ready is set directly.
        now: the ``lastTransitionTime`` of conditions that change.
    """

    def __init__(self, current: list[Obj], dependents: tuple[str, ...], now: datetime) -> None:
        self._now = timestamp(now)
        self._before = {item["type"]: item for item in current}
        self._dependents = dependents
        self._all: dict[str, Obj] = {}
        for name in (*dependents, READY):
            self._all[name] = self._before.get(name) or {"type": name, "status": "Unknown"}

    def mark(self, type: str, status: str, reason: str = "", message: str = "") -> None:
        """Set a condition that Ready depends on, or Ready itself; its time is kept if nothing changes."""
        self._all[type] = self._condition(type, status, reason, message)
        if type not in self._dependents:
            return
        if status == "True":
            self._recompute()
        elif status == "False" or not any(self.status(name) == "False" for name in self._dependents):
            self._ready(status, reason, message)
        elif self.status(READY) != "False":
            self._ready("False", reason, message)

    def mark_info(self, type: str, status: str, reason: str = "", message: str = "") -> None:
        """Set a condition with severity ``Info``, on which Ready does not depend."""
        self._all[type] = {**self._condition(type, status, reason, message), "severity": "Info"}

    def get(self, type: str) -> Obj | None:
        """Return a condition."""
        return self._all.get(type)

    def status(self, type: str) -> str:
        """Return a condition's status, ``Unknown`` where it is not set."""
        return str(self._all.get(type, {}).get("status", "Unknown"))

    def result(self) -> list[Obj]:
        """Return all conditions, sorted by type."""
        dated = [self._dated(item) for item in self._all.values()]
        return sorted(dated, key=lambda item: str(item["type"]))

    def _ready(self, status: str, reason: str, message: str) -> None:
        self._all[READY] = self._condition(READY, status, reason, message)

    def _recompute(self) -> None:
        """Set Ready by the dependent that changed last of those that are False, else of the Unknown ones."""
        dated = [self._dated(self._all[name]) for name in sorted(self._dependents)]
        dated.sort(key=lambda item: str(item["lastTransitionTime"]), reverse=True)
        for status in ("False", "Unknown"):
            for item in dated:
                if item["status"] == status:
                    self._ready(status, item.get("reason", ""), item.get("message", ""))
                    return
        self._ready("True", "", "")

    def _condition(self, type: str, status: str, reason: str, message: str) -> Obj:
        condition: Obj = {"type": type, "status": status}
        if reason:
            condition["reason"] = reason
        if message:
            condition["message"] = message
        return condition

    def _dated(self, item: Obj) -> Obj:
        plain = {key: value for key, value in item.items() if key != "lastTransitionTime"}
        before = self._before.get(str(item["type"]))
        if before is not None and {**before, "lastTransitionTime": ""} == {**plain, "lastTransitionTime": ""}:
            return before
        return {**plain, "lastTransitionTime": self._now}
