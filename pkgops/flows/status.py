"""The status of each environment: version, commit, image, health, pinned or following a range."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pkgops.errors import Exit
from pkgops.flows import read_snapshot, without_workload, workloads
from pkgops.flows.ports import Ports
from pkgops.flows.target import Target
from pkgops.model import CauseCode, ObjectRef, Snapshot, Verdict

if TYPE_CHECKING:
    from pkgops.pipeline import Tracker

_CODES = {
    Verdict.READY: Exit.DONE,
    Verdict.FAILED: Exit.FAILED,
    Verdict.STALE: Exit.FAILED,
    Verdict.ABSENT: Exit.FAILED,
    Verdict.UNKNOWN: Exit.UNREACHABLE,
}


def status(target: Target, name: str | None, ports: Ports) -> list[Snapshot]:
    """Return the Snapshot of one workload, or of all in the namespace without a name.

    Raises:
        UsageError: there is no workload of that name.
        PreflightError: the cluster serves no workloads.
    """
    if name:
        return [read_snapshot.read_snapshot(*without_workload.chosen(target, name), ports)]
    found = read_snapshot.tracker(target)
    return (
        [found.of(ref, ports.now()) for ref in found.workloads()]
        or _configured(target, found, ports)
        or _alone(target, ports)
    )


def serves_workloads(target: Target) -> bool:
    """Return whether the cluster serves Workloads."""
    return target.client.serves(workloads.API, "Workload")


def exit_code(snapshots: list[Snapshot]) -> Exit:
    """Return the health of all Snapshots as an exit code: the worst counts.

    Failed is worse than unknown (3), and that is worse than in progress (4).
    """
    codes = [_CODES.get(snapshot.verdict, Exit.DEADLINE) for snapshot in snapshots]
    order = (Exit.DONE, Exit.DEADLINE, Exit.UNREACHABLE, Exit.FAILED)
    return max(codes, key=order.index, default=Exit.FAILED)


def answered(snapshots: list[Snapshot]) -> Exit:
    """Return 3 where a cluster does not answer, else 0, whatever the health."""
    gaps = (gap.code for snapshot in snapshots for gap in snapshot.unreadable)
    return Exit.UNREACHABLE if CauseCode.NOT_REACHABLE in gaps else Exit.DONE


def _alone(target: Target, ports: Ports) -> list[Snapshot]:
    """Return the Snapshots of the deliverables in the requested namespace, where it has no workload."""
    alone, names = without_workload.deliverables_only(target)
    return [read_snapshot.read_snapshot(alone, name, ports) for name in names] if alone is not target else []


def _configured(target: Target, found: Tracker, ports: Ports) -> list[Snapshot]:
    """Return the Snapshot of the configured workload where none is known: reading may be forbidden."""
    if not any(client.serves(workloads.API, "Deliverable") for client in target.clusters.all()):
        return []
    settings = target.settings
    ref = ObjectRef(workloads.API, "Workload", settings.workload_namespace, settings.workload)
    snapshot = found.of(ref, ports.now())
    return [snapshot] if snapshot.verdict is not Verdict.ABSENT else []
