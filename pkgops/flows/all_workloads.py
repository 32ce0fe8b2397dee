"""Follow all workloads of a namespace: what each came to, and everything of those whose pages are open."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from types import TracebackType

from pkgops.flows import workloads
from pkgops.flows.ports import Ports
from pkgops.flows.report import Looking, Moment
from pkgops.flows.run.batches import BatchWatch
from pkgops.flows.target import Target
from pkgops.kube import Forbidden, Obj
from pkgops.model import ObjectRef, Snapshot
from pkgops.pipeline import kinds, runs
from pkgops.pipeline.owning_workloads import owning_workloads

TICK = 1.0
PAUSE = 0.2
"""Seconds from one reading to the next at least: every change makes all indices anew."""
SLICE = 0.3
"""Seconds at a time for those that no change is known to concern."""
SWEEP, SWEEP_CHANGED = 60.0, 10.0
"""Seconds after which each is read again: that nothing happens for long is a cause by itself. The second
where something has changed of which is not known whom it concerns."""
EXTEND = 15.0
"""Seconds after which is asked anew which kinds are to be watched, where no owner has changed."""


@dataclass(frozen=True)
class News:
    """What is new: ``names`` of all workloads, ``snapshots`` of some, ``moments`` of open pages."""

    names: tuple[str, ...]
    snapshots: Mapping[str, Snapshot] = field(default_factory=dict)
    moments: Mapping[str, Moment] = field(default_factory=dict)


def several(target: Target) -> bool:
    """Tell whether the namespace of workloads is known to hold more than one."""
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
        self._looking: dict[str, Looking] = {}
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
        """Have what an open page shows read at once; may be called from any thread."""
        self._watch.wake()

    def news(self, looked_at: Callable[[], Collection[str]]) -> Iterator[News]:
        """Yield the names, then what each came to as it is read, and what changes, until the caller stops."""
        self._watch.sync()
        self._left.extend(self._refs())
        yield News(tuple(self._refs()))
        ended = 0.0
        while True:
            pause = max(ended + PAUSE - self._clock(), 0.0)
            changed = self._watch.batch(0.0 if self._left else TICK, pause)
            yield self._read(changed, looked_at())
            ended = self._clock()

    def _read(self, changed: Collection[Obj], looked_at: Collection[str]) -> News:
        store = self._watch.tracker.store
        begun = self._clock()
        if begun - self._extended > EXTEND or any(_leads_on(obj) for obj in changed):
            self._watch.extend()
            self._extended = self._clock()
        refs = self._refs()
        concerning = [owning_workloads(store, obj, self._namespace) for obj in changed]
        self._unplaced = self._unplaced or not all(concerning)
        names = {name for one in concerning for name in one} | {*looked_at}
        snapshots = {name: self._snapshot(refs[name]) for name in sorted(names) if name in refs}
        begun = self._clock()
        while self._left and self._clock() - begun < SLICE:
            name = self._left.popleft()
            if name in refs and name not in snapshots:
                snapshots[name] = self._snapshot(refs[name])
        if not self._left and begun - self._swept > (SWEEP_CHANGED if self._unplaced else SWEEP):
            self._left.extend(refs)
            self._swept, self._unplaced = begun, False
        moments = {name: self._moment(name, snapshots[name]) for name in looked_at if name in snapshots}
        self._looking = {name: one for name, one in self._looking.items() if name in looked_at}
        return News(tuple(refs), snapshots, moments)

    def _moment(self, name: str, snapshot: Snapshot) -> Moment:
        if name not in self._looking:
            self._looking[name] = Looking(self._target, name, self._ports)
        return self._looking[name].moment(self._watch.tracker, snapshot)

    def _snapshot(self, ref: ObjectRef) -> Snapshot:
        return self._watch.tracker.of(ref, self._ports.now())

    def _refs(self) -> dict[str, ObjectRef]:
        return {ref.name: ref for ref in self._watch.tracker.workloads()}

    def _clock(self) -> float:
        return self._ports.now().timestamp()


def _leads_on(obj: Obj) -> bool:
    return any(runs.is_kind(obj, kind) for kind in (kinds.WORKLOAD, kinds.DELIVERABLE, kinds.RUNNABLE))
