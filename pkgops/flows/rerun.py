"""Start one stage again without a commit: one new run object, the same inputs."""

from __future__ import annotations

from pkgops.flows import read_snapshot, stages, unreadable, without_workload
from pkgops.flows.ports import Ports
from pkgops.flows.run.start_again import Rerun, start_again
from pkgops.flows.target import Target
from pkgops.model import State


def rerun(target: Target, name: str | None, stage: str, ports: Ports, environment: str = "") -> Rerun:
    """Start one stage of a workload again.

    Args:
        target: the cluster.
        name: the workload.
        stage: a stage as :func:`pkgops.flows.stages.named` takes it; the first of several.
        ports: gets what was started.
        environment: only a stage of this one.

    Raises:
        UsageError: no such workload, environment or stage.
        RefusedError: this kind of stage has nothing that can be started again.
    """
    target, chosen = without_workload.chosen(target, name)
    tracker = read_snapshot.tracker(target, chosen)
    snapshot = tracker.snapshot(ports.now())
    if all(known.state is State.UNKNOWN for known in snapshot.all_stages):
        unreadable.check(snapshot)
    found = stages.named(read_snapshot.stages_in(target, snapshot, environment), stage)[0]
    if found.state is State.UNKNOWN:
        unreadable.check(snapshot, found.scope)
    client = target.clusters.of_namespace(found.object.namespace if found.object else "")
    done = start_again(client, tracker.store, found, ports.now())
    ports.note(f"{done.how}: {done.object}", object=done.object, stage=done.stage)
    return done
