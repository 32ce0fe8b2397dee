"""The Snapshot of one workload at one moment: stages, environments, causes, the verdict."""

from __future__ import annotations

from datetime import datetime

from pkgops.model import CHAIN, Blockage, Environment, ObjectRef, Snapshot, State, Verdict
from pkgops.pipeline import behind, carried, kinds, links, unknown, without_deliverable
from pkgops.pipeline.diagnosis import causes, ranking
from pkgops.pipeline.environments import deployed, environment, unreadable
from pkgops.pipeline.object_store import Obj, ObjectStore
from pkgops.pipeline.resources import blueprint
from pkgops.pipeline.scope import Scope
from pkgops.pipeline.supplychain import Chain, read_chain
from pkgops.pipeline.verdict import verdict
from pkgops.readiness.base import meta


def snapshot(store: ObjectStore, scope: Scope, now: datetime) -> Snapshot:
    """Return the Snapshot of a workload and its environments; an empty ``scope.name`` is the only one."""
    workload = _workload(store, scope)
    chain = read_chain(store, workload, now) if workload else None
    name = str(meta(workload).get("name")) if workload else scope.name
    blockages: list[Blockage | None] = []
    if workload is not None and chain is not None:
        blockages += _chain_causes(store, workload, chain, name, now)
    elif gap := unknown.of_kind(store, kinds.WORKLOAD, scope.namespace):
        blockages.append(ranking.of_gap(gap, CHAIN))
    environments = []
    for label, namespace, owner in _owners(store, workload, scope):
        gap = unknown.of_kind(store, kinds.DELIVERABLE, namespace)
        if owner is not None:
            env, blocked = environment(store, label, owner, chain, name, now)
        elif gap is not None:
            env, blocked = unreadable(label, namespace, gap)
        else:
            continue
        environments.append(env)
        blockages += blocked
    own = without_deliverable.deployed(store, workload, chain, scope) if workload and chain else None
    if own is not None and own.name not in [env.name for env in environments]:
        env, blocked = deployed(store, own, chain or Chain(activities=()), name, now)
        environments.insert(0, env)
        blockages += blocked
    ranked = ranking.ranked(blockages, delivered=bool(chain is None or chain.package))
    placed = behind.compared(store, scope, environments)
    return carried.marked(_assemble(store, scope, workload, chain, placed, ranked, now))


def _workload(store: ObjectStore, scope: Scope) -> Obj | None:
    if scope.name:
        return store.get(kinds.WORKLOAD.group, kinds.WORKLOAD.kind, scope.namespace, scope.name)
    known = store.all(kinds.WORKLOAD.group, kinds.WORKLOAD.kind, scope.namespace)
    return known[0] if len(known) == 1 else None


def _owners(store: ObjectStore, workload: Obj | None, scope: Scope) -> list[tuple[str, str, Obj | None]]:
    """Environments' names and namespaces with their Deliverables, in the order of delivery."""
    owner = workload or links.named(store, scope.namespace, scope.name)
    known = links.deliverables(store, owner, name=scope.name)
    spaces = list(scope.environments)
    if not spaces:
        by_age = sorted(known, key=lambda obj: str(meta(obj).get("creationTimestamp") or ""))
        names = dict.fromkeys(str(meta(obj).get("namespace")) for obj in by_age)
        spaces = [(name, name) for name in names]
    owners: list[tuple[str, str, Obj | None]] = []
    for name, namespace in spaces:
        here = [obj for obj in known if meta(obj).get("namespace") == namespace]
        owners.append((name, namespace, here[0] if here else None))
    return owners


def _chain_causes(
    store: ObjectStore, workload: Obj, chain: Chain, name: str, now: datetime
) -> list[Blockage | None]:
    context = causes.Context(store=store, now=now, name=name, chain=chain)
    owner = causes.of_owner(context, workload, CHAIN)
    if owner is not None and owner.state is State.FAILED:
        return [owner]
    plan = ranking.of_plan(store, workload, CHAIN, chain.activities)
    return [owner, *(causes.of_activity(context, item) for item in chain.activities), plan]


def _assemble(
    store: ObjectStore,
    scope: Scope,
    workload: Obj | None,
    chain: Chain | None,
    environments: tuple[Environment, ...],
    found: tuple[Blockage, ...],
    now: datetime,
) -> Snapshot:
    known = workload or links.named(store, scope.namespace, scope.name)
    if known is None and not environments and not found:
        return Snapshot(taken_at=now, workload=None, verdict=Verdict.ABSENT, unreadable=store.unreadable)
    chain = chain or Chain(activities=())
    stages = tuple(item.stage for item in chain.activities)
    everything = [*stages, *(stage for env in environments for stage in env.stages)]
    plan = blueprint(store, workload) if workload else None
    return Snapshot(
        taken_at=now,
        workload=_ref(known),
        blueprint=ObjectRef.of(plan) if plan else None,
        stages=stages,
        environments=environments,
        verdict=verdict(everything, found),
        revision=chain.revision,
        image=chain.image,
        image_revision=chain.image_revision,
        package=chain.package,
        blockages=found,
        pending=((CHAIN,) if chain.pending else ()) + tuple(env.name for env in environments if env.pending),
        unreadable=store.unreadable,
    )


def _ref(workload: Obj | None) -> ObjectRef | None:
    if workload is None:
        return None
    return ObjectRef.of({**workload, "apiVersion": kinds.WORKLOAD.api_version})
