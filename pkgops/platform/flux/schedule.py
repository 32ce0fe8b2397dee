"""The times of the next reconciliations, kept in memory: after a restart all objects are due, as in Flux."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from pkgops.platform.queue import Key

FIRST_RETRY_SECONDS = 0.75
LAST_RETRY_SECONDS = 900.0


class Schedule:
    """Due times by key; thread-safe. ``clock`` returns monotonic seconds."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._due: dict[Key, float] = {}
        self._failures: dict[Key, int] = {}
        self._urgent: set[Key] = set()

    def wait(self, key: Key) -> float:
        """Return the seconds until a key is due; 0 for now."""
        with self._lock:
            if key in self._urgent:
                return 0.0
            return max(0.0, self._due.get(key, 0.0) - self._clock())

    def make_due(self, key: Key) -> None:
        """Make a key due now, after a notification of a push."""
        with self._lock:
            self._urgent.add(key)

    @contextmanager
    def attempt(self, key: Key) -> Iterator[bool]:
        """Return the context of a reconciliation; it yields whether ``make_due`` was called for it.

        If ``make_due`` is called meanwhile, or an exception is raised, the key is due again.
        """
        with self._lock:
            urgent = key in self._urgent
            self._urgent.discard(key)
        try:
            yield urgent
        except BaseException:
            self.make_due(key)
            raise

    def succeeded(self, key: Key, seconds: float) -> float:
        """Set the next reconciliation after a success; returns ``seconds``."""
        with self._lock:
            self._failures.pop(key, None)
            self._due[key] = self._clock() + seconds
        return seconds

    def failed(self, key: Key) -> float:
        """Set the next reconciliation after a failure, with exponential back-off; returns the seconds."""
        with self._lock:
            failures = self._failures.get(key, 0)
            self._failures[key] = failures + 1
            seconds: float = min(LAST_RETRY_SECONDS, FIRST_RETRY_SECONDS * 2.0**failures)
            self._due[key] = self._clock() + seconds
        return seconds

    def stalled(self, key: Key) -> None:
        """Do not reconcile again before ``make_due`` or a request."""
        with self._lock:
            self._due[key] = float("inf")

    def forget(self, key: Key) -> None:
        """Drop the state of a key whose object is deleted."""
        with self._lock:
            self._due.pop(key, None)
            self._failures.pop(key, None)
            self._urgent.discard(key)
