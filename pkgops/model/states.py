"""What a stage is doing, and what a whole run has come to."""

from __future__ import annotations

from enum import StrEnum


class State(StrEnum):
    """What one activity is doing, as far as its objects show."""

    DONE = "done"
    WORKING = "working"
    WAITING = "waiting"
    FAILED = "failed"
    UNKNOWN = "unknown"


class Verdict(StrEnum):
    """What a whole run has come to.

    ``stale`` means that everything reports success, and yet what was built last is not what is delivered.
    ``absent`` means that there are no objects (never applied, or cleaned up).
    """

    READY = "ready"
    WORKING = "working"
    WAITING = "waiting"
    FAILED = "failed"
    STALE = "stale"
    UNKNOWN = "unknown"
    ABSENT = "absent"
