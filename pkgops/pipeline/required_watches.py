"""Which watches a run needs next, given the objects that were read."""

from __future__ import annotations

import re
from collections.abc import Iterable

from pkgops.model import ObjectRef
from pkgops.pipeline import kinds, runs
from pkgops.pipeline.object_store import Obj, ObjectStore
from pkgops.pipeline.resources import owner_kind, stamped
from pkgops.pipeline.scope import Scope, Watch, roots
from pkgops.readiness import app as apps
from pkgops.readiness import owner as owners
from pkgops.readiness.base import condition, meta, spec

_PIPELINE_RUN = re.compile(r"\bpipelineruns?\b|^Tasks Completed: ", re.IGNORECASE)
"""How Cartographer and Tekton name a PipelineRun."""


def required_watches(store: ObjectStore, scope: Scope) -> frozenset[Watch]:
    """Return the watches for a scope: owners, blueprints, and the kinds that follow from known objects."""
    watches = roots(scope)
    for owner in owners_in(store, scope):
        watches |= _of_owner(store, owner)
    return frozenset(watches)


def owners_in(store: ObjectStore, scope: Scope) -> list[Obj]:
    """The Workloads and Deliverables that belong to a scope."""
    loads = store.all(kinds.WORKLOAD.group, kinds.WORKLOAD.kind, scope.namespace)
    if scope.name:
        loads = [obj for obj in loads if meta(obj).get("name") == scope.name]
    namespaces = {namespace for _, namespace in scope.environments}
    deliverables = store.all(kinds.DELIVERABLE.group, kinds.DELIVERABLE.kind)
    return loads + [obj for obj in deliverables if not namespaces or meta(obj).get("namespace") in namespaces]


def _of_owner(store: ObjectStore, owner: Obj) -> set[Watch]:
    namespace = str(meta(owner).get("namespace") or "")
    watches: set[Watch] = set()
    for entry in owners.resources(owner):
        ref = stamped(entry)
        if ref:
            watches.add(Watch(ref.api_version, ref.kind, ref.namespace))
            watches |= _followers(ref.group, ref.kind, ref.namespace or namespace)
            if ref.kind in (kinds.PACKAGE_INSTALL.kind, kinds.APP.kind):
                watches |= _deployed(store, ref.namespace, ref.name)
            watches |= _run(store, store.find(ref))
    for child in store.children(owner):
        watches |= _child(child, namespace) | _run(store, child)
    return watches


def _run(store: ObjectStore, obj: Obj | None) -> set[Watch]:
    """PipelineRuns where a Runnable stamps them: reading them needs its own permission, and few stamp any."""
    if obj is None or not runs.is_kind(obj, kinds.RUNNABLE) or not _makes_pipeline_runs(store, obj):
        return set()
    kind = kinds.PIPELINE_RUN
    return {Watch(kind.api_version, kind.kind, str(meta(obj).get("namespace") or ""))}


def _makes_pipeline_runs(store: ObjectStore, runnable: Obj) -> bool:
    """Whether a TaskRun, an Event or the condition of a Runnable shows that it stamps PipelineRuns.

    Tekton copies the labels of a PipelineRun to its TaskRuns.
    """
    where = ObjectRef.of(runnable)
    labels = {"carto.run/runnable-name": where.name}
    tasks = store.labelled(kinds.TASK_RUN.group, kinds.TASK_RUN.kind, labels, where.namespace)
    if tasks:
        owners = [one for task in tasks for one in meta(task).get("ownerReferences") or ()]
        return any(one.get("kind") == kinds.PIPELINE_RUN.kind for one in owners)
    messages = [str(event.get("message") or "") for event in store.events(where)]
    run = condition(runnable, "StampedObjectCondition")
    messages += [run.message] if run else []
    return any(_PIPELINE_RUN.search(text) for text in messages)


def _child(child: Obj, namespace: str) -> set[Watch]:
    group = str(child.get("apiVersion") or "").rpartition("/")[0]
    kind = str(child.get("kind"))
    return {Watch(str(child.get("apiVersion")), kind, namespace), *_followers(group, kind, namespace)}


def _deployed(store: ObjectStore, namespace: str, name: str) -> set[Watch]:
    app = store.get(kinds.APP.group, kinds.APP.kind, namespace, name)
    watches: set[Watch] = set()
    for group, kind in apps.deployed(app) if app else ():
        for known in kinds.DEPLOYED:
            if (known.group, known.kind) == (group, kind):
                watches.add(Watch(known.api_version, known.kind, namespace))
                watches |= _followers(group, kind, namespace)
    return watches


def _followers(group: str, kind: str, namespace: str) -> set[Watch]:
    return {
        Watch(item.api_version, item.kind, "" if item.kind in kinds.CLUSTER_SCOPED else namespace)
        for item in kinds.FOLLOWERS.get((group, kind), ())
    }


def reachable_kinds(stamped: Iterable[tuple[str, str]]) -> set[tuple[str, str]]:
    """Return all apiVersions and kinds that may be watched in a namespace where these kinds are stamped.

    It is the union of :func:`required_watches` over every state that the objects may have.
    """
    reached, left = set[tuple[str, str]](), list(stamped)
    while left:
        one = left.pop()
        if one in reached:
            continue
        reached.add(one)
        group = one[0].rpartition("/")[0]
        below = kinds.FOLLOWERS.get((group, one[1]), ())
        below += kinds.DEPLOYED if one[1] == kinds.APP.kind and group == kinds.APP.group else ()
        left += [(kind.api_version, kind.kind) for kind in below]
    return reached


def planned(store: ObjectStore, owner: Obj) -> Iterable[str]:
    """Yield the names of the blueprint's resources for an owner, stamped or not."""
    kind, name = owners.blueprint_ref(owner)
    plan = store.get("carto.run", kind, "", name) if name else None
    return [str(item.get("name")) for item in spec(plan).get("resources") or ()] if plan else []


__all__ = ["Scope", "Watch", "owner_kind", "owners_in", "planned", "required_watches"]
