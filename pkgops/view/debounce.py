"""Which changes are worth a line in a log: what ended, and what has been in progress for more than a moment.

A run passes through many states that last for milliseconds; as lines they hide what matters. A board
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
    """Holds events of stages back until their state has stood for a moment."""

    def __init__(self) -> None:
        self._held: dict[Key, tuple[Event, datetime]] = {}
        self._said: dict[Key, tuple[str, str]] = {}

    def take(self, events: list[Event], snapshot: Snapshot) -> Iterator[Event]:
        """Take what changed; yield what is to be shown now, in the order in which it happened."""
        stages = {stage.name for stage in snapshot.all_stages}
        for event in events:
            key = event.scope, event.stage
            if event.type != "stage":
                yield event
            elif event.state in _ENDED and not event.data.get("still"):
                self._held.pop(key, None)
                yield from self._tell(key, event)
            elif event.data.get("waitsFor") in stages:
                self._held.pop(key, None)
            else:
                since = self._held[key][1] if key in self._held else snapshot.taken_at
                self._held[key] = event, since
        yield from self._stood(snapshot.taken_at)

    def _stood(self, now: datetime) -> Iterator[Event]:
        for key, (event, since) in list(self._held.items()):
            if now - since >= MOMENT:
                del self._held[key]
                yield from self._tell(key, replace(event, time=now))

    def _tell(self, key: Key, event: Event) -> Iterator[Event]:
        said = str(event.object), event.message
        if self._said.get(key) != said:
            self._said[key] = said
            yield event
