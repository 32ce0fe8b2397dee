"""The state of a stage, and the verdict of a whole run."""

from __future__ import annotations

from enum import StrEnum


class State(StrEnum):
    """The state of one stage, as its objects show it."""

    DONE = "done"
    WORKING = "working"
    WAITING = "waiting"
    FAILED = "failed"
    UNKNOWN = "unknown"


class Verdict(StrEnum):
    """The verdict of a whole run.

    ``stale`` means that everything reports success, but the image delivered is not the one built last.
    ``absent`` means that there are no objects (never applied, or cleaned up).
    """

    READY = "ready"
    WORKING = "working"
    WAITING = "waiting"
    FAILED = "failed"
    STALE = "stale"
    UNKNOWN = "unknown"
    ABSENT = "absent"
