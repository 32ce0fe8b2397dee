"""Records of releases: what changed an environment, from what to what, by whom, and how it ended."""

from __future__ import annotations

import json
from collections.abc import Container, Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any

from pkgops.flows.releases import recordmap
from pkgops.flows.releases.recordmap import moment_of
from pkgops.kube import Obj
from pkgops.model import Environment, Verdict

LABEL = "pkgops.dev/release"
"""The label of the ConfigMaps that are records; its value is the version of their format."""
FORM = "v1"
FILE = "release.json"
KIND = "Release"


class Action(StrEnum):
    """What changed the environment."""

    PROMOTE = "promote"
    DELIVER = "deliver"
    ROLLBACK = "rollback"
    UP = "up"


class Result(StrEnum):
    """How a change ended.

    A planned one is still running, or its command was killed. An unfinished one was given up: its version may
    still be installed.
    """

    PLANNED = "planned"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    UNFINISHED = "unfinished"


@dataclass(frozen=True, slots=True, kw_only=True)
class Release:
    """What an environment runs.

    Attributes:
        version: the package version.
        image: the application's image by digest.
        revision: the source revision that it was built from.
        pinned: the version that the environment is pinned to; empty where it follows a range.
        package: the package bundle by digest.
        ops: the ops bundle by digest.
        healthy: whether all stages were done and it served.
    """

    version: str = ""
    image: str = ""
    revision: str = ""
    pinned: str = ""
    package: str = ""
    ops: str = ""
    healthy: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class GateResult:
    """The verdict of a gate before a change.

    Attributes:
        gate: its name in the configuration.
        type: its type.
        state: pass, fail or pending.
        evidence: the facts that it is based on.
        overridden: why it was overridden; empty where it was not.
    """

    gate: str
    type: str
    state: str
    evidence: str
    overridden: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """One change of an environment by pkgops.

    Attributes:
        name: of its ConfigMap.
        workload: namespace and name.
        environment: its name in the configuration that the command had.
        action: which command.
        by: the user name on the environment's cluster; empty where it does not return one.
        planned: when it began, by the clock of the machine that did it.
        before: what ran.
        after: what was to be installed; what was installed, once it succeeded.
        result: how it ended.
        completed: when that was recorded; None while it is planned.
        message: why it ended so, where that is not success.
        created: when its ConfigMap was created, by the cluster's clock; None before that.
        gates: the verdicts of the environment's gates before the change.
    """

    name: str
    workload: str
    environment: str
    action: Action
    by: str
    planned: datetime
    before: Release
    after: Release
    result: Result = Result.PLANNED
    completed: datetime | None = None
    message: str = ""
    created: datetime | None = None
    gates: tuple[GateResult, ...] = ()

    @property
    def seconds(self) -> float | None:
        """How long it took; None while it is planned."""
        return (self.completed - self.planned).total_seconds() if self.completed else None


def running(environment: Environment | None) -> Release:
    """Return the release that an environment runs; an empty one where nothing was delivered."""
    if environment is None:
        return Release()
    return Release(
        version=environment.version,
        image=environment.image,
        revision=environment.revision,
        pinned=environment.pinned,
        package=environment.package,
        ops=environment.ops,
        healthy=bool(environment.version) and environment.verdict is Verdict.READY,
    )


def config_map(record: Record, namespace: str) -> Obj:
    """Return the ConfigMap of a record; one that is completed can no longer be changed."""
    return recordmap.config_map(
        record.name,
        namespace,
        {LABEL: FORM},
        {FILE: json.dumps(recordmap.document(KIND, asdict(record)), indent=2)},
        immutable=record.result is not Result.PLANNED,
    )


def parse(obj: Obj) -> Record:
    """Return the record in a ConfigMap.

    Raises:
        Unreadable: it contains none, or one of another format.
    """
    return recordmap.parsed(obj, FILE, KIND, _record)


def _record(fields: dict[str, Any]) -> Record:
    return Record(
        name=fields["name"],
        workload=str(fields["workload"]),
        environment=str(fields["environment"]),
        action=Action(fields["action"]),
        by=str(fields["by"]),
        planned=moment_of(fields["planned"]),
        before=Release(**fields["before"]),
        after=Release(**fields["after"]),
        result=Result(fields["result"]),
        completed=moment_of(fields["completed"]) if fields["completed"] else None,
        message=str(fields["message"]),
        created=fields["created"],
        gates=tuple(GateResult(**gate) for gate in fields.get("gates") or ()),
    )


def completed(
    record: Record, result: Result, now: datetime, runs: Release | None, message: str = ""
) -> Record:
    """Return a record with its result; ``runs`` is the environment's release then, where that is known."""
    after = runs if runs is not None and result is Result.SUCCEEDED else record.after
    return replace(record, result=result, completed=now, message=message, after=after)


def completed_later(record: Record, runs: Release, now: datetime) -> Record:
    """Complete the record of a command that was killed, with the present state."""
    there = bool(record.after.version) and runs.version == record.after.version and runs.healthy
    result = Result.SUCCEEDED if there else Result.UNFINISHED
    known = f"{runs.version or 'nothing'} runs, {'healthy' if runs.healthy else 'not healthy'}"
    return completed(
        record, result, now, runs, f"the command ended without completing its record; by a later one, {known}"
    )


def in_order(records: Iterable[Record]) -> list[Record]:
    """Return records with the newest first, by the cluster's clock: those of other machines may be off."""
    return sorted(records, key=lambda one: (one.created or one.planned, one.planned, one.name), reverse=True)


def last_healthy(records: Sequence[Record], current: str, rejected: Container[str] = ()) -> Release | None:
    """Return the last healthy release before ``current``: installed by a change, or replaced by one.

    Args:
        records: those of one workload and environment, the newest first.
        current: the version that runs now.
        rejected: rejected versions, which are left out.
    """
    for record in records:
        brought = record.after if record.result is Result.SUCCEEDED else Release()
        for one in (brought, record.before):
            usable = one.version and one.version != current and one.version not in rejected
            if usable and (one is brought or one.healthy):
                return one
    return None
