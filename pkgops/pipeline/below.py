"""What lies below each stage: the objects that work for it, and the stages that it takes its inputs from."""

from __future__ import annotations

from collections.abc import Iterator

from pkgops.model import Below, Container, ObjectRef, ObjectState, Snapshot, Stage
from pkgops.pipeline import kinds, runs
from pkgops.pipeline.object_store import Obj, ObjectStore
from pkgops.pipeline.resources import resources
from pkgops.pipeline.serving import SERVE
from pkgops.pipeline.supplychain import PART
from pkgops.readiness import containers, readiness

PODS = 5
"""As many pods of a stage are named, the newest; an application may have any number."""

Key = tuple[str, str]
"""A stage's part and name."""


def below(world: ObjectStore, snapshot: Snapshot) -> dict[Key, Below]:
    """Return what lies below each stage of a Snapshot of these objects."""
    inputs = _inputs(world, PART, snapshot.workload)
    for env in snapshot.environments:
        inputs |= _inputs(world, env.name, env.owner)
        names = [stage.name for stage in env.stages]
        if SERVE in names and len(names) > 1:
            inputs[env.name, SERVE] = (names[names.index(SERVE) - 1],)
    return {
        (stage.part, stage.name): Below(
            inputs=inputs.get((stage.part, stage.name), ()),
            objects=tuple(_state(obj) for obj in _objects(world, stage)),
            containers=tuple(_containers(world, stage)),
        )
        for stage in snapshot.all_stages
    }


def _inputs(world: ObjectStore, part: str, owner: ObjectRef | None) -> dict[Key, tuple[str, ...]]:
    obj = world.find(owner)
    return {(part, one.name): one.inputs for one in resources(world, obj)} if obj else {}


def _objects(world: ObjectStore, stage: Stage) -> list[Obj]:
    obj = world.find(stage.object)
    if obj is None:
        return []
    made = runs.revisions_of(world, obj)[:1] if runs.is_kind(obj, kinds.SERVICE) else []
    run = runs.run_of(world, obj)
    found = [obj, run, *runs.tasks_of(world, run), *made, world.find(stage.leaf)]
    found += [world.find(pod) for pod in stage.pods[:PODS]]
    kept: dict[tuple[str, str, str, str], Obj] = {}
    for one in found:
        if one is not None:
            kept.setdefault(ObjectRef.of(one).key, one)
    return list(kept.values())


def _containers(world: ObjectStore, stage: Stage) -> Iterator[Container]:
    for ref in stage.pods[:PODS]:
        pod = world.find(ref)
        if pod is None:
            continue
        for name in containers.begun(pod):
            yield Container(pod=ref, name=name, runs=containers.runs_now(pod, name))


def _state(obj: Obj) -> ObjectState:
    said = readiness(obj)
    return ObjectState(
        object=ObjectRef.of(obj), state=said.state, reason=said.reason, message=said.message, since=said.since
    )
