"""Why a run makes no progress: the deepest cause, with the end of the failing container's log."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from pkgops.errors import Exit
from pkgops.flows import controllers, other_port, read_snapshot, without_workload
from pkgops.flows.clusters import Clusters
from pkgops.flows.ports import Ports
from pkgops.flows.run import failure
from pkgops.flows.target import Target
from pkgops.model import Blockage, Evidence, ObjectRef, Snapshot, State, Verdict
from pkgops.pipeline.object_store import ObjectStore


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """The result of ``pkgops why``: the causes, the deepest first; none where everything is healthy.

    ``seen`` are the objects that it was read from.
    """

    name: str
    snapshot: Snapshot
    blockages: tuple[Blockage, ...] = ()
    seen: ObjectStore | None = None

    @property
    def exit_code(self) -> Exit:
        """0 healthy or in progress; 1 failed or stale; 3 unknown; 4 blocked, without anything to repair."""
        if any(item.state is State.FAILED for item in self.blockages):
            return Exit.FAILED
        if self.snapshot.verdict is Verdict.UNKNOWN:
            return Exit.UNREACHABLE
        if self.blockages:
            return Exit.DEADLINE
        return Exit.FAILED if self.snapshot.verdict is Verdict.ABSENT else Exit.DONE


def why(target: Target, name: str | None, ports: Ports) -> Diagnosis:
    """Return the causes why a workload's run makes no progress now.

    Raises:
        UsageError: there is no workload of that name.
        PreflightError: the cluster serves no workloads.
    """
    target, chosen = without_workload.chosen(target, name)
    tracker = read_snapshot.tracker(target, chosen)
    found = explain(target.clusters, chosen, tracker.snapshot(ports.now()), ports.sleep)
    causes = tuple(controllers.named(target, cause) for cause in found.blockages)
    return replace(found, blockages=causes, seen=tracker.store)


def explain(
    clusters: Clusters | None,
    name: str,
    snapshot: Snapshot,
    sleep: Callable[[float], None] | None = None,
) -> Diagnosis:
    """Return the causes of a Snapshot; with clusters, the end of the log is part of the evidence.

    With ``sleep``, the port on which an unready pod listens is searched by requests.
    """
    causes = snapshot.blockages
    if clusters is not None:
        causes = tuple(
            _with_log(clusters, snapshot, other_port.explained(clusters, cause, sleep)) for cause in causes
        )
    return Diagnosis(name, snapshot, causes)


def _with_log(clusters: Clusters, snapshot: Snapshot, cause: Blockage) -> Blockage:
    pod = pod_of(snapshot, cause)
    if pod is None or cause.state is not State.FAILED:
        return cause
    text = failure.log_end(clusters, pod)
    # The first line names the pod, which is in the evidence already.
    lines = text.splitlines()[1:]
    return (
        replace(cause, evidence=(*cause.evidence, Evidence("log", pod, "\n".join(lines)))) if lines else cause
    )


def pod_of(snapshot: Snapshot, cause: Blockage) -> ObjectRef | None:
    """The pod whose log belongs to a cause."""
    if cause.object is not None and cause.object.kind == "Pod":
        return cause.object
    for stage in snapshot.all_stages:
        if (stage.scope, stage.name) == (cause.scope, cause.stage):
            return next(iter(stage.pods), None)
    return None
