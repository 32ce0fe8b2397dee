"""History: the records of each environment's changes, and roll-outs without a record."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from pkgops import values
from pkgops.errors import Exit, PkgopsError
from pkgops.flows import read_snapshot, unreadable, without_workload
from pkgops.flows.ports import Ports
from pkgops.flows.promotion import places, unrecorded
from pkgops.flows.releases import release
from pkgops.flows.releases import times as releases
from pkgops.flows.releases.release import Record, Release
from pkgops.flows.target import Target
from pkgops.model import Snapshot, State, Timeline, Verdict
from pkgops.pipeline import Tracker, Watch, kinds, unknown
from pkgops.pipeline.rollouts import Rollout, rollouts
from pkgops.settings import EnvironmentSetting


@dataclass(frozen=True, slots=True, kw_only=True)
class Past:
    """The changes of one environment.

    Attributes:
        environment: its name.
        records: the newest first.
        unrecorded: the release that runs now, where the last record is of another one.
        came: roll-outs without a record, the newest first, as far as their Revisions still exist.
        unreadable: names of ConfigMaps with the label of a record that do not contain one.
        unknown: why the records could not be read.
        hidden: why ``unrecorded`` and ``came`` may be incomplete: a kind that cannot be read.
    """

    environment: str
    records: tuple[Record, ...] = ()
    unrecorded: Release | None = None
    came: tuple[Rollout, ...] = ()
    unreadable: tuple[str, ...] = ()
    unknown: PkgopsError | None = None
    hidden: PkgopsError | None = None


def history(target: Target, name: str | None, environment: str, ports: Ports) -> tuple[str, list[Past]]:
    """Return a workload's name, and the past of one environment or of all in their order.

    Raises:
        UsageError: no such workload or environment.
    """
    target, workload = without_workload.chosen(target, name)
    asked = target.settings.environments
    if environment:
        asked = (read_snapshot.environment_setting(target, environment),)
    tracker = read_snapshot.tracker(target, workload)
    return workload, of_tracker(target, workload, tracker, tracker.snapshot(ports.now()), asked)


def of_tracker(
    target: Target, workload: str, tracker: Tracker, snapshot: Snapshot, asked: Sequence[EnvironmentSetting]
) -> list[Past]:
    """Return the changes of environments in their order, with the roll-outs that a Tracker has."""
    found = []
    for setting in asked:
        env = read_snapshot.environment(snapshot, setting.name)
        came = rollouts(tracker.store, env, target.settings.workload_namespace) if env else []
        past = _past(target, setting, workload, release.running(env), came)
        gap = unreadable.cause(snapshot, setting.name)
        why = unreadable.error(gap) if gap else _no_commits(tracker, target, past)
        found.append(replace(past, hidden=why))
    return found


def in_times(times: Timeline, snapshot: Snapshot, pasts: Sequence[Past]) -> Timeline:
    """Return a Timeline with the changes of each environment below its stages, and which are unknown."""
    records = {past.environment: past.records for past in pasts}
    unread = {past.environment: past.unknown for past in pasts if past.unknown}
    gaps = [
        unreadable.of(Watch("v1", "ConfigMap", one.namespace), unread[one.name])
        for one in snapshot.environments
        if one.name in unread
    ]
    reasons = {name: error.summary for name, error in unread.items()}
    times = releases.with_releases(times, snapshot, records, reasons)
    return values.replace(times, unreadable=(*times.unreadable, *gaps))


def exit_code(snapshot: Snapshot, times: Timeline, pasts: Sequence[Past]) -> Exit:
    """Return 3 where something of a Timeline cannot be read, else 0."""
    unread = snapshot.verdict is Verdict.UNKNOWN or any(past.unknown for past in pasts)
    # A change that was not completed is unknown too, but there is nothing that could be read for it.
    stages = (stage for stage in times.stages if stage.name != releases.NAME)
    unread = unread or any(stage.state is State.UNKNOWN for stage in stages)
    return Exit.UNREACHABLE if unread else Exit.DONE


def step(snapshot: Snapshot, pasts: Sequence[Past]) -> str:
    """Return the next step where something of a Timeline cannot be read; else empty."""
    gap = unreadable.cause(snapshot)
    unread = (unreadable.step(past.unknown) for past in pasts if past.unknown)
    return gap.next if gap else next(unread, "")


def _no_commits(tracker: Tracker, target: Target, past: Past) -> PkgopsError | None:
    """Why the commits of roll-outs without a record are unknown, where they could be known."""
    now = past.unrecorded.revision if past.unrecorded else "known"
    if now and all(one.commit for one in past.came):
        return None
    gaps = [
        unknown.of_kind(tracker.store, kind, target.settings.workload_namespace)
        for kind in (kinds.WORKLOAD, kinds.IMAGE, kinds.BUILD)
    ]
    return next((unreadable.missing(gap) for gap in gaps if gap is not None), None)


def _past(
    target: Target,
    setting: EnvironmentSetting,
    workload: str,
    runs: Release,
    came: Sequence[Rollout] = (),
) -> Past:
    try:
        records, broken = places.place_of(target, setting, workload).read()
    except PkgopsError as error:
        return Past(environment=setting.name, unknown=error)
    return Past(
        environment=setting.name,
        records=tuple(records),
        unrecorded=unrecorded.runs_now(records, runs),
        came=tuple(unrecorded.came(records, came)),
        unreadable=tuple(broken),
    )
