"""Conditions by the rules of the Flux toolkit: negative ones are present only while they are true."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from pkgops.kube import Obj
from pkgops.platform.conditions import condition

NEGATIVE = (
    "StorageOperationFailed",
    "FetchFailed",
    "IncludeUnavailable",
    "ArtifactOutdated",
    "Stalled",
    "Reconciling",
)
_ORDER = ("Stalled", "Reconciling", "Ready")


class Conditions:
    """The conditions of one object during a reconciliation. ``now`` returns the current time."""

    def __init__(self, obj: Obj, now: Callable[[], datetime]) -> None:
        self._generation = obj["metadata"].get("generation", 1)
        self._now = now
        entries = (obj.get("status") or {}).get("conditions") or []
        self._entries: dict[str, Obj] = {entry["type"]: entry for entry in entries}

    def set(self, type: str, status: str, reason: str, message: str) -> None:
        """Set a condition; ``lastTransitionTime`` changes with every field, not only with the status."""
        new = condition(type, status, reason, message, self._now())
        new["observedGeneration"] = self._generation
        old = self._entries.get(type)
        if old is not None and all(old.get(key) == new[key] for key in new if key != "lastTransitionTime"):
            return
        self._entries[type] = new

    def drop(self, *types: str) -> None:
        """Remove conditions."""
        for name in types:
            self._entries.pop(name, None)

    def has(self, type: str) -> bool:
        """Return whether a condition is True."""
        return self._entries.get(type, {}).get("status") == "True"

    def progress(self, message: str, *, ready: bool = True) -> None:
        """Set Reconciling with a progress message; ``ready`` also sets Ready to Unknown."""
        self.set("Reconciling", "True", "Progressing", message)
        if ready:
            self.set("Ready", "Unknown", "Progressing", message)

    def fail(self, reason: str, message: str, *also: str) -> None:
        """Set the conditions of a failure that is retried; ``also`` are further negative conditions."""
        for name in also:
            self.set(name, "True", reason, message)
        self.set("Ready", "False", reason, message)
        progress = self._entries.get("Reconciling", {}).get("message") or "reconciliation in progress"
        self.set("Reconciling", "True", "ProgressingWithRetry", progress)

    def stall(self, reason: str, message: str, *also: str) -> None:
        """Set the conditions of a failure that is not retried until the spec changes."""
        for name in ("Stalled", *also):
            self.set(name, "True", reason, message)
        self.set("Ready", "False", reason, message)
        self.drop("Reconciling")

    def succeed(self, message: str, *also: str) -> None:
        """Set Ready, and the conditions ``also``, to True and remove all negative conditions."""
        self.drop(*NEGATIVE)
        for name in ("Ready", *also):
            self.set(name, "True", "Succeeded", message)

    def list(self) -> list[Obj]:
        """Return the conditions in the order in which the toolkit writes them."""
        rest = sorted(name for name in self._entries if name not in _ORDER)
        return [self._entries[name] for name in (*_ORDER, *rest) if name in self._entries]
