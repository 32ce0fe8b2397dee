"""Watch a run on its clusters: one informer for each kind and namespace, a Snapshot after each change."""

from __future__ import annotations

import queue
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from pkgops import kube
from pkgops.errors import PkgopsError
from pkgops.flows import unreadable
from pkgops.flows.clusters import Clusters
from pkgops.flows.next_command import next_command
from pkgops.flows.ports import Ports, Recorder, utc_now
from pkgops.flows.run import request_reconcile
from pkgops.flows.run.lost_watches import LostWatches
from pkgops.flows.run.served_kinds import ServedKinds
from pkgops.flows.run.start_again import Rerun, start_again
from pkgops.flows.target import Target
from pkgops.kube import NotFound, Obj, WatchEvent
from pkgops.model import CauseCode, ObjectRef, Snapshot, Stage, Unreadable
from pkgops.pipeline import Scope, Tracker, Watch, recording
from pkgops.pipeline.scope import roots
from pkgops.settings import EnvironmentSetting

if TYPE_CHECKING:
    from pkgops.kube import Informer

SYNC_SECONDS = 15.0
"""How long the first lists may take before a Snapshot is given without them."""

NEW_SECONDS = 1.0
"""How long a Snapshot waits for the first list of a newly required kind."""


class RunWatch:
    """Watches one scope on its clusters until closed; use it as a context manager.

    Watches are started as the objects of the run require new kinds, one for each kind and namespace. They
    resume by themselves after lost connections, 410 Gone and restarts of the API server.
    """

    def __init__(
        self,
        clusters: Clusters,
        scope: Scope,
        *,
        now: Callable[[], datetime] = utc_now,
        recorder: Recorder | None = None,
    ) -> None:
        self.tracker = Tracker(scope, next_command)
        self._clusters = clusters
        self._now = now
        self._recorder = recorder
        self._events: queue.SimpleQueue[WatchEvent | None] = queue.SimpleQueue()
        self._informers: dict[Watch, Informer] = {}
        self._served = ServedKinds(clusters.workload)
        self._roots = roots(scope)
        self._told: list[Unreadable] = []
        self._lost = LostWatches(clusters)
        self._closed = False

    def __enter__(self) -> RunWatch:
        """Start the first watches."""
        self._start_required()
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Stop all watches; may be called from any thread, and more than once."""
        self._closed = True
        for informer in list(self._informers.values()):
            informer.stop()
        self._events.put(None)

    def wake(self) -> None:
        """Trigger the next Snapshot immediately; may be called from any thread."""
        self._events.put(None)

    def snapshots(self, tick: float = 1.0) -> Iterator[Snapshot]:
        """Yield a Snapshot once all is listed, after every change, and every ``tick`` seconds.

        The tick is needed: no change for long is a cause by itself. Raises as ``sync`` does.
        """
        self.sync()
        yield self.tracker.snapshot(self._now())
        while not self._closed:
            self._take(tick)
            self._list_new()
            if self._closed:
                return
            yield self.tracker.snapshot(self._now())

    def snapshot(self) -> Snapshot:
        """Return the Snapshot now."""
        return self.tracker.snapshot(self._now())

    def known(self, ref: ObjectRef) -> Obj | None:
        """Return the last version of an object that was read."""
        return self.tracker.store.find(ref)

    def read(self, ref: ObjectRef) -> Obj | None:
        """Read an object from the API server, store it, and return it.

        Raises:
            PkgopsError: it may not be read, or its cluster does not answer.
        """
        client = self._clusters.of_namespace(ref.namespace)
        obj = client.find(ref.api_version, ref.kind, ref.name, ref.namespace)
        known = self.known(ref)
        if obj is not None:
            self._apply(WatchEvent("MODIFIED" if known else "ADDED", obj))
        elif known is not None:
            self._apply(WatchEvent("DELETED", known))
        return obj

    def reread(self, refs: Iterable[ObjectRef]) -> bool:
        """Read objects from the API server again; False where a cluster does not answer.

        Objects that may not be read keep their last version.
        """
        for ref in refs:
            try:
                self.read(ref)
            except PkgopsError as error:
                if not unreadable.refusal(error):
                    return False
        self._start_required()
        return True

    def request(self, ref: ObjectRef) -> str:
        """Request a reconciliation of an object; returns the token, empty where the object does not exist."""
        token, obj = request_reconcile.request(self._clusters.of_namespace(ref.namespace), ref, self._now())
        if obj is not None:
            self._apply(WatchEvent("MODIFIED", obj))
        return token

    def start_again(self, stage: Stage) -> Rerun:
        """Start a stage again, and store the new object.

        Raises:
            PkgopsError: it cannot be, or this user may not.
        """
        client = self._clusters.of_namespace(stage.object.namespace if stage.object else "")
        done = start_again(client, self.tracker.store, stage, self._now())
        if done.now is not None:
            self._apply(WatchEvent("MODIFIED", done.now))
        return done

    def sync(self, timeout: float = SYNC_SECONDS) -> None:
        """Wait until all kinds that the run requires have been listed once.

        A kind that may not be read, or is on another cluster that does not answer, is unknown.

        Raises:
            PkgopsError: the API server cannot be reached, or does not accept this user.
        """
        deadline = time.monotonic() + timeout
        known = 0
        while known != len(self._informers):
            known = len(self._informers)
            for watch, informer in list(self._informers.items()):
                self._await(watch, informer, deadline)
            self._update()

    def _await(self, watch: Watch, informer: Informer, deadline: float) -> None:
        while not informer.wait_synced(0.05):
            error = informer.error
            if unreadable.refusal(error):
                return
            if error is not None and not isinstance(error, NotFound):
                if self._clusters.on_workload_cluster(watch.namespace):
                    raise error
                return
            if time.monotonic() > deadline:
                return

    def _list_new(self) -> None:
        """Wait a moment for the first lists of new watches; kinds without a list then are unknown."""
        deadline = time.monotonic() + NEW_SECONDS
        while not self._closed and time.monotonic() < deadline:
            begun = [new for new in self._informers.values() if new.error is None and not new.wait_synced(0)]
            if not begun:
                return
            begun[0].wait_synced(0.05)
            self._update()

    def _update(self) -> None:
        """Take all queued events, start the watches that follow, and set what is unknown now."""
        # Lists that were complete before the events were taken are complete; later ones may be partial.
        listed = {watch for watch, informer in self._informers.items() if informer.wait_synced(0)}
        self._drain()
        listed -= self._lost.among(self._informers, self._now())
        gaps = unreadable.gaps(self._informers, self._served.failed, listed, self._roots)
        lasting = [gap for gap in gaps if gap.code is not CauseCode.NOT_LISTED]
        if self._recorder is not None and lasting != self._told:
            self._recorder.write(recording.UNREADABLE, recording.unreadable_body(lasting))
        self._told = lasting
        self.tracker.store.set_unreadable(gaps)

    def _take(self, tick: float) -> None:
        try:
            event = self._events.get(timeout=tick)
        except queue.Empty:
            self._clusters.idle()
        else:
            self._apply(event)
        self._update()

    def _drain(self) -> None:
        # This thread alone takes from the queue: get does not wait where it is not empty.
        while not self._events.empty():
            self._apply(self._events.get())
        self._start_required()

    def _apply(self, event: WatchEvent | None) -> None:
        if event is None:
            return
        self.tracker.apply(event.type, event.object)
        if self._recorder is not None:
            self._recorder.write(event.type, event.object)

    def _start_required(self) -> None:
        for watch in sorted(self.tracker.required_watches()):
            if watch in self._informers or self._closed:
                continue
            client = self._clusters.of_namespace(watch.namespace)
            version = self._served.version(client, watch)
            if not version:
                continue
            self._informers[watch] = kube.Informer(
                client, version, watch.kind, watch.namespace, on_event=self._events.put
            ).start()


def of_workload(
    target: Target,
    name: str,
    environments: Sequence[EnvironmentSetting],
    ports: Ports,
    recorder: Recorder | None = None,
) -> RunWatch:
    """Return the watch, not started yet, of a workload and some environments."""
    clusters = target.clusters.preferring(environments)
    scope = clusters.scope(target.settings.workload_namespace, name, environments)
    return RunWatch(clusters, scope, now=ports.now, recorder=recorder)
