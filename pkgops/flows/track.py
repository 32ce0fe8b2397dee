"""Follow a run on a cluster: one informer a kind and namespace, Snapshots as things change."""

from __future__ import annotations

import queue
import time
from collections.abc import Callable, Iterator
from datetime import datetime
from types import TracebackType
from typing import TYPE_CHECKING, Protocol

from pkgops import kube
from pkgops.errors import PkgopsError
from pkgops.flows.ports import utc_now
from pkgops.flows.survey import served
from pkgops.kube import Client, Forbidden, NotFound, Obj, WatchEvent
from pkgops.model import Snapshot
from pkgops.pipeline import Focus, Tracker, Watch

if TYPE_CHECKING:
    from pkgops.kube import Informer

SYNC_SECONDS = 15.0
"""How long the first lists may take before a Snapshot is given without them."""


class Recorder(Protocol):
    """Takes every event that the tracker sees."""

    def write(self, type: str, obj: Obj) -> None:
        """Take one event."""


class Follower:
    """Follows one focus on a cluster until closed; use it as a context manager.

    Watches are started as the run leads to new kinds and are shared per kind and namespace. They
    resume by themselves after drops, 410 Gone and restarts of the API server.
    """

    def __init__(
        self,
        client: Client,
        focus: Focus,
        *,
        now: Callable[[], datetime] = utc_now,
        recorder: Recorder | None = None,
        client_of: Callable[[str], Client] | None = None,
    ) -> None:
        self.tracker = Tracker(focus)
        self._client = client
        self._client_of = client_of or (lambda _namespace: client)
        self._now = now
        self._recorder = recorder
        self._events: queue.SimpleQueue[WatchEvent | None] = queue.SimpleQueue()
        self._informers: dict[Watch, Informer] = {}
        self._closed = False

    def __enter__(self) -> Follower:
        """Start the first watches."""
        self._start_wanted()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop all watches."""
        self.close()

    def close(self) -> None:
        """Stop all watches; may be called from any thread, and more than once."""
        self._closed = True
        for informer in list(self._informers.values()):
            informer.stop()
        self._events.put(None)

    def snapshots(self, tick: float = 1.0) -> Iterator[Snapshot]:
        """Yield a Snapshot once all is listed, after every change, and every ``tick`` seconds.

        The tick matters: that nothing happens for long is a cause by itself.
        """
        self.sync()
        yield self.tracker.snapshot(self._now())
        while not self._closed:
            self._take(tick)
            if self._closed:
                return
            yield self.tracker.snapshot(self._now())

    def sync(self, timeout: float = SYNC_SECONDS) -> None:
        """Wait until everything that the run leads to has been listed once.

        Raises:
            PkgopsError: the API server cannot be reached, or refuses us.
        """
        deadline = time.monotonic() + timeout
        known = 0
        while known != len(self._informers):
            known = len(self._informers)
            for informer in list(self._informers.values()):
                self._await(informer, deadline)
            self._drain()

    def _await(self, informer: Informer, deadline: float) -> None:
        while not informer.wait_synced(0.05):
            error = informer.error
            if isinstance(error, Forbidden) and informer.kind not in _CORE:
                return
            if error is not None and not isinstance(error, NotFound):
                raise error
            if time.monotonic() > deadline:
                return

    def _take(self, tick: float) -> None:
        try:
            event = self._events.get(timeout=tick)
        except queue.Empty:
            return
        if event is not None:
            self._apply(event)
        self._drain()

    def _drain(self) -> None:
        while True:
            try:
                event = self._events.get_nowait()
            except queue.Empty:
                break
            if event is not None:
                self._apply(event)
        self._start_wanted()

    def _apply(self, event: WatchEvent) -> None:
        self.tracker.apply(event.type, event.object)
        if self._recorder is not None:
            self._recorder.write(event.type, event.object)

    def _start_wanted(self) -> None:
        for watch in sorted(self.tracker.wanted()):
            if watch in self._informers or self._closed:
                continue
            client = self._client_of(watch.namespace)
            version = served(client, watch)
            self._informers[watch] = kube.Informer(
                client, version, watch.kind, watch.namespace, on_event=self._events.put
            ).start()


_CORE = {"Workload", "Deliverable"}


def errors_of(follower: Follower) -> list[PkgopsError]:
    """What the watches complain about now: kinds that may not be read, an API server that is gone."""
    found = [informer.error for informer in follower._informers.values()]
    return [error for error in found if error is not None]
