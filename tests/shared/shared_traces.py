"""The recordings of the real platform, each read once."""

from __future__ import annotations

import gzip
import json
import math
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import Any

from json_copy import Packed, json_copy

from pkgops.flows import replay
from pkgops.model import Snapshot

Obj = dict[str, Any]
NAMES = ("first-run", "second-run")
TRACES = Path(__file__).parent.parent / "data" / "traces"


class Kept(Packed):
    """What was read once for all tests, so that none may change it: a copy, deep or not, may be changed."""

    def _refuse(self, *_: object, **__: object) -> Any:
        raise TypeError("this object of a recording is shared by all tests: change a copy of it")

    __setitem__ = __delitem__ = __ior__ = _refuse  # type: ignore[assignment]
    clear = pop = popitem = setdefault = update = _refuse

    def __deepcopy__(self, _memo: dict[int, Any]) -> Obj:
        copied: Obj = json_copy(self)
        return copied


@cache
def lines(name: str) -> tuple[Obj, ...]:
    """Return the events of a recording: seconds ``t``, ``type`` and ``object``."""
    with gzip.open(TRACES / f"{name}.jsonl.gz", "rt") as file:
        return tuple(json.loads(line, object_hook=Kept) for line in file)


def objects(kind: str = "", names: tuple[str, ...] = NAMES) -> Iterator[Obj]:
    """Yield every recorded state of a kind, or of all kinds."""
    for name in names:
        yield from (line["object"] for line in lines(name) if kind in ("", line["object"]["kind"]))


@cache
def recorded(name: str) -> replay.Recording:
    """Return a recording as ``pkgops replay`` reads it."""
    return replay.load(TRACES / f"{name}.jsonl.gz")


class Moments(Sequence[tuple[float, Snapshot]]):
    """Seconds and Snapshot of every event of a recording; a Snapshot is made when it is first asked for."""

    def __init__(self, name: str) -> None:
        self._recording = recorded(name)
        self._seconds = [line.t for line in self._recording.lines]
        self._made: dict[int, Snapshot] = {}
        self._begin()

    def _begin(self) -> None:
        self._tracker, self._applied = replay.tracker_at(self._recording, -math.inf), 0

    def __len__(self) -> int:
        return len(self._seconds)

    def __getitem__(self, index: Any) -> Any:
        if isinstance(index, slice):
            return [self[one] for one in range(*index.indices(len(self)))]
        at = range(len(self))[index]
        if at not in self._made:
            self._made[at] = self._make(at)
        return self._seconds[at], self._made[at]

    def _make(self, at: int) -> Snapshot:
        if at < self._applied - 1:
            self._begin()
        for line in self._recording.lines[self._applied : at + 1]:
            self._tracker.apply(line.type, line.object)
        self._applied = at + 1
        return self._tracker.snapshot(self._recording.began + timedelta(seconds=self._seconds[at]))

    def between(self, begin: float, end: float = math.inf) -> Iterator[tuple[float, Snapshot]]:
        """Yield the moments from ``begin`` on, up to ``end``."""
        yield from (self[at] for at, seconds in enumerate(self._seconds) if begin <= seconds <= end)

    def since(self, seconds: float) -> Iterator[tuple[float, Snapshot]]:
        """Yield what was true at a moment, and all that came after it."""
        return self.between(max((known for known in self._seconds if known <= seconds), default=0.0))

    def before(self, seconds: float) -> Snapshot:
        """Return the last Snapshot before a moment."""
        return self[bisect_left(self._seconds, seconds) - 1][1]

    def after(self, seconds: float) -> Snapshot:
        """Return the first Snapshot after a moment."""
        return self[bisect_right(self._seconds, seconds)][1]


@cache
def played(name: str) -> Moments:
    """Return the moments of a recording."""
    return Moments(name)
