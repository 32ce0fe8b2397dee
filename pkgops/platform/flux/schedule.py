"""When an object is reconciled next. A restart loses that, and reconciles at once, as Flux does."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from pkgops.platform.queue import Key

FIRST_RETRY_SECONDS = 0.75
LAST_RETRY_SECONDS = 900.0


class Schedule:
    """Due times by key; thread-safe. ``clock`` returns rising seconds."""

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

    def at_once(self, key: Key) -> None:
        """Make a key due now: something outside has changed."""
        with self._lock:
            self._urgent.add(key)

    @contextmanager
    def attempt(self, key: Key) -> Iterator[bool]:
        """Surround a reconciliation; yields whether ``at_once`` asked for it.

        What is announced meanwhile makes the key due again, and so does one that breaks off.
        """
        with self._lock:
            urgent = key in self._urgent
            self._urgent.discard(key)
        try:
            yield urgent
        except BaseException:
            self.at_once(key)
            raise

    def succeeded(self, key: Key, seconds: float) -> float:
        """Set the next reconciliation after a success; returns ``seconds``."""
        with self._lock:
            self._failures.pop(key, None)
            self._due[key] = self._clock() + seconds
        return seconds

    def failed(self, key: Key) -> float:
        """Set the next reconciliation after a failure, each time twice as late; returns the seconds."""
        with self._lock:
            failures = self._failures.get(key, 0)
            self._failures[key] = failures + 1
            seconds: float = min(LAST_RETRY_SECONDS, FIRST_RETRY_SECONDS * 2.0**failures)
            self._due[key] = self._clock() + seconds
        return seconds

    def stalled(self, key: Key) -> None:
        """Do not reconcile again until something requests it."""
        with self._lock:
            self._due[key] = float("inf")

    def forget(self, key: Key) -> None:
        """Forget a key that is gone."""
        with self._lock:
            self._due.pop(key, None)
            self._failures.pop(key, None)
            self._urgent.discard(key)
