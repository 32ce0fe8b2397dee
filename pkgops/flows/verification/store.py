"""Results of verifications on the cluster of their environment, where the records of releases are."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, replace

from pkgops.errors import PkgopsError
from pkgops.flows.ports import Ports
from pkgops.flows.releases.place import Place
from pkgops.flows.releases.recordmap import complete, listed, name_of
from pkgops.flows.verification import result
from pkgops.flows.verification.result import LABEL, Outcome, Verification
from pkgops.kube import Obj

_NAME = 40
"""How much of a workload's name is in that of a result, so that it fits into a label."""


def name_for(workload: str) -> str:
    """Return a unique name for a verification of a workload."""
    return name_of(workload, _NAME, "verify", uuid.uuid4().hex[:12])


def read(place: Place) -> tuple[list[Verification], list[str]]:
    """Return the workload's verifications, newest first, and the names of ConfigMaps that contain none."""
    found, unreadable = listed(place.client, place.namespace, LABEL, result.parse)
    return result.in_order(one for one in found if one.workload == place.workload), unreadable


@dataclass(frozen=True)
class StoredVerification:
    """A running verification, and its ConfigMap; None where none can be written."""

    begun: Verification
    config_map: Obj | None

    @property
    def owner(self) -> Obj | None:
        """An owner reference to the ConfigMap: a verification's objects are deleted with it."""
        if self.config_map is None:
            return None
        meta = self.config_map["metadata"]
        return {"apiVersion": "v1", "kind": "ConfigMap", "name": meta["name"], "uid": meta["uid"]}


def complete_left(place: Place, ports: Ports) -> None:
    """Complete the verifications of killed commands as unknown, and report them.

    Only a command that holds the Lease can be sure that no other one still carries them out.
    """
    try:
        left = [one for one in read(place)[0] if one.outcome is Outcome.RUNNING]
    except PkgopsError:
        return  # Writing the command's own result will fail in the same way, and is reported.
    for one in left:
        who = one.by or "an unknown user"
        ports.note(f"the verification of {one.version} by {who} was not completed: its result is unknown")
        message = "the command ended without completing it"
        _write(place, result.ended(one, one.checks, ports.now(), message), ports)


def begin(place: Place, verification: Verification, ports: Ports, *, alone: bool) -> StoredVerification:
    """Write a running verification; with the Lease (``alone``), complete those of killed commands."""
    if alone:
        complete_left(place, ports)
    try:
        created = place.client.create(result.config_map(verification, place.namespace))
    except PkgopsError as error:
        _not_recorded(place, error, ports)
        return StoredVerification(verification, None)
    return StoredVerification(verification, created)


def end(place: Place, stored: StoredVerification, ended: Verification, ports: Ports) -> Verification:
    """Write the result of a verification, and delete the oldest ones; return the result."""
    if stored.config_map is not None:
        _write(place, ended, ports)
        _prune(place, ports)
    return replace(ended, created=None)


def _write(place: Place, verification: Verification, ports: Ports) -> None:
    try:
        complete(place.client, result.config_map(verification, place.namespace))
    except PkgopsError as error:
        _not_recorded(place, error, ports)


def _prune(place: Place, ports: Ports) -> None:
    try:
        for one in result.prunable(read(place)[0], place.keep):
            place.client.delete("v1", "ConfigMap", one.name, place.namespace)
    except PkgopsError as error:
        ports.note(f"old verifications in {place.environment} are not deleted: {error.summary}")


def _not_recorded(place: Place, error: PkgopsError, ports: Ports) -> None:
    warning = f"the result of this verification in {place.environment} is not stored: {error.summary}"
    ports.note(warning + place.remedy(error))
