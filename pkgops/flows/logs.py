"""The logs of all pods of a run, by stage and in time order; and why a stage has no line."""

from __future__ import annotations

import heapq
import queue
import threading
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from pkgops.errors import PkgopsError, UsageError
from pkgops.flows import read_snapshot, stages, unreadable, without_workload
from pkgops.flows.clusters import Clusters
from pkgops.flows.log_sources import LogQuery, sources
from pkgops.flows.ports import Ports
from pkgops.flows.run import watch as run_watch
from pkgops.flows.target import Target
from pkgops.kube import Invalid, NotFound, Obj
from pkgops.model import CHAIN, ObjectRef, Snapshot, Stage, State, Unreadable
from pkgops.pipeline import Tracker, kinds, unknown
from pkgops.readiness import readiness
from pkgops.readiness.base import meta, status

TICK = 0.3


@dataclass(frozen=True, slots=True, order=True, kw_only=True)
class LogLine:
    """One line: ``time`` as kubelet stamped it (RFC 3339; sorts), stage, container, text.

    A line without a container is written by pkgops: why a stage has no line.
    """

    time: str
    stage: str
    scope: str
    pod: str
    container: str
    text: str


def logs(target: Target, name: str | None, wanted: LogQuery, ports: Ports) -> Iterator[LogLine]:
    """Yield all present lines in time order; then why the other stages have no line.

    Raises:
        UsageError: no such workload, environment or stage.
        PreflightError: there is no line, and whether there should be one is unknown.
    """
    target, chosen = without_workload.chosen(target, name)
    tracker = read_snapshot.tracker(target, chosen)
    snapshot = tracker.snapshot(ports.now())
    known = read_snapshot.stages_in(target, snapshot, wanted.environment)
    if not stages.matching(known, wanted.stage):
        unreadable.check(snapshot, *filter(None, [wanted.environment]))
    stages.named(known, wanted.stage)
    with_lines: set[tuple[str, str]] = set()
    streams = [
        _stamped(target.clusters, stage, pod, container, wanted)
        for stage, pod, container in sources(tracker, snapshot, wanted)
    ]
    for line in heapq.merge(*streams):
        with_lines.add((line.scope, line.stage))
        yield line
    if not with_lines:
        _check_known(snapshot, wanted)
        for gap in hidden(tracker, snapshot, wanted):
            raise unreadable.missing(gap)
    yield from no_log_lines(tracker, snapshot, wanted, with_lines)


def _stamped(clusters: Clusters, stage: Stage, pod: Obj, container: str, wanted: LogQuery) -> list[LogLine]:
    ref = ObjectRef.of(pod)
    try:
        lines = clusters.of_namespace(ref.namespace).logs(
            ref.namespace,
            ref.name,
            container,
            previous=wanted.previous,
            tail=wanted.tail,
            timestamps=True,
        )
        return [_line(stage, ref.name, container, text) for text in lines]
    except (NotFound, Invalid):
        # Never started, or the pod does not exist any more: why there is no line is added below.
        return []
    except PkgopsError as error:
        message = f"unknown: {unreadable.reason(error, ref.namespace)}"
        return [
            LogLine(time="", stage=stage.name, scope=stage.scope, pod=ref.name, container="", text=message)
        ]


def _line(stage: Stage, pod: str, container: str, text: str) -> LogLine:
    time, _, rest = text.partition(" ")
    return LogLine(
        time=time, stage=stage.name, scope=stage.scope, pod=pod, container=container, text=rest.rstrip("\n")
    )


def _check_known(snapshot: Snapshot, wanted: LogQuery) -> None:
    """Make sure that it is known why the requested stages, and those that they wait for, have no line.

    Raises:
        PreflightError: something cannot be read.
    """
    found = wanted.of(snapshot.all_stages)
    concerned = {(one.scope, name) for one in found for name in ("", one.name, one.waits_for)}
    for item in snapshot.blockages:
        requested = (item.scope, item.stage) in concerned
        if item.state is State.UNKNOWN and (requested or not found):
            raise unreadable.error(item)


def hidden(tracker: Tracker, snapshot: Snapshot, wanted: LogQuery) -> list[Unreadable]:
    """Return the gaps because of which the pods of requested stages cannot be read, each once."""
    gaps = [_gap(tracker, stage) for stage in wanted.of(snapshot.all_stages)]
    return list(dict.fromkeys(gap for gap in gaps if gap is not None))


def _gap(tracker: Tracker, stage: Stage) -> Unreadable | None:
    known = any(tracker.pod(ref) is not None for ref in stage.pods)
    place = stage.object.namespace if stage.object else ""
    return None if known or not place else unknown.of_kind(tracker.store, kinds.POD, place)


def no_log_lines(
    tracker: Tracker, snapshot: Snapshot, wanted: LogQuery, with_lines: Iterable[tuple[str, str]]
) -> Iterator[LogLine]:
    """Yield a line for every requested stage without one: why it has none."""
    with_lines, found = set(with_lines), wanted.of(snapshot.all_stages)
    for stage in found:
        if (stage.scope, stage.name) in with_lines:
            continue
        reason = no_log_reason(tracker, stage, explicit=bool(wanted.stage))
        if reason:
            yield LogLine(time="", stage=stage.name, scope=stage.scope, pod="", container="", text=reason)
    # A stage of that name may be in an environment that cannot be read, as it is in another one.
    alike = {stage.scope == CHAIN for stage in found}
    for item in snapshot.blockages:
        concerned = wanted.environment in ("", item.scope)
        concerned = concerned and (not wanted.stage or (item.scope == CHAIN) in alike)
        if item.state is State.UNKNOWN and not item.stage and concerned:
            yield LogLine(time="", stage="", scope=item.scope, pod="", container="", text=item.cause)
    for gap in () if wanted.stage else hidden(tracker, snapshot, wanted):
        text = f"unknown: {gap.sentence}"
        yield LogLine(time="", stage="", scope="", pod="", container="", text=text)


def no_log_reason(tracker: Tracker, stage: Stage, *, explicit: bool) -> str:
    """Return why a stage has no log; empty where none is expected and the stage was not requested by name."""
    for ref in stage.pods[:1]:
        pod = tracker.pod(ref)
        if pod is not None:
            reading = readiness(pod)
            text, phase = reading.message or reading.reason, status(pod).get("phase", "Pending")
            what = "no line in the log" if phase in ("Failed", "Succeeded") else "no log yet"
            return f"{what}: {ref} is {phase}: {text}"
    if stage.state is State.UNKNOWN and stage.message:
        return f"unknown: {stage.message}"
    gap = _gap(tracker, stage)
    if gap is not None and explicit and not stage.waits_for:
        return f"unknown: {gap.sentence}"
    if stage.waits_for and (explicit or stage.state is State.WAITING):
        return f"no log: waits for {stage.waits_for}" if explicit else ""
    if explicit:
        return f"no log: {stage.object or stage.name} runs no pod" + (
            "" if stage.state is not State.DONE else ", or its pod does not exist any more"
        )
    return ""


def follow(target: Target, name: str | None, wanted: LogQuery, ports: Ports) -> Iterator[LogLine]:
    """Yield lines as they are written, of every pod that the run starts, until the caller stops.

    Each container is read from the moment it starts, so the log of a pod that the platform deletes
    (on a cancel or a timeout) has been read.

    Raises:
        UsageError: no such workload, or no stage that may still have that name.
    """
    if wanted.previous:
        raise UsageError("--previous cannot be followed", next="leave --follow out")
    target, chosen = without_workload.chosen(target, name)
    readers = Readers(target.clusters, wanted)
    with run_watch.of_workload(target, chosen, target.settings.environments, ports) as watch:
        for snapshot in watch.snapshots(TICK):
            if snapshot.stages and wanted.stage not in stages.SHORT:
                stages.named(read_snapshot.stages_in(target, snapshot, wanted.environment), wanted.stage)
            readers.update(watch.tracker, snapshot)
            yield from readers.drained()


class Readers:
    """Follow the log of every container of a run, each from when it first exists."""

    def __init__(self, clusters: Clusters, wanted: LogQuery) -> None:
        self._clusters = clusters
        self._wanted = wanted
        self._out: queue.SimpleQueue[LogLine] = queue.SimpleQueue()
        self._begun: set[tuple[str, str]] = set()

    def update(self, tracker: Tracker, snapshot: Snapshot) -> None:
        """Take one Snapshot; start to follow the logs that are new in it."""
        for stage, pod, container in sources(tracker, snapshot, self._wanted):
            key = str(meta(pod).get("uid")), container
            if key not in self._begun:
                self._begun.add(key)
                _reader(self._clusters, stage, pod, container, self._wanted, self._out)

    def drained(self) -> list[LogLine]:
        """Return the lines that were read since the last call, in the order in which they were written."""
        lines = []
        while not self._out.empty():
            lines.append(self._out.get())
        return sorted(lines, key=lambda line: line.time)


def _reader(
    clusters: Clusters,
    stage: Stage,
    pod: Obj,
    container: str,
    wanted: LogQuery,
    out: queue.SimpleQueue[LogLine],
) -> None:
    ref = ObjectRef.of(pod)

    def read() -> None:
        try:
            for text in clusters.of_namespace(ref.namespace).logs(
                ref.namespace, ref.name, container, follow=True, tail=wanted.tail, timestamps=True
            ):
                out.put(_line(stage, ref.name, container, text))
        except PkgopsError as error:
            out.put(
                LogLine(
                    time="",
                    stage=stage.name,
                    scope=stage.scope,
                    pod=ref.name,
                    container="",
                    text=f"the log of {container} broke off: {error.summary}",
                )
            )

    threading.Thread(target=read, name=f"log-{ref.name}-{container}", daemon=True).start()
