"""Append-only lines for logs and pipes; as JSON, one a change, for programs."""

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
    """Return one event as a JSON document; ``stage`` is always there."""
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
    """Writes a line for each event, and for what changed between snapshots and is no mere moment."""

    def __init__(self, stream: TextIO, began: datetime, *, as_json: bool = False, workload: str = "") -> None:
        self.stream = stream
        self.began = began
        self.as_json = as_json
        self.workload = workload
        self.last: Snapshot | None = None
        self.settled = Debounce()

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
        """Write what changed since the last snapshot."""
        events = changes.between(self.last, snapshot)
        for event in events if self.as_json else self.settled.take(events, snapshot):
            self.event(event)
        self.last = snapshot

    def log_end(self, lines: Sequence[str]) -> None:
        """Leave a log to `pkgops logs`; of a step that fails its end is shown."""

    def hint(self, keys: str) -> None:
        """Leave it out: it is of the moment."""

    def of(self, workload: str) -> LineProgress:
        """Return what writes the lines of one of several workloads, each with its name."""
        return LineProgress(self.stream, self.began, as_json=self.as_json, workload=workload)

    def close(self) -> None:
        """Nothing is held back, so nothing is left to write."""
