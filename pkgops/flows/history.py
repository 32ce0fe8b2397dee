"""History: the records of what changed each environment, and what runs without a record."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pkgops.errors import PkgopsError
from pkgops.flows import read_snapshot
from pkgops.flows.ports import Ports
from pkgops.flows.promotion import places, release
from pkgops.flows.promotion.release import Record, Release, Result
from pkgops.flows.target import Target
from pkgops.model import Snapshot
from pkgops.settings import EnvironmentSetting


@dataclass(frozen=True, slots=True)
class Past:
    """What is known of the changes of one environment.

    Attributes:
        environment: its name.
        records: the newest first.
        unrecorded: what runs now, where the last record does not tell of it.
        unreadable: names of ConfigMaps with the label of a record that hold none.
        unknown: why the records could not be read.
    """

    environment: str
    records: tuple[Record, ...] = ()
    unrecorded: Release | None = None
    unreadable: tuple[str, ...] = ()
    unknown: PkgopsError | None = None


def history(target: Target, name: str | None, environment: str, ports: Ports) -> tuple[str, list[Past]]:
    """Return a workload's name, and the past of one environment or of all in their order.

    Raises:
        UsageError: no such workload or environment.
    """
    settings = target.settings
    asked = settings.environments
    if environment:
        asked = (read_snapshot.environment_setting(target, environment),)
    workload = read_snapshot.name_of(target, name)
    snapshot = read_snapshot.read_snapshot(target, workload, ports)
    return workload, of_snapshot(target, workload, snapshot, asked)


def of_snapshot(
    target: Target, workload: str, snapshot: Snapshot, asked: Sequence[EnvironmentSetting]
) -> list[Past]:
    """Return the past of environments in their order, beside what is known to run there."""
    found = []
    for setting in asked:
        runs = release.running(read_snapshot.environment(snapshot, setting.name))
        found.append(_past(target, setting, workload, runs))
    return found


def _past(target: Target, setting: EnvironmentSetting, workload: str, runs: Release) -> Past:
    try:
        records, unreadable = places.place_of(target, setting, workload).read()
    except PkgopsError as error:
        return Past(setting.name, unknown=error)
    return Past(setting.name, tuple(records), _unrecorded(records, runs), tuple(unreadable))


def _unrecorded(records: list[Record], runs: Release) -> Release | None:
    """What runs now, where no record tells how it came: an environment that follows, kubectl, kapp."""
    if not runs.version or (records and runs.version in _explained(records[0])):
        return None
    return runs


def _explained(last: Record) -> tuple[str, ...]:
    """The versions that may run after a change: what it replaced too, unless it succeeded."""
    ends = (last.after,) if last.result is Result.SUCCEEDED else (last.after, last.before)
    return tuple(one.version for one in ends)
