"""What is announced of changes: their start and end, verifications that fail, gates that refuse."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from pkgops.errors import PkgopsError, RefusedError, StepFailed
from pkgops.flows.ports import Ports
from pkgops.flows.promotion import records
from pkgops.flows.releases.place import Place
from pkgops.flows.releases.release import Action, Result
from pkgops.model import announcement
from pkgops.model.announcement import Announcement

if TYPE_CHECKING:
    from pkgops.flows.promotion.gates.rule import Case
    from pkgops.flows.verification.result import Verification

_KINDS = {Action.PROMOTE: announcement.PROMOTION, Action.ROLLBACK: announcement.ROLLBACK}


@contextmanager
def change(place: Place, action: Action, before: str, after: str, ports: Ports) -> Iterator[None]:
    """Announce that a change starts, and how it ended."""
    by = records.whoami(place.client)

    def announce(phase: str, result: str = "", message: str = "") -> None:
        more = {"by": by, "before": before, "after": after, "result": result, "message": message}
        _announce(place, _KINDS[action], phase, ports, more)

    announce(announcement.STARTED)
    try:
        yield
    except BaseException as error:
        ended = Result.FAILED if isinstance(error, StepFailed | RefusedError) else Result.UNFINISHED
        announce(
            announcement.ENDED,
            ended,
            error.summary if isinstance(error, PkgopsError) else type(error).__name__,
        )
        raise
    announce(announcement.ENDED, Result.SUCCEEDED)


def verification_failed(place: Place, found: Verification, ports: Ports) -> None:
    """Announce that the version of an environment failed its verification."""
    failed = [f"{one.name}: {one.evidence}" for one in found.checks if one.outcome == "failed"]
    more = {"by": found.by, "after": found.version, "result": "failed", "message": "; ".join(failed)}
    _announce(place, announcement.VERIFICATION, announcement.FAILED, ports, more)


@contextmanager
def gates(case: Case) -> Iterator[None]:
    """Announce that a gate refuses, where one does within."""
    try:
        yield
    except RefusedError as error:
        ends = {"before": case.before.version, "after": case.after.version}
        more = {"by": case.user, **ends, "message": error.summary}
        _announce(case.place(), announcement.GATE, announcement.REFUSED, case.ports, more)
        raise


def _announce(place: Place, kind: str, phase: str, ports: Ports, more: dict[str, str]) -> None:
    ports.on_announcement(
        Announcement(
            kind=kind,
            phase=phase,
            time=ports.now(),
            cluster=place.client.server,
            workload=place.workload,
            environment=place.environment,
            namespace=place.namespace,
            **more,
        )
    )
