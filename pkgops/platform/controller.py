"""A level-triggered reconciler with its work queue and workers."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable

from pkgops.errors import PkgopsError
from pkgops.kube import Conflict
from pkgops.platform.backoff import Backoff, RateLimit
from pkgops.platform.queue import Key, WorkQueue

log = logging.getLogger(__name__)

Reconcile = Callable[[Key], float | None]
OnFailure = Callable[[Key, Exception, int], None]
OnLimit = Callable[[Key], None]


class Controller:
    """Calls ``reconcile(key)`` for every key that is queued.

    ``reconcile`` returns None, or the seconds after which to run again. An exception is logged and passed
    to ``on_failure`` with the number of failures in a row, and the key is queued again with exponential
    back-off. A key that is reconciled too often is delayed, and ``on_limit`` is called for it once.
    """

    def __init__(
        self,
        name: str,
        reconcile: Reconcile,
        *,
        workers: int = 1,
        clock: Callable[[], float] = time.monotonic,
        delay: Callable[[], float] = lambda: 0.0,
        on_failure: OnFailure | None = None,
        on_limit: OnLimit | None = None,
    ) -> None:
        self.name = name
        self._delay = delay
        self._reconcile = reconcile
        self._on_failure = on_failure
        self._on_limit = on_limit
        self._queue = WorkQueue(clock)
        self._backoff = Backoff(clock)
        self._limit = RateLimit(clock)
        self._threads = [
            threading.Thread(target=self._work, name=f"{name}-{index}", daemon=True)
            for index in range(workers)
        ]

    def enqueue(self, key: Key, after: float = 0.0) -> None:
        """Queue a key because of another writer's change, which ends its back-off.

        It is due in ``after`` seconds plus the configured delay of this controller.
        """
        self._backoff.changed(key)
        self._queue.add(key, after + self._delay())

    def enqueue_own(self, key: Key) -> None:
        """Queue a key whose status the reconciler has changed itself, unless a retry is due anyway."""
        after = self._backoff.own_change(key)
        if after is not None:
            self._queue.add(key, after + self._delay())

    def requeue(self, key: Key) -> None:
        """Queue a key without a change."""
        self._queue.add(key)

    def forget(self, key: Key) -> None:
        """Drop the rate limit of a key whose object is deleted."""
        self._limit.forget(key)

    def start(self) -> None:
        """Start the workers."""
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Stop the workers after their current reconcile."""
        self._queue.close()

    def depth(self) -> int:
        """Return how many keys are queued."""
        return len(self._queue)

    def _work(self) -> None:
        while (key := self._queue.take()) is not None:
            try:
                self.run_once(key)
            finally:
                self._queue.done(key)

    def run_once(self, key: Key) -> None:
        """Reconcile one key, or queue it for later if its rate limit is reached; requeue it by the result."""
        wait = self._limit.take(key)
        if wait:
            self._queue.add(key, wait)
            self._report_limit(key)
            return
        self._backoff.started(key)
        try:
            after = self._reconcile(key)
        except Exception as error:
            self._retry(key, error)
            return
        left = self._backoff.succeeded(key)
        if left is not None:
            self._queue.add(key, left + self._delay())
        if after is not None:
            self._queue.add(key, after)

    def _report_limit(self, key: Key) -> None:
        if not self._limit.report_due(key):
            return
        log.warning("%s %s/%s is tried too often; it is held to a try each half second", self.name, *key)
        if self._on_limit is not None:
            self._on_limit(key)

    def _retry(self, key: Key, error: Exception) -> None:
        after = self._backoff.failed(key)
        expected = isinstance(error, PkgopsError)
        if not isinstance(error, Conflict):
            log.warning(
                "%s %s/%s: %s (again in %.1f s)",
                self.name,
                *key,
                error,
                after,
                exc_info=None if expected else error,
            )
        try:
            if self._on_failure is not None:
                self._on_failure(key, error, self._backoff.failures(key))
        except Exception:
            log.exception("reporting the failure of %s %s/%s", self.name, *key)
        self._queue.add(key, after)
