"""Unexpected errors of reconcilers, reported in the object's conditions, as an event, and as a count."""

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
"""The reason of Knative's and Tekton's controllers for an error that they return."""
FAILURES, TEMPORARY_FAILURES = 3, 6
_ROOT = Path(__file__).parents[2]

Failed = Callable[[Obj, str, datetime], dict[str, Any]]
"""Returns the failed status of a kind, from the object, a message and the current time."""


class AlreadyReported(PkgopsError):
    """The error is in the object's status already; the reconcile is only to be retried."""


class ErrorCounter:
    """Counts errors by controller, for the log and for tests."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()

    def count(self, controller: str) -> int:
        """Count one error; return the number of errors of this controller."""
        self.counts[controller] += 1
        return self.counts[controller]


def failures_until_reported(error: Exception) -> int:
    """Return how many failures in a row are retried before the error is written to the object.

    Two controllers that write the same objects may cause errors in each other; temporary errors of the API
    server are retried for some seconds.
    """
    return TEMPORARY_FAILURES if is_temporary(error) else FAILURES


def error_message(error: Exception) -> str:
    """Return the message of an error and, for an error of the platform's own code, its file and line."""
    if isinstance(error, PkgopsError):
        return f"{error.what}: {error.why}" if error.why else error.what
    text = f"{type(error).__name__}: {error}".rstrip(": ")
    return f"the local platform did not expect this: {text}{_location(error)}"


def _location(error: Exception) -> str:
    frames = traceback.extract_tb(error.__traceback__)
    for frame in reversed(frames):
        path = Path(frame.filename)
        if path.is_relative_to(_ROOT / "pkgops"):
            return f" ({path.relative_to(_ROOT)}, line {frame.lineno}, in {frame.name})"
    return ""


def failed_conditions(*types: str, observed_in_condition: bool = False) -> Failed:
    """Return the `Failed` function of kinds that set conditions of these types to False and keep the others.

    Args:
        types: the types of the conditions; ``Ready`` where none is given.
        observed_in_condition: the kind has ``observedGeneration`` in the condition, not in the status.
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
        observed = {} if observed_in_condition else {"observedGeneration": generation}
        return {**before, **observed, "conditions": entries}

    return status
