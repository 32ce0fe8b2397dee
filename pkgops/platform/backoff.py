"""Back-off and rate limit of the keys of a work queue. Pure.

The back-off belongs to the key. A success or a change by another writer ends it; what the reconciler
itself writes never does, or a reconciler that writes and fails would trigger itself for ever.
"""

from __future__ import annotations

import threading
from collections.abc import Callable

from pkgops.platform.queue import Key

FIRST_SECONDS = 0.1
LAST_SECONDS = 60.0
FREE_OWN_CHANGES = 3
"""How many of a reconciler's own changes are queued without delay; some kinds need two or three runs."""
RUNS_PER_MINUTE = 120
ROUNDING = 1e-6


def delay(step: int) -> float:
    """Return the seconds to wait before a step of a back-off; steps are counted from 0."""
    return float(min(LAST_SECONDS, FIRST_SECONDS * 2 ** min(step, 20)))


class Backoff:
    """The back-off of the keys of one controller. Thread-safe; ``clock`` returns monotonic seconds."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._failures: dict[Key, int] = {}
        self._own: dict[Key, tuple[int, float]] = {}
        self._left: set[Key] = set()

    def failures(self, key: Key) -> int:
        """Return how many times a key has failed since its last success or change by another writer."""
        return self._failures.get(key, 0)

    def started(self, key: Key) -> None:
        """Record that a reconcile starts: it reads all changes that were made before."""
        with self._lock:
            self._left.discard(key)

    def failed(self, key: Key) -> float:
        """Count a failure; return the seconds until the next reconcile."""
        with self._lock:
            failures = self._failures.get(key, 0)
            self._failures[key] = failures + 1
        return delay(failures)

    def succeeded(self, key: Key) -> float | None:
        """End the back-off after failures.

        Returns the seconds until the reconcile for a change that the reconciler itself made during the last
        one, or None if there was none: such a change was deferred, and a success queues nothing by itself.
        """
        with self._lock:
            self._failures.pop(key, None)
            if key not in self._left:
                return None
            self._left.discard(key)
            return self._own_delay(key)

    def changed(self, key: Key) -> None:
        """Reset the back-off: another writer has changed what the key depends on."""
        with self._lock:
            self._failures.pop(key, None)
            self._own.pop(key, None)

    def own_change(self, key: Key) -> float | None:
        """Return the seconds until the reconcile for a change that the reconciler itself made.

        None where nothing is to be queued, as a retry is due anyway. Each such change in a row is
        reconciled later than the one before; a row ends when there is none for twice the longest delay.
        """
        with self._lock:
            if key in self._failures:
                self._left.add(key)
                return None
            return self._own_delay(key)

    def _own_delay(self, key: Key) -> float:
        now = self._clock()
        count, last = self._own.get(key, (0, now))
        if now - last > 2 * LAST_SECONDS:
            count = 0
        self._own[key] = (count + 1, now)
        return delay(count - FREE_OWN_CHANGES) if count >= FREE_OWN_CHANGES else 0.0


class RateLimit:
    """A token bucket for each key: ``per_minute`` runs at once, then one after another at that rate.

    It limits what no back-off does, such as two controllers that revert each other's changes.
    """

    def __init__(self, clock: Callable[[], float], per_minute: int = RUNS_PER_MINUTE) -> None:
        self._clock = clock
        self._most = float(per_minute)
        self._rate = per_minute / 60.0
        self._left: dict[Key, tuple[float, float]] = {}
        self._limited: set[Key] = set()

    def take(self, key: Key) -> float:
        """Take one run of a key and return 0; where none is left, return the seconds to wait."""
        now = self._clock()
        left, then = self._left.get(key, (self._most, now))
        left = min(self._most, left + (now - then) * self._rate)
        if left >= self._most - 1:
            self._limited.discard(key)
        if left < 1.0 - ROUNDING:
            self._left[key] = (left, now)
            return (1.0 - left) / self._rate
        self._left[key] = (left - 1.0, now)
        return 0.0

    def report_due(self, key: Key) -> bool:
        """Return True once for a limit that was reached, so that it is reported once."""
        if key in self._limited:
            return False
        self._limited.add(key)
        return True

    def forget(self, key: Key) -> None:
        """Drop the state of a key whose object is deleted (``Forget`` of client-go)."""
        self._left.pop(key, None)
        self._limited.discard(key)
