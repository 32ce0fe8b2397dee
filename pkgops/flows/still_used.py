"""Objects that are not in the templates any more but are still used: several configurations share one record.

Each configuration has its own namespaces or templates. Objects that one of them does not have would be
deleted, although the workloads and deliverables of another one use those service accounts and blueprints.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace

from pkgops.errors import RefusedError
from pkgops.flows import selection, unreadable
from pkgops.flows.apply_plan import Plan, Step, describe
from pkgops.flows.ports import Ports
from pkgops.flows.remaining import listed
from pkgops.flows.render import OWNERS, Rendered
from pkgops.kapp import identity
from pkgops.kube import Client, Forbidden, Obj
from pkgops.model import ObjectRef
from pkgops.pipeline import kinds
from pkgops.readiness.owner import blueprint_ref

BLUEPRINTS = (kinds.SUPPLY_CHAIN.kind, kinds.DELIVERY.kind)


def without_used(
    client: Client, plan: Plan, rendered: Rendered, spaces: Collection[str], ports: Ports
) -> Plan:
    """Return the plan without deletions in other namespaces that still have workloads or deliverables.

    Args:
        client: the cluster.
        plan: what applying would do.
        rendered: what is applied and submitted.
        spaces: the namespaces that the configuration names.
        ports: gets a note for each namespace that is left unchanged.

    Raises:
        RefusedError: a blueprint or an account would be deleted that one of them uses.
        Forbidden: the workloads and deliverables may not be listed.
    """
    gone = [step for step in plan.steps if step.op == "delete"]
    if not any(_is_kept(step, spaces) for step in gone):
        return plan
    there = {identity.namespace(step.object) for step in gone} | set(spaces)
    others = [obj for obj in _owners(client, sorted(there - {""})) if not _own(obj, rendered, spaces)]
    left = _left(gone, others, spaces)
    for step in gone:
        if step not in left:
            _refuse_used(step, others, rendered)
    for space in sorted({identity.namespace(step.object) for step in left}):
        user = next(obj for obj in others if identity.namespace(obj) == space)
        ports.note(f"templates in {space}: not changed, {_named(user)} is there")
    kept = {id(step) for step in left}
    steps = (replace(step, op="unchanged") if id(step) in kept else step for step in plan.steps)
    return replace(plan, steps=tuple(steps))


def _is_kept(step: Step, spaces: Collection[str]) -> bool:
    space = identity.namespace(step.object)
    return step.object["kind"] in (*BLUEPRINTS, "ServiceAccount") or bool(space and space not in spaces)


def _owners(client: Client, spaces: Sequence[str]) -> list[Obj]:
    """Return a cluster's workloads and deliverables, of some namespaces where not all may be listed."""
    found = list[Obj]()
    for kind in OWNERS:
        try:
            found += listed(client, kind, "")
        except Forbidden as error:
            if not unreadable.refusal(error):
                raise
            found += [obj for space in spaces for obj in listed(client, kind, space)]
    return found


def _own(obj: Obj, rendered: Rendered, spaces: Collection[str]) -> bool:
    """Whether an owner is one of those that are submitted with these templates."""
    names = {(one["kind"], identity.name(one)) for one in (*rendered.workloads, *rendered.deliverables)}
    return (obj["kind"], identity.name(obj)) in names and identity.namespace(obj) in spaces


def _left(gone: Iterable[Step], others: Sequence[Obj], spaces: Collection[str]) -> list[Step]:
    theirs = {identity.namespace(obj) for obj in others} - set(spaces)
    return [step for step in gone if identity.namespace(step.object) in theirs]


def _refuse_used(step: Step, others: Sequence[Obj], rendered: Rendered) -> None:
    obj = step.object
    if obj["kind"] in BLUEPRINTS:
        users = [one for one in others if _follows(one, obj, rendered)]
    elif obj["kind"] == "ServiceAccount":
        users = [one for one in others if _acts_as(one, obj)]
    else:
        return
    if users:
        raise RefusedError(
            f"{describe(ObjectRef.of(obj))} is not in these templates, and is still used",
            why=f"{', '.join(map(_named, users))} would be left without it; nothing was changed",
            next="give these templates a record of their own: a name that is not used yet as pkgops.record",
            slug="still-used",
        )


def _follows(owner: Obj, blueprint: Obj, rendered: Rendered) -> bool:
    """Whether an owner uses a blueprint, or will, and none that is applied would select it instead."""
    if blueprint["kind"] != kinds.blueprint_of(str(owner["kind"])).kind:
        return False
    _, name = blueprint_ref(owner)
    labels = identity.labels(owner)
    uses = name == identity.name(blueprint) if name else selection.score(blueprint, labels) > 0
    return uses and not selection.best(rendered.blueprints(blueprint["kind"]), labels)


def _acts_as(owner: Obj, account: Obj) -> bool:
    name = (owner.get("spec") or {}).get("serviceAccountName") or "default"
    return (identity.namespace(owner), name) == (identity.namespace(account), identity.name(account))


def _named(owner: Obj) -> str:
    return describe(ObjectRef.of(owner))
