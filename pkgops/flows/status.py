"""What runs where: version, commit, image, health, pinned or following, for each environment."""

from __future__ import annotations

from pkgops.errors import Exit
from pkgops.flows import look, workloads
from pkgops.flows.ports import Ports
from pkgops.flows.target import Target
from pkgops.model import Snapshot, Verdict

_CODES = {
    Verdict.READY: Exit.DONE,
    Verdict.FAILED: Exit.FAILED,
    Verdict.STALE: Exit.FAILED,
    Verdict.ABSENT: Exit.FAILED,
}


def status(target: Target, name: str | None, ports: Ports) -> list[Snapshot]:
    """Return what is known of one workload, or of all in the namespace where no name is given.

    Raises:
        UsageError: there is no workload of that name.
        PreflightError: the cluster serves no workloads.
    """
    if name:
        return [look.look(target, look.name_of(target, name), ports)]
    found = look.tracker(target)
    return [found.of(ref, ports.now()) for ref in found.workloads()] or _configured(target, ports)


def exit_code(snapshots: list[Snapshot]) -> Exit:
    """Return how healthy it all is as an exit code: the worst counts; what is on its way is 4."""
    codes = [_CODES.get(snapshot.verdict, Exit.DEADLINE) for snapshot in snapshots]
    return max(codes, key=lambda code: (code == Exit.FAILED, code), default=Exit.FAILED)


def _configured(target: Target, ports: Ports) -> list[Snapshot]:
    """No workload: there may be deliverables, on a cluster that only receives deliveries."""
    if not target.client.serves(workloads.API, "Deliverable"):
        return []
    snapshot = look.look(target, target.settings.workload, ports)
    return [snapshot] if snapshot.environments else []
