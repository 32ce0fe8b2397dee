"""The objects that work for each stage, and the stages that it takes its inputs from."""

from __future__ import annotations

from collections.abc import Iterator

from pkgops.model import CHAIN, Container, ObjectRef, ObjectState, Snapshot, Stage, StageObjects
from pkgops.pipeline import kinds, runs
from pkgops.pipeline.object_store import Obj, ObjectStore
from pkgops.pipeline.resources import resources
from pkgops.pipeline.serving import SERVE
from pkgops.readiness import containers, readiness

PODS = 5
"""At most so many pods of a stage are named, the newest; an application may have any number."""

Key = tuple[str, str]
"""A stage's scope and name."""


def stage_objects(store: ObjectStore, snapshot: Snapshot) -> dict[Key, StageObjects]:
    """Return the objects and inputs of each stage of a Snapshot of these objects."""
    inputs = _inputs(store, CHAIN, snapshot.workload)
    for env in snapshot.environments:
        inputs |= _inputs(store, env.name, env.owner)
        names = [stage.name for stage in env.stages]
        if SERVE in names and len(names) > 1:
            inputs[env.name, SERVE] = (names[names.index(SERVE) - 1],)
    return {
        (stage.scope, stage.name): StageObjects(
            inputs=inputs.get((stage.scope, stage.name), ()),
            objects=tuple(_state(obj) for obj in _objects(store, stage)),
            containers=tuple(_containers(store, stage)),
        )
        for stage in snapshot.all_stages
    }


def _inputs(store: ObjectStore, scope: str, owner: ObjectRef | None) -> dict[Key, tuple[str, ...]]:
    obj = store.find(owner)
    return {(scope, one.name): one.inputs for one in resources(store, obj)} if obj else {}


def _objects(store: ObjectStore, stage: Stage) -> list[Obj]:
    obj = store.find(stage.object)
    if obj is None:
        return []
    made = runs.revisions_of(store, obj)[:1] if runs.is_kind(obj, kinds.SERVICE) else []
    run = runs.run_of(store, obj)
    found = [obj, run, *runs.tasks_of(store, run), *made, store.find(stage.leaf)]
    found += [store.find(pod) for pod in stage.pods[:PODS]]
    kept: dict[tuple[str, str, str, str], Obj] = {}
    for one in found:
        if one is not None:
            kept.setdefault(ObjectRef.of(one).key, one)
    return list(kept.values())


def _containers(store: ObjectStore, stage: Stage) -> Iterator[Container]:
    for ref in stage.pods[:PODS]:
        pod = store.find(ref)
        if pod is None:
            continue
        for name in containers.begun(pod):
            yield Container(pod=ref, name=name, runs=containers.runs_now(pod, name))


def _state(obj: Obj) -> ObjectState:
    own = readiness(obj)
    return ObjectState(
        object=ObjectRef.of(obj), state=own.state, reason=own.reason, message=own.message, since=own.since
    )
