"""A work queue with delays: each key is in it once, and is processed by one worker at a time.

The behaviour is that of client-go's rate-limited work queue: a key that is added while it is being
processed is queued again when that is done.
"""

from __future__ import annotations

import heapq
import threading
from collections.abc import Callable
from typing import NamedTuple


class Key(NamedTuple):
    """The namespace and name of an object; the namespace is empty for cluster-scoped kinds."""

    namespace: str
    name: str


class WorkQueue:
    """Keys to be processed by workers. Thread-safe; ``clock`` returns monotonic seconds."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._changed = threading.Condition()
        self._due: dict[Key, float] = {}
        self._heap: list[tuple[float, Key]] = []
        self._working: set[Key] = set()
        self._closed = False

    def add(self, key: Key, after: float = 0.0) -> None:
        """Queue a key for ``after`` seconds from now; of two times the earlier one is kept."""
        due = self._clock() + after
        with self._changed:
            known = self._due.get(key)
            if known is not None and known <= due:
                return
            self._due[key] = due
            heapq.heappush(self._heap, (due, key))
            self._changed.notify()

    def take(self) -> Key | None:
        """Wait for a key that is due and return it; None once the queue is closed."""
        with self._changed:
            while not self._closed:
                key, wait = self._next()
                if key is not None:
                    del self._due[key]
                    self._working.add(key)
                    return key
                self._changed.wait(wait)
            return None

    def done(self, key: Key) -> None:
        """Mark the processing of a key as done; only then is it returned again."""
        with self._changed:
            self._working.discard(key)
            if key in self._due:
                heapq.heappush(self._heap, (self._due[key], key))
                self._changed.notify()

    def close(self) -> None:
        """Close the queue: ``take`` returns None to all workers."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()

    def __len__(self) -> int:
        """Return how many keys are queued."""
        return len(self._due)

    def _next(self) -> tuple[Key | None, float | None]:
        while self._heap:
            due, key = self._heap[0]
            if self._due.get(key) != due or key in self._working:
                heapq.heappop(self._heap)
                continue
            wait = due - self._clock()
            if wait > 0:
                return None, wait
            heapq.heappop(self._heap)
            return key, None
        return None, None
