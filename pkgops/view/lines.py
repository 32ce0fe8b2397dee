"""Append-only lines for logs and pipes; as JSON, one for each change, for programs."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, TextIO

from pkgops.model import CHAIN, Event, Snapshot, State
from pkgops.values import replace
from pkgops.view import changes, text
from pkgops.view.debounce import Debounce

TITLE_WIDTH = 24


def line(event: Event, began: datetime) -> str:
    """Return one event as a line: elapsed time, scope and stage, object, what happened."""
    return text.visible_lines(_line(event, began))


def _line(event: Event, began: datetime) -> str:
    if event.type == "target":
        return event.message
    elapsed = text.duration(event.time - began).rjust(6)
    if event.data.get("workload"):
        elapsed = f"{elapsed}  {event.data['workload']}"
    if event.type in {"note", "done"} and not event.stage:
        return f"{elapsed}  {event.message}"
    if event.type == "failed":
        return "\n".join([f"{elapsed}  failed: {event.message}", *_explained(event.data)])
    if event.type == "log":
        return f"{elapsed}  {event.scope} | {event.message}"
    title = str(event.data.get("title") or event.stage or event.type)
    place = f"{event.scope}: {title}" if event.scope and event.scope != CHAIN else title
    about = f"{event.object}  " if event.object else ""
    held = "blocked" if event.state is State.FAILED else "held up"
    mark = f"{held}: " if event.type == "blocked" else ""
    return f"{elapsed}  {place.ljust(TITLE_WIDTH)}  {about}{mark}{event.message}"


def _explained(data: Mapping[str, Any]) -> Iterator[str]:
    why = str(data.get("why") or "").splitlines()
    step = [f"next: {data['next']}"] if data.get("next") else []
    return (f"{'':8}{line}" for line in (*why, *step))


def document(event: Event) -> dict[str, Any]:
    """Return one event as a JSON document; ``stage`` is always present."""
    return {
        "time": event.time.isoformat(),
        "type": event.type,
        "stage": event.stage,
        "part": event.scope,
        "state": str(event.state) if event.state else None,
        "object": changes.reference(event.object),
        "message": event.message,
        "data": event.data,
    }


class LineProgress:
    """Writes a line for each event, and for each change between Snapshots that has lasted for a while."""

    def __init__(self, stream: TextIO, began: datetime, *, as_json: bool = False, workload: str = "") -> None:
        self.stream = stream
        self.began = began
        self.as_json = as_json
        self.workload = workload
        self.last: Snapshot | None = None
        self.debounce = Debounce()

    def event(self, event: Event) -> None:
        """Write one event."""
        if self.workload:
            event = replace(event, data={**event.data, "workload": self.workload})
        shown = (
            json.dumps(document(event), separators=(",", ":")) if self.as_json else line(event, self.began)
        )
        self.stream.write(shown + "\n")
        self.stream.flush()

    def snapshot(self, snapshot: Snapshot) -> None:
        """Write the changes since the last Snapshot."""
        events = changes.between(self.last, snapshot)
        for event in events if self.as_json else self.debounce.take(events, snapshot):
            self.event(event)
        self.last = snapshot

    def log_end(self, lines: Sequence[str]) -> None:
        """Write nothing: `pkgops logs` shows logs; the end of a failed step's is in its event."""

    def hint(self, keys: str) -> None:
        """Write nothing: a hint is shown on boards only."""

    def of(self, workload: str) -> LineProgress:
        """Return the progress of one of several workloads, whose lines have its name."""
        return LineProgress(self.stream, self.began, as_json=self.as_json, workload=workload)

    def close(self) -> None:
        """Do nothing: every line is written already."""
