"""The outputs and the clock of a flow: functions that take its events, and the time."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any, Protocol

from pkgops.errors import PkgopsError
from pkgops.model import Event, ObjectRef, Snapshot
from pkgops.model.announcement import Announcement
from pkgops.values import Value


def utc_now() -> datetime:
    """Return the time, with its zone."""
    return datetime.now(UTC)


class Recorder(Protocol):
    """Gets every event that the tracker of a run gets."""

    def write(self, type: str, obj: dict[str, Any]) -> None:
        """Write one event."""


def _ignore(_: object) -> None:
    return None


class Ports(Value, kw_only=True):
    """Callbacks for the events of a flow, and its clock.

    Attributes:
        on_event: called with each event as it happens; from one thread at a time.
        on_snapshot: called with the Snapshot of the pipeline whenever it changed.
        on_log_end: called with the last lines of the log of the running step whenever they are read.
        on_announcement: called with announcements; must not block.
        now: returns the time, aware.
        sleep: waits for seconds.
    """

    on_event: Callable[[Event], None] = _ignore
    on_snapshot: Callable[[Snapshot], None] = _ignore
    on_log_end: Callable[[Sequence[str]], None] = _ignore
    on_announcement: Callable[[Announcement], None] = _ignore
    now: Callable[[], datetime] = utc_now
    sleep: Callable[[float], None] = time.sleep

    def note(self, message: str, *, object: ObjectRef | None = None, **data: Any) -> None:
        """Report something that happened."""
        self.on_event(Event(time=self.now(), type="note", message=message, object=object, data=data))

    def failed(self, error: PkgopsError) -> None:
        """Report a failure after which the command continues."""
        data = {"code": error.slug, "why": error.why, "next": error.next}
        self.on_event(Event(time=self.now(), type="failed", message=error.summary, data=data))

    def log(self, stage: str, scope: str, message: str, **data: Any) -> None:
        """Report a line that a pod wrote into its log."""
        self.on_event(
            Event(time=self.now(), type="log", message=message, stage=stage, scope=scope, data=data)
        )

    def target(self, message: str, **data: Any) -> None:
        """Report which cluster this command works on."""
        self.on_event(Event(time=self.now(), type="target", message=message, data=data))

    def done(self, message: str, **data: Any) -> None:
        """Report how it ended."""
        self.on_event(Event(time=self.now(), type="done", message=message, data=data))
