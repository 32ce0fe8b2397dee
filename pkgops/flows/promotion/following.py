"""How ``up`` changes an environment that follows a version range: its Deliverable, Lease and record."""

from __future__ import annotations

import contextlib
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Any

from pkgops.errors import PkgopsError
from pkgops.flows.ports import Ports
from pkgops.flows.promotion import places, records
from pkgops.flows.releases import release
from pkgops.flows.releases.release import Action, Release
from pkgops.flows.target import Target
from pkgops.flows.verification import store
from pkgops.kube import Client, Obj
from pkgops.model import Environment
from pkgops.settings import EnvironmentSetting


@dataclass(frozen=True)
class PendingRecord:
    """The Lease and the record of a submission until it has ended; none where it changes nothing.

    ``until_end`` releases the Lease and completes the record.
    """

    until_end: ExitStack = field(default_factory=ExitStack)
    ending: records.Ending = field(default_factory=records.Ending)

    def reached(self, environment: Environment) -> None:
        """Record what runs at the end."""
        self.ending.runs = release.running(environment)

    def left(self) -> None:
        """Record that no command waited for the end."""
        self.ending.unfinished = "the command did not wait for its end"

    def interrupted(self, error: BaseException) -> None:
        """Complete the record of a submission that no command follows any more, and release the Lease."""
        # Popped at once: the thread that followed it may end at the same time.
        left = self.until_end.pop_all()
        with contextlib.suppress(PkgopsError):
            left.__exit__(type(error), error, error.__traceback__)


def begin_record(
    target: Target, setting: EnvironmentSetting, workload: str, deliverable: Obj | None, ports: Ports
) -> PendingRecord:
    """Acquire the Lease and write a planned record where submitting a Deliverable changes the environment.

    Without a change of the Deliverable nothing is recorded: the environment follows its version range by
    itself.

    Raises:
        RefusedError: another command changes the workload there; names its holder, since when and until when.
    """
    if deliverable is None or not _changes(target.clusters.of(setting), deliverable):
        return PendingRecord()
    place = places.place_of(target, setting, workload)

    def before() -> Release:
        return places.runs_now(target, setting, workload, ports)

    with ExitStack() as stack:
        ending = stack.enter_context(records.recorded(place, Action.UP, before, Release(), ports))
        if ending.alone:
            store.complete_left(place, ports)
        return PendingRecord(stack.pop_all(), ending)


def _changes(client: Client, deliverable: Obj) -> bool:
    meta = deliverable["metadata"]
    present = client.find(
        str(deliverable["apiVersion"]), "Deliverable", str(meta["name"]), str(meta["namespace"])
    )
    return present is None or not _within(deliverable.get("spec"), present.get("spec"))


def _within(wanted: Any, present: Any) -> bool:
    """Whether all desired fields are present; fields that others have added are ignored."""
    if isinstance(wanted, dict) and isinstance(present, dict):
        return all(key in present and _within(value, present[key]) for key, value in wanted.items())
    return bool(wanted == present)
