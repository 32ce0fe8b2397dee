"""Follow all workloads of a namespace: the Snapshot of each, and all details of those with an open page."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from types import TracebackType

from pkgops.flows import workloads
from pkgops.flows.ports import Ports
from pkgops.flows.report import Moment, MomentReader
from pkgops.flows.run.batches import BatchWatch
from pkgops.flows.target import Target
from pkgops.kube import Forbidden, Obj
from pkgops.model import ObjectRef, Snapshot
from pkgops.pipeline import kinds, runs
from pkgops.pipeline.owning_workloads import owning_workloads

TICK = 1.0
PAUSE = 0.2
"""Minimum seconds between two readings: every change rebuilds all indices."""
SLICE = 0.3
"""Seconds spent at a time on workloads that no known change belongs to."""
SWEEP, SWEEP_CHANGED = 60.0, 10.0
"""Seconds after which each is read again: no change for long is a cause by itself. The second applies where
an object has changed of which the workload is not known."""
EXTEND = 15.0
"""Seconds after which the required watches are computed again, where no owner has changed."""


@dataclass(frozen=True)
class Changes:
    """What changed: ``names`` of all workloads, ``snapshots`` of some, ``moments`` of open pages."""

    names: tuple[str, ...]
    snapshots: Mapping[str, Snapshot] = field(default_factory=dict)
    moments: Mapping[str, Moment] = field(default_factory=dict)


def several(target: Target) -> bool:
    """Return whether the workload's namespace is known to contain more than one workload."""
    try:
        return len(workloads.names(target.client, target.settings.workload_namespace)) > 1
    except Forbidden:
        return False


class AllWorkloads:
    """Follows them until closed; use it as a context manager."""

    def __init__(self, target: Target, ports: Ports) -> None:
        self._target = target
        self._ports = ports
        environments = target.settings.environments
        clusters = target.clusters.preferring(environments)
        scope = clusters.scope(target.settings.workload_namespace, "", environments)
        self._watch = BatchWatch(clusters, scope, now=ports.now)
        self._namespace = target.settings.workload_namespace
        self._readers: dict[str, MomentReader] = {}
        self._left: deque[str] = deque()
        self._unplaced = False
        self._swept = self._extended = self._clock()

    def __enter__(self) -> AllWorkloads:
        """Begin to watch."""
        self._watch.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop all watches."""
        self._watch.close()

    def wake(self) -> None:
        """Trigger an immediate read of what an open page shows; may be called from any thread."""
        self._watch.wake()

    def changes(self, open_pages: Callable[[], Collection[str]]) -> Iterator[Changes]:
        """Yield the names, then each Snapshot as it is read, then changes, until the caller stops."""
        self._watch.sync()
        self._left.extend(self._refs())
        yield Changes(tuple(self._refs()))
        ended = 0.0
        while True:
            pause = max(ended + PAUSE - self._clock(), 0.0)
            changed = self._watch.batch(0.0 if self._left else TICK, pause)
            yield self._read(changed, open_pages())
            ended = self._clock()

    def _read(self, changed: Collection[Obj], open_pages: Collection[str]) -> Changes:
        store = self._watch.tracker.store
        begun = self._clock()
        if begun - self._extended > EXTEND or any(_leads_on(obj) for obj in changed):
            self._watch.extend()
            self._extended = self._clock()
        refs = self._refs()
        concerning = [owning_workloads(store, obj, self._namespace) for obj in changed]
        self._unplaced = self._unplaced or not all(concerning)
        names = {name for one in concerning for name in one} | {*open_pages}
        snapshots = {name: self._snapshot(refs[name]) for name in sorted(names) if name in refs}
        begun = self._clock()
        while self._left and self._clock() - begun < SLICE:
            name = self._left.popleft()
            if name in refs and name not in snapshots:
                snapshots[name] = self._snapshot(refs[name])
        if not self._left and begun - self._swept > (SWEEP_CHANGED if self._unplaced else SWEEP):
            self._left.extend(refs)
            self._swept, self._unplaced = begun, False
        moments = {name: self._moment(name, snapshots[name]) for name in open_pages if name in snapshots}
        self._readers = {name: one for name, one in self._readers.items() if name in open_pages}
        return Changes(tuple(refs), snapshots, moments)

    def _moment(self, name: str, snapshot: Snapshot) -> Moment:
        if name not in self._readers:
            self._readers[name] = MomentReader(self._target, name, self._ports)
        return self._readers[name].moment(self._watch.tracker, snapshot)

    def _snapshot(self, ref: ObjectRef) -> Snapshot:
        return self._watch.tracker.of(ref, self._ports.now())

    def _refs(self) -> dict[str, ObjectRef]:
        return {ref.name: ref for ref in self._watch.tracker.workloads()}

    def _clock(self) -> float:
        return self._ports.now().timestamp()


def _leads_on(obj: Obj) -> bool:
    return any(runs.is_kind(obj, kind) for kind in (kinds.WORKLOAD, kinds.DELIVERABLE, kinds.RUNNABLE))
