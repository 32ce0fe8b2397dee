"""An error that no reconciler foresaw, reported on the object: a condition, an event, and a count."""

from __future__ import annotations

import traceback
from collections import Counter
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

from pkgops.errors import PkgopsError
from pkgops.kube import Obj, is_temporary
from pkgops.platform.conditions import condition, find_condition

REASON = "InternalError"
"""The reason that Knative's and Tekton's controllers give to an error that they return."""
FAILURES, TEMPORARY_FAILURES = 3, 6
_ROOT = Path(__file__).parents[2]

Failed = Callable[[Obj, str, datetime], dict[str, Any]]
"""A kind's own way of saying "failed": from an object, a sentence and the time to the new status."""


class AlreadyReported(PkgopsError):
    """The object has it already; only another try is left."""


class ErrorCounter:
    """Counts the errors of a platform by controller, for the log and for tests."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()

    def count(self, controller: str) -> int:
        """Count one error; return how many there were of this controller."""
        self.counts[controller] += 1
        return self.counts[controller]


def failures_until_reported(error: Exception) -> int:
    """Return how many failures in a row it takes until they are written to the object.

    Two controllers that work on the same objects may disturb each other; what the API server cannot do
    at the moment is tried for some seconds.
    """
    return TEMPORARY_FAILURES if is_temporary(error) else FAILURES


def sentence(error: Exception) -> str:
    """Return what happened and, for an error of the platform's own code, where."""
    if isinstance(error, PkgopsError):
        return f"{error.what}: {error.why}" if error.why else error.what
    text = f"{type(error).__name__}: {error}".rstrip(": ")
    return f"the local platform did not expect this: {text}{_place(error)}"


def _place(error: Exception) -> str:
    frames = traceback.extract_tb(error.__traceback__)
    for frame in reversed(frames):
        path = Path(frame.filename)
        if path.is_relative_to(_ROOT / "pkgops"):
            return f" ({path.relative_to(_ROOT)}, line {frame.lineno}, in {frame.name})"
    return ""


def failing(*types: str, observed_in_condition: bool = False) -> Failed:
    """Return the way of kinds with conditions of these types: they are False, the others stay.

    Args:
        types: the types of the conditions; ``Ready`` where none is given.
        observed_in_condition: the kind tells in the condition, not in the status, which generation it saw.
    """

    def status(obj: Obj, message: str, now: datetime) -> dict[str, Any]:
        before = obj.get("status") or {}
        generation = obj["metadata"].get("generation", 1)
        entries = list(before.get("conditions") or [])
        for name in types or ("Ready",):
            new = condition(name, "False", REASON, message, now)
            if observed_in_condition:
                new["observedGeneration"] = generation
            old = find_condition(entries, name) or {}
            if old.get("status") == "False":
                new["lastTransitionTime"] = old.get("lastTransitionTime", new["lastTransitionTime"])
            entries = [*(entry for entry in entries if entry.get("type") != name), new]
        seen = {} if observed_in_condition else {"observedGeneration": generation}
        return {**before, **seen, "conditions": entries}

    return status
