"""Start one stage again without a commit: one new run object, the same inputs."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pkgops.errors import RefusedError, UsageError
from pkgops.flows import read_snapshot, stages, unreadable
from pkgops.flows.ports import Ports
from pkgops.flows.run import request_reconcile
from pkgops.flows.target import Target
from pkgops.kube import Client, Obj
from pkgops.model import ObjectRef, Stage, State
from pkgops.pipeline import runs
from pkgops.pipeline.tracker import Tracker
from pkgops.readiness.base import meta, spec

BUILD_NEEDED = "image.kpack.io/additionalBuildNeeded"


@dataclass(frozen=True, slots=True)
class Rerun:
    """What was started: the stage, the object that is new or was asked, and in what way."""

    stage: str
    part: str
    object: ObjectRef
    how: str


def rerun(target: Target, name: str | None, stage: str, ports: Ports, environment: str = "") -> Rerun:
    """Start one stage of a workload again.

    Args:
        target: the cluster.
        name: the workload.
        stage: a stage as :func:`pkgops.flows.stages.named` takes it; the first of several.
        ports: is told what was started.
        environment: only a stage of this one.

    Raises:
        UsageError: no such workload, environment or stage.
        RefusedError: this kind of stage has nothing that can be started again.
    """
    chosen = read_snapshot.name_of(target, name)
    tracker = read_snapshot.tracker(target, chosen)
    snapshot = tracker.snapshot(ports.now())
    if all(known.state is State.UNKNOWN for known in snapshot.all_stages):
        unreadable.check(snapshot)
    found = stages.named(read_snapshot.stages_in(target, snapshot, environment), stage)[0]
    if found.state is State.UNKNOWN:
        unreadable.check(snapshot, found.part)
    done = _start(target.client, tracker, found, ports.now())
    ports.note(f"{done.how}: {done.object}", object=done.object, stage=done.stage)
    return done


def _start(client: Client, tracker: Tracker, stage: Stage, now: datetime) -> Rerun:
    ref = stage.object
    obj = tracker.world.find(ref)
    if ref is None or obj is None:
        raise UsageError(
            f"stage {stage.name} has not run yet",
            why=f"it waits for {stage.waits_for or 'its controller'}",
            next="pkgops why",
            slug="stage-not-run",
        )
    if ref.kind in ("GitRepository", "ImageRepository", "ImagePolicy"):
        request_reconcile.request(client, ref, now)
        return Rerun(stage.name, stage.part, ref, "asked to look now")
    run = runs.run_of(tracker.world, obj)
    if ref.kind == "Image" and run is not None:
        return _rebuild(client, stage, run, now)
    if ref.kind == "Runnable" and run is not None:
        return _again(client, stage, run)
    raise RefusedError(
        f"stage {stage.name} ({ref}) cannot be started again",
        why="its controller works by itself on every change, and at its interval",
        next="start an earlier stage again: test, build, push or fetch",
        slug="not-rerunnable",
    )


def _rebuild(client: Client, stage: Stage, build: Obj, now: datetime) -> Rerun:
    """kpack makes another Build when the last one carries its trigger annotation."""
    ref = ObjectRef.of(build)
    patch = {"metadata": {"annotations": {BUILD_NEEDED: now.isoformat()}}}
    client.patch(ref.api_version, ref.kind, ref.name, ref.namespace, patch)
    return Rerun(stage.name, stage.part, ref, "asked for another build after")


def _again(client: Client, stage: Stage, run: Obj) -> Rerun:
    made = client.create(copy_of(run))
    return Rerun(stage.name, stage.part, ObjectRef.of(made), "started again as")


def copy_of(run: Obj) -> dict[str, Any]:
    """A new run with the inputs, labels and owner of another.

    Cartographer takes a Runnable's outputs from the newest run with its labels that succeeded, whoever
    made it.
    """
    where = meta(run)
    prefix = where.get("generateName") or f"{str(where.get('name')).rpartition('-')[0]}-"
    kept = {key: where[key] for key in ("labels", "ownerReferences") if key in where}
    body = {key: value for key, value in spec(run).items() if key not in ("status", "statusMessage")}
    return {
        "apiVersion": run["apiVersion"],
        "kind": run["kind"],
        "metadata": {"generateName": prefix, "namespace": where.get("namespace"), **kept},
        "spec": body,
    }
