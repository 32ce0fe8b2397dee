"""The data of a report: the state of a workload now, or at the moments of a recording."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta

from pkgops.errors import Exit
from pkgops.flows import history, log_ends, read_snapshot, trace, why, without_workload
from pkgops.flows.log_ends import LogEnd
from pkgops.flows.next_command import next_command
from pkgops.flows.page_details import PageDetails, details_reader
from pkgops.flows.ports import Ports
from pkgops.flows.replay import Recording, scope_of
from pkgops.flows.run import watch as run_watch
from pkgops.flows.target import Target
from pkgops.model import Blockage, Snapshot, StageObjects, Timeline
from pkgops.pipeline import Tracker
from pkgops.values import replace

MOMENTS = 600
"""At most so many moments of a recording: all objects are read for each."""
REGISTRY_SECONDS = 20.0
"""How long a report waits for registries; it is written then without them."""
NO_RECORDS = "a recording has no records of changes and no verdicts of gates"
NOTHING = PageDetails()
TICK = 1.0
SHORTEST = 0.25
"""Minimum seconds between two moments."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """The state at one moment, ``seconds`` after the beginning; ``logs`` only in a report of a cluster."""

    snapshot: Snapshot
    times: Timeline
    objects: Mapping[tuple[str, str], StageObjects]
    seconds: float = 0.0
    details: PageDetails = NOTHING
    logs: tuple[LogEnd, ...] = ()

    @property
    def exit_code(self) -> Exit:
        """3 where something of it cannot be read."""
        return history.exit_code(self.snapshot, self.times, self.details.pasts or ())

    @property
    def step(self) -> str:
        """The next step then; empty where everything can be read."""
        return history.step(self.snapshot, self.details.pasts or ())


def of_tracker(
    tracker: Tracker, snapshot: Snapshot, seconds: float = 0.0, details: PageDetails = NOTHING
) -> Moment:
    """Return the moment of a Tracker's Snapshot."""
    return Moment(
        snapshot=snapshot,
        times=history.in_times(tracker.timeline(snapshot), snapshot, details.pasts or ()),
        objects=tracker.stage_objects(snapshot),
        seconds=seconds,
        details=details,
    )


def now(target: Target, name: str | None, ports: Ports) -> Moment:
    """Return the moment of one workload now.

    Raises:
        UsageError: there is no workload of that name.
        PreflightError: the cluster serves no workloads.
    """
    target, chosen = without_workload.chosen(target, name)
    tracker = read_snapshot.tracker(target, chosen)
    snapshot = tracker.snapshot(ports.now())
    found = why.explain(target.clusters, tracker.scope.name, snapshot)
    snapshot = replace(snapshot, blockages=found.blockages)
    beside = details_reader(target, tracker, ports)
    beside.update(snapshot)
    moment = of_tracker(tracker, snapshot, details=beside.waited(REGISTRY_SECONDS))
    return dataclasses.replace(moment, logs=tuple(log_ends.of_stages(target.clusters, moment.objects)))


def follow(target: Target, name: str | None, ports: Ports) -> Iterator[Moment]:
    """Yield the moment of one workload, now and after every change, until the caller stops.

    Raises:
        UsageError: there is no workload of that name.
        PreflightError: the cluster serves no workloads.
    """
    target, chosen = without_workload.chosen(target, name)
    looking = MomentReader(target, chosen, ports)
    with run_watch.of_workload(target, chosen, target.settings.environments, ports) as watch:
        for snapshot in watch.snapshots(TICK):
            yield looking.moment(watch.tracker, snapshot)


class MomentReader:
    """The moments of one workload whose page is open, one for each Snapshot."""

    def __init__(self, target: Target, name: str, ports: Ports) -> None:
        self._clusters = target.clusters
        self._name = name
        self._beside = details_reader(target, name, ports)
        self._before: tuple[Blockage, ...] = ()
        self._told: tuple[Blockage, ...] = ()

    def moment(self, tracker: Tracker, snapshot: Snapshot) -> Moment:
        """Return the moment of a Tracker's Snapshot, with causes that are explained by logs."""
        if snapshot.blockages != self._before:
            # The end of a log is read once for a failure, not at every other change.
            self._before = snapshot.blockages
            self._told = why.explain(self._clusters, self._name, snapshot).blockages
        self._beside.update(snapshot)
        return of_tracker(tracker, replace(snapshot, blockages=self._told), details=self._beside.found)


def recorded(found: Recording, name: str = "", moments: int = MOMENTS) -> Iterator[Moment]:
    """Yield moments of a recording in order, the last of them its end.

    Events that follow each other closely are taken together: a moment is the state after them.

    Raises:
        UsageError: the recording has no such workload.
    """
    tracker = Tracker(scope_of(found, name), next_command)
    apart = max(found.length / moments, SHORTEST)
    lines = found.lines
    # A recording contains responses of registries; references that were not read are unknown.
    known = trace.recorded(found.registry(found.length))
    due = 0.0
    for line, later in zip(lines, (*lines[1:], None), strict=True):
        tracker.apply(line.type, line.object)
        if later is None or (line.t >= due and later.t > line.t):
            due = line.t + apart
            snapshot = tracker.snapshot(found.began + timedelta(seconds=line.t))
            chains = trace.of_tracker(tracker, tracker.scope.name, snapshot.taken_at, known).chains
            yield of_tracker(tracker, snapshot, line.t, PageDetails(chains, unknown=NO_RECORDS))
