"""What runs where: version, commit, image, health, pinned or following, for each environment."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pkgops.errors import Exit
from pkgops.flows import delivered_alone, read_snapshot, workloads
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
    """Return what is known of one workload, or of all in the namespace where no name is given.

    Raises:
        UsageError: there is no workload of that name.
        PreflightError: the cluster serves no workloads.
    """
    if name:
        return [read_snapshot.read_snapshot(*delivered_alone.chosen(target, name), ports)]
    found = read_snapshot.tracker(target)
    return (
        [found.of(ref, ports.now()) for ref in found.workloads()]
        or _configured(target, found, ports)
        or _alone(target, ports)
    )


def serves_workloads(target: Target) -> bool:
    """Tell whether the cluster has the kind that everything begins with."""
    return target.client.serves(workloads.API, "Workload")


def exit_code(snapshots: list[Snapshot]) -> Exit:
    """Return how healthy it all is as an exit code: the worst counts.

    What failed is worse than what is unknown (3), and that than what is in progress (4).
    """
    codes = [_CODES.get(snapshot.verdict, Exit.DEADLINE) for snapshot in snapshots]
    order = (Exit.DONE, Exit.DEADLINE, Exit.UNREACHABLE, Exit.FAILED)
    return max(codes, key=order.index, default=Exit.FAILED)


def answered(snapshots: list[Snapshot]) -> Exit:
    """Return whether all could be asked: 3 where a cluster does not answer, however healthy the rest is."""
    gaps = (gap.code for snapshot in snapshots for gap in snapshot.unreadable)
    return Exit.UNREACHABLE if CauseCode.NOT_REACHABLE in gaps else Exit.DONE


def _alone(target: Target, ports: Ports) -> list[Snapshot]:
    """What is delivered to the namespace that is asked for, where no workload is there."""
    alone, names = delivered_alone.around(target)
    return [read_snapshot.read_snapshot(alone, name, ports) for name in names] if alone is not target else []


def _configured(target: Target, found: Tracker, ports: Ports) -> list[Snapshot]:
    """No workload is known: it may be that none may be read, or that the cluster only receives deliveries."""
    if not any(client.serves(workloads.API, "Deliverable") for client in target.clusters.all()):
        return []
    settings = target.settings
    ref = ObjectRef(workloads.API, "Workload", settings.workload_namespace, settings.workload)
    snapshot = found.of(ref, ports.now())
    return [snapshot] if snapshot.verdict is not Verdict.ABSENT else []
