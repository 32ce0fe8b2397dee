"""Everything known about one workload at one moment: stages, environments, causes, the verdict."""

from __future__ import annotations

from datetime import datetime

from pkgops.model import Blockage, Environment, ObjectRef, Snapshot, State, Verdict
from pkgops.pipeline import alone, behind, carried, kinds, links, unknown
from pkgops.pipeline.diagnosis import causes, ranking
from pkgops.pipeline.environments import deployed, environment, unreadable
from pkgops.pipeline.object_store import Obj, ObjectStore
from pkgops.pipeline.resources import blueprint
from pkgops.pipeline.scope import Scope
from pkgops.pipeline.supplychain import PART, Chain, chain
from pkgops.pipeline.verdict import verdict
from pkgops.readiness.base import meta


def snapshot(world: ObjectStore, focus: Scope, now: datetime) -> Snapshot:
    """Read one workload and its environments; ``focus.name`` may be empty where there is only one."""
    workload = _workload(world, focus)
    made = chain(world, workload, now) if workload else None
    name = str(meta(workload).get("name")) if workload else focus.name
    found: list[Blockage | None] = []
    if workload is not None and made is not None:
        found += _chain_causes(world, workload, made, name, now)
    elif gap := unknown.of_kind(world, kinds.WORKLOAD, focus.namespace):
        found.append(ranking.of_gap(gap, PART))
    environments = []
    for label, namespace, owner in _owners(world, workload, focus):
        gap = unknown.of_kind(world, kinds.DELIVERABLE, namespace)
        if owner is not None:
            env, blocked = environment(world, label, owner, made, name, now)
        elif gap is not None:
            env, blocked = unreadable(label, namespace, gap)
        else:
            continue
        environments.append(env)
        found += blocked
    own = alone.deployed(world, workload, made, focus) if workload and made else None
    if own is not None and own.name not in [env.name for env in environments]:
        env, blocked = deployed(world, own, made or Chain(activities=()), name, now)
        environments.insert(0, env)
        found += blocked
    ranked = ranking.ranked(found, delivered=bool(made is None or made.package))
    placed = behind.compared(world, focus, environments)
    return carried.marked(_assemble(world, focus, workload, made, placed, ranked, now))


def _workload(world: ObjectStore, focus: Scope) -> Obj | None:
    if focus.name:
        return world.get(kinds.WORKLOAD.group, kinds.WORKLOAD.kind, focus.namespace, focus.name)
    known = world.all(kinds.WORKLOAD.group, kinds.WORKLOAD.kind, focus.namespace)
    return known[0] if len(known) == 1 else None


def _owners(world: ObjectStore, workload: Obj | None, focus: Scope) -> list[tuple[str, str, Obj | None]]:
    """Environments' names and namespaces with their Deliverables, in the order of delivery."""
    known = links.deliverables(world, workload or links.named(world, focus.namespace, focus.name))
    spaces = list(focus.environments)
    if not spaces:
        names = dict.fromkeys(str(meta(obj).get("namespace")) for obj in _by_age(known))
        spaces = [(name, name) for name in names]
    found: list[tuple[str, str, Obj | None]] = []
    for name, namespace in spaces:
        here = [obj for obj in known if meta(obj).get("namespace") == namespace]
        found.append((name, namespace, here[0] if here else None))
    return found


def _by_age(objects: list[Obj]) -> list[Obj]:
    return sorted(objects, key=lambda obj: str(meta(obj).get("creationTimestamp") or ""))


def _chain_causes(
    world: ObjectStore, workload: Obj, made: Chain, name: str, now: datetime
) -> list[Blockage | None]:
    context = causes.Context(world=world, now=now, name=name, chain=made)
    owner = causes.of_owner(context, workload, PART)
    if owner is not None and owner.state is State.FAILED:
        return [owner]
    plan = ranking.of_plan(world, workload, PART, made.activities)
    return [owner, *(causes.of_activity(context, item) for item in made.activities), plan]


def _assemble(
    world: ObjectStore,
    focus: Scope,
    workload: Obj | None,
    made: Chain | None,
    environments: tuple[Environment, ...],
    found: tuple[Blockage, ...],
    now: datetime,
) -> Snapshot:
    known = workload or links.named(world, focus.namespace, focus.name)
    if known is None and not environments and not found:
        return Snapshot(taken_at=now, workload=None, verdict=Verdict.ABSENT, unreadable=world.unreadable)
    made = made or Chain(activities=())
    stages = tuple(item.stage for item in made.activities)
    everything = [*stages, *(stage for env in environments for stage in env.stages)]
    plan = blueprint(world, workload) if workload else None
    return Snapshot(
        taken_at=now,
        workload=_ref(known),
        blueprint=ObjectRef.of(plan) if plan else None,
        stages=stages,
        environments=environments,
        verdict=verdict(everything, found),
        revision=made.revision,
        image=made.image,
        image_revision=made.image_revision,
        package=made.package,
        blockages=found,
        pending=((PART,) if made.pending else ()) + tuple(env.name for env in environments if env.pending),
        unreadable=world.unreadable,
    )


def _ref(workload: Obj | None) -> ObjectRef | None:
    if workload is None:
        return None
    return ObjectRef.of({**workload, "apiVersion": kinds.WORKLOAD.api_version})
