"""Which changes are printed as a line: stages that ended, and those that have been in progress for a while.

A run passes through many states that last for milliseconds; as lines they would hide the others. A board
shows them in place, and programs get every one of them.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from pkgops.model import Event, Snapshot, State
from pkgops.values import replace

MOMENT = timedelta(seconds=2)
_ENDED = (State.DONE, State.FAILED)
Key = tuple[str, str]


class Debounce:
    """Delays events of stages until their state has lasted for MOMENT."""

    def __init__(self) -> None:
        self._held: dict[Key, tuple[Event, datetime]] = {}
        self._shown: dict[Key, tuple[str, str]] = {}

    def take(self, events: list[Event], snapshot: Snapshot) -> Iterator[Event]:
        """Take events; yield those that are to be shown now, in their order."""
        stages = {stage.name for stage in snapshot.all_stages}
        for event in events:
            key = event.scope, event.stage
            if event.type != "stage":
                yield event
            elif event.state in _ENDED and not event.data.get("still"):
                self._held.pop(key, None)
                yield from self._show(key, event)
            elif event.data.get("waitsFor") in stages:
                self._held.pop(key, None)
            else:
                since = self._held[key][1] if key in self._held else snapshot.taken_at
                self._held[key] = event, since
        yield from self._lasted(snapshot.taken_at)

    def _lasted(self, now: datetime) -> Iterator[Event]:
        for key, (event, since) in list(self._held.items()):
            if now - since >= MOMENT:
                del self._held[key]
                yield from self._show(key, replace(event, time=now))

    def _show(self, key: Key, event: Event) -> Iterator[Event]:
        content = str(event.object), event.message
        if self._shown.get(key) != content:
            self._shown[key] = content
            yield event
