"""Records of releases on the cluster of their environment: written, completed, and the oldest deleted."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from pkgops.errors import PkgopsError, StepFailed
from pkgops.flows.ports import Ports
from pkgops.flows.promotion import decided, decisions, leases, retention
from pkgops.flows.releases import recordmap, release
from pkgops.flows.releases.place import Place
from pkgops.flows.releases.release import Action, GateResult, Record, Release, Result
from pkgops.kube import Client

_NAME = 50
"""How much of a workload's name is in the name of a record; the rest makes it unique."""


@dataclass
class Ending:
    """How a command's change ended, for its record.

    Attributes:
        runs: what the environment runs at the end.
        unfinished: why it has not ended, where the command succeeds nevertheless.
        alone: whether the Lease is held.
    """

    runs: Release | None = field(default=None)
    unfinished: str = ""
    alone: bool = False


@contextmanager
def recorded(
    place: Place,
    action: Action,
    before: Callable[[], Release],
    after: Release,
    ports: Ports,
    gates: Callable[[], Sequence[GateResult]] = tuple,
) -> Iterator[Ending]:
    """Hold the Lease of the environment while the block lasts, and record the change that is made in it.

    What runs (``before``) and the verdicts of ``gates`` are read once the Lease is held. A planned record of
    an earlier command that was killed is completed and reported first. The record of the change is written
    before it and completed after it. Without the permission to write records the change is made without one,
    with a note.

    Raises:
        RefusedError: another command changes the workload there; says whose, since when and until when.
        PkgopsError: what ``before`` raises; nothing was changed then.
    """
    user, workload = whoami(place.client), place.workload.rpartition("/")[2]
    with leases.held(place.client, place.namespace, workload, user, ports, place.role) as alone:
        runs = before()
        if alone:
            _complete_left(place, runs, ports)
        name = recordmap.name_of(workload, _NAME, "release", uuid.uuid4().hex[:12])
        begun = Record(
            name=name,
            workload=place.workload,
            environment=place.environment,
            action=action,
            by=user,
            planned=ports.now(),
            before=runs,
            after=after,
            gates=tuple(gates()),
        )
        yield from _completing(place, _planned(begun, place, ports), Ending(alone=alone), ports)


def _completing(place: Place, planned: Record | None, ending: Ending, ports: Ports) -> Iterator[Ending]:
    try:
        yield ending
    except BaseException as error:
        if planned:
            result = Result.FAILED if isinstance(error, StepFailed) else Result.UNFINISHED
            message = error.summary if isinstance(error, PkgopsError) else type(error).__name__
            _complete(place, planned, result, ending.runs, ports, message)
        raise
    if planned:
        result = Result.UNFINISHED if ending.unfinished else Result.SUCCEEDED
        _complete(place, planned, result, ending.runs, ports, ending.unfinished)
        _prune(place, ports)


def whoami(client: Client) -> str:
    """Return our user name on the cluster (SelfSubjectReview); empty where it does not return one."""
    return identity(client)[0]


def identity(client: Client) -> tuple[str, tuple[str, ...]]:
    """Return our user name and groups on the cluster (SelfSubjectReview); empty where it returns none."""
    try:
        answer = client.create({"apiVersion": "authentication.k8s.io/v1", "kind": "SelfSubjectReview"})
    except PkgopsError:
        return "", ()
    user = (answer.get("status") or {}).get("userInfo") or {}
    return str(user.get("username") or ""), tuple(map(str, user.get("groups") or ()))


def _planned(record: Record, place: Place, ports: Ports) -> Record | None:
    """Write the record of a change that begins; None where it cannot be written."""
    try:
        recordmap.create(place.client, release.config_map(record, place.namespace))
    except PkgopsError as error:
        _not_recorded(place, error, ports)
        return None
    return record


def _complete_left(place: Place, runs: Release, ports: Ports) -> None:
    """Report changes whose commands never completed them, and complete their records by what runs now."""
    try:
        left = [one for one in place.read()[0] if one.result is Result.PLANNED]
    except PkgopsError:
        return  # Writing the record of this change will fail in the same way, and is reported.
    for one in reversed(left):
        completed = release.completed_later(one, runs, ports.now())
        what = (
            f"{completed.action} of {completed.after.version or 'the newest version'} to {place.environment}"
        )
        ports.note(f"{what}, begun by {completed.by or 'an unknown user'}: {completed.message}")
        _end(place, completed, ports)


def _complete(
    place: Place, planned: Record, result: Result, runs: Release | None, ports: Ports, message: str = ""
) -> None:
    _end(place, release.completed(planned, result, ports.now(), runs, message), ports)


def _end(place: Place, record: Record, ports: Ports) -> None:
    try:
        recordmap.complete(place.client, release.config_map(record, place.namespace))
    except PkgopsError as error:
        _not_recorded(place, error, ports)


def _prune(place: Place, ports: Ports) -> None:
    try:
        rejected = decisions.rejected(decided.read(place).decisions)
        for record in retention.prunable(place.read()[0], place.keep, rejected):
            place.client.delete("v1", "ConfigMap", record.name, place.namespace)
    except PkgopsError as error:
        ports.note(f"old records of {place.environment} are not deleted: {error.summary}")


def _not_recorded(place: Place, error: PkgopsError, ports: Ports) -> None:
    warning = f"pkgops history of {place.environment} will not list this change: {error.summary}"
    ports.note(warning + place.remedy(error))
