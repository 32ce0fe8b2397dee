"""Conditions as the Flux toolkit keeps them: negative ones are there only while they are true."""

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
    """The conditions of one object while it is reconciled. ``now`` returns the present moment."""

    def __init__(self, obj: Obj, now: Callable[[], datetime]) -> None:
        self._generation = obj["metadata"].get("generation", 1)
        self._now = now
        entries = (obj.get("status") or {}).get("conditions") or []
        self._entries: dict[str, Obj] = {entry["type"]: entry for entry in entries}

    def set(self, type: str, status: str, reason: str, message: str) -> None:
        """Set a condition; its time moves with every change, not only with the status."""
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
        """Tell whether a condition is there and true."""
        return self._entries.get(type, {}).get("status") == "True"

    def progress(self, message: str, *, ready: bool = True) -> None:
        """Say what is being done; ``ready`` also turns Ready to Unknown."""
        self.set("Reconciling", "True", "Progressing", message)
        if ready:
            self.set("Ready", "Unknown", "Progressing", message)

    def fail(self, reason: str, message: str, *also: str) -> None:
        """Say that it failed and will be tried again; ``also`` are negative conditions that say the same."""
        for name in also:
            self.set(name, "True", reason, message)
        self.set("Ready", "False", reason, message)
        said = self._entries.get("Reconciling", {}).get("message") or "reconciliation in progress"
        self.set("Reconciling", "True", "ProgressingWithRetry", said)

    def stall(self, reason: str, message: str, *also: str) -> None:
        """Say that only a change of the spec can help."""
        for name in ("Stalled", *also):
            self.set(name, "True", reason, message)
        self.set("Ready", "False", reason, message)
        self.drop("Reconciling")

    def succeed(self, message: str, *also: str) -> None:
        """Say that all is done; every negative condition goes."""
        self.drop(*NEGATIVE)
        for name in ("Ready", *also):
            self.set(name, "True", "Succeeded", message)

    def list(self) -> list[Obj]:
        """Return them in the order in which the toolkit writes them."""
        rest = sorted(name for name in self._entries if name not in _ORDER)
        return [self._entries[name] for name in (*_ORDER, *rest) if name in self._entries]
