"""Knative's condition sets: ``Ready`` follows from what it depends on.

False if any dependent is False, else Unknown if any is Unknown, else True
(knative.dev/pkg/apis, "living" condition sets).
"""

from __future__ import annotations

from datetime import datetime

from pkgops.kube import Obj
from pkgops.platform.conditions import timestamp

READY = "Ready"


class Living:
    """The conditions of one object while its status is calculated.

    Args:
        current: the conditions that the object has now.
        dependents: the types that Ready depends on; without any, Ready is set by itself.
        now: the time for conditions that change.
    """

    def __init__(self, current: list[Obj], dependents: tuple[str, ...], now: datetime) -> None:
        self._now = timestamp(now)
        self._before = {item["type"]: item for item in current}
        self._dependents = dependents
        self._all: dict[str, Obj] = {}
        for kind in (*dependents, READY):
            self._all[kind] = self._before.get(kind) or {"type": kind, "status": "Unknown"}

    def mark(self, type: str, status: str, reason: str = "", message: str = "") -> None:
        """Set a condition that Ready depends on, or Ready itself; keeps the time if nothing changes."""
        self._all[type] = self._condition(type, status, reason, message)

    def inform(self, type: str, status: str, reason: str = "", message: str = "") -> None:
        """Set a condition that says something without counting for Ready."""
        self._all[type] = {**self._condition(type, status, reason, message), "severity": "Info"}

    def get(self, type: str) -> Obj | None:
        """Return a condition."""
        return self._all.get(type)

    def status(self, type: str) -> str:
        """Return a condition's status, ``Unknown`` where it is not set."""
        return str(self._all.get(type, {}).get("status", "Unknown"))

    def result(self) -> list[Obj]:
        """Return all conditions, sorted by type, Ready as its dependents say."""
        if self._dependents:
            self._derive_ready()
        dated = [self._dated(item) for item in self._all.values()]
        return sorted(dated, key=lambda item: str(item["type"]))

    def _derive_ready(self) -> None:
        for status in ("False", "Unknown"):
            # The condition that changed last is the one that Knative's Ready tells of.
            telling = [self._all[kind] for kind in self._dependents if self._all[kind]["status"] == status]
            telling.sort(key=lambda item: (not item.get("reason"),))
            if telling:
                source = telling[0]
                self.mark(READY, status, source.get("reason", ""), source.get("message", ""))
                return
        self.mark(READY, "True")

    def _condition(self, type: str, status: str, reason: str, message: str) -> Obj:
        found: Obj = {"type": type, "status": status}
        if reason:
            found["reason"] = reason
        if message:
            found["message"] = message
        return found

    def _dated(self, item: Obj) -> Obj:
        plain = {key: value for key, value in item.items() if key != "lastTransitionTime"}
        before = self._before.get(str(item["type"]))
        if before is not None and {**before, "lastTransitionTime": ""} == {**plain, "lastTransitionTime": ""}:
            return before
        return {**plain, "lastTransitionTime": self._now}


def is_current(obj: Obj) -> bool:
    """Tell whether a status speaks of the object's present spec."""
    return bool(obj.get("status", {}).get("observedGeneration") == obj["metadata"].get("generation"))


def ready_of(obj: Obj) -> Obj | None:
    """Return an object's Ready condition."""
    found = obj.get("status", {}).get("conditions") or []
    return next((item for item in found if item.get("type") == READY), None)


def is_ready(obj: Obj) -> bool:
    """Tell whether an object is Ready in its present spec."""
    return is_current(obj) and (ready_of(obj) or {}).get("status") == "True"
