"""One level-triggered reconciler with its queue and workers."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable

from pkgops.errors import PkgopsError
from pkgops.kube import Conflict
from pkgops.platform.queue import Key, WorkQueue

log = logging.getLogger(__name__)

Reconcile = Callable[[Key], float | None]

FIRST_RETRY_SECONDS = 0.1
LAST_RETRY_SECONDS = 60.0


class Controller:
    """Calls ``reconcile(key)`` for every key that is queued.

    ``reconcile`` returns None, or the seconds after which to look again. What it raises is logged,
    and the key comes again with exponential back-off.
    """

    def __init__(
        self,
        name: str,
        reconcile: Reconcile,
        *,
        workers: int = 1,
        clock: Callable[[], float] = time.monotonic,
        delay: Callable[[], float] = lambda: 0.0,
    ) -> None:
        self.name = name
        self._delay = delay
        self._reconcile = reconcile
        self._queue = WorkQueue(clock)
        self._failures: dict[Key, int] = {}
        self._threads = [
            threading.Thread(target=self._work, name=f"{name}-{index}", daemon=True)
            for index in range(workers)
        ]

    def enqueue(self, key: Key, after: float = 0.0) -> None:
        """Queue a key, ``after`` seconds from now and what this controller takes to notice a change."""
        self._queue.add(key, after + self._delay())

    def start(self) -> None:
        """Start the workers."""
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """End the workers after what they are doing."""
        self._queue.close()

    def depth(self) -> int:
        """How many keys wait."""
        return len(self._queue)

    def _work(self) -> None:
        while (key := self._queue.take()) is not None:
            try:
                self.run_once(key)
            finally:
                self._queue.done(key)

    def run_once(self, key: Key) -> None:
        """Reconcile one key now, and queue it again as its result asks."""
        try:
            after = self._reconcile(key)
        except Exception as error:
            self._retry(key, error)
            return
        self._failures.pop(key, None)
        if after is not None:
            self._queue.add(key, after)

    def _retry(self, key: Key, error: Exception) -> None:
        failures = self._failures.get(key, 0)
        self._failures[key] = failures + 1
        delay = min(LAST_RETRY_SECONDS, FIRST_RETRY_SECONDS * 2**failures)
        expected = isinstance(error, PkgopsError)
        if not isinstance(error, Conflict):
            log.warning(
                "%s %s/%s: %s (again in %.1f s)",
                self.name,
                *key,
                error,
                delay,
                exc_info=None if expected else error,
            )
        self._queue.add(key, delay)
