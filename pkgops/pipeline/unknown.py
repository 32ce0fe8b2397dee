"""Kinds that cannot be read: which of them makes a stage, a run or an application unknown."""

from __future__ import annotations

from pkgops.model import ObjectRef, Output, StageStatus, State, Unreadable
from pkgops.pipeline import kinds, revisions, runs
from pkgops.pipeline.object_store import Obj, ObjectStore
from pkgops.pipeline.resources import Resource
from pkgops.readiness import app as apps
from pkgops.readiness import owner as owners
from pkgops.readiness.base import condition, meta, observed

_RUNS = {
    (kinds.RUNNABLE.group, kinds.RUNNABLE.kind): kinds.TASK_RUN,
    (kinds.IMAGE.group, kinds.IMAGE.kind): kinds.BUILD,
    (kinds.PACKAGE_INSTALL.group, kinds.PACKAGE_INSTALL.kind): kinds.APP,
}
"""The kinds of runs below a stamped object, which report more than it."""


def reading(gap: Unreadable) -> StageStatus:
    """The status of a stage whose object cannot be read."""
    reason = "".join(word.capitalize() for word in gap.code.split("-"))
    return StageStatus(state=State.UNKNOWN, reason=reason, message=gap.sentence, code=gap.code)


def of_kind(store: ObjectStore, kind: kinds.Kind, namespace: str) -> Unreadable | None:
    """The gap of a kind that cannot be read; None where it was read."""
    return store.gap(kind.group, kind.kind, namespace)


def of_resource(store: ObjectStore, resource: Resource) -> Unreadable | None:
    """The gap where the stamped object that the owner's status names cannot be read; else None."""
    ref = resource.ref
    return store.gap(ref.group, ref.kind, ref.namespace) if ref and resource.obj is None else None


def output(resource: Resource) -> Output:
    """The outputs of a stamped object that the owner's status has."""
    found = resource.outputs()
    image = next(iter(revisions.images(found.get("image", ""))), "")
    ref = resource.ref
    if ref is not None and (ref.group, ref.kind) == (kinds.IMAGE_POLICY.group, kinds.IMAGE_POLICY.kind):
        return Output(tag=found.get("revision", ""))
    return Output(revision=revisions.carried(found.get("revision", "")), image=image)


def below(
    store: ObjectStore, obj: Obj, own: StageStatus, run: Obj | None, pods: tuple[Obj, ...]
) -> Unreadable | None:
    """The gap where the run of a stamped object cannot be read and its own status does not decide; else None.

    A Runnable's status never decides: it is Ready by an earlier run where its run does not depend on its
    inputs.
    """
    ref = ObjectRef.of(obj)
    kind = _RUNS.get((ref.group, ref.kind))
    complete = own.state is State.DONE and (run is not None or kind is not kinds.TASK_RUN)
    if kind is None or complete or own.state is State.FAILED:
        return None
    if run is None:
        gap = of_kind(store, kind, ref.namespace)
        return gap or (of_kind(store, kinds.PIPELINE_RUN, ref.namespace) if kind is kinds.TASK_RUN else None)
    if runs.is_kind(run, kinds.PIPELINE_RUN) and not runs.tasks_of(store, run):
        return of_kind(store, kinds.TASK_RUN, ref.namespace)
    return of_kind(store, kinds.POD, ref.namespace) if not pods and kind is not kinds.APP else None


def application(store: ObjectStore, namespace: str, app: Obj | None) -> Unreadable | None:
    """The gap where the application of an App cannot be read; else None."""
    if app is None:
        return of_kind(store, kinds.APP, namespace)
    deployed = set(apps.deployed(app))
    for kind in (kinds.SERVICE, kinds.DEPLOYMENT):
        gap = of_kind(store, kind, namespace) if (kind.group, kind.kind) in deployed else None
        if gap is not None:
            return gap
    return None


def serving(store: ObjectStore, obj: Obj, unit: Obj | None, pods: list[Obj]) -> Unreadable | None:
    """The gap where the pods that serve cannot be read; else None."""
    namespace = str(meta(obj).get("namespace") or "")
    if unit is None and runs.is_kind(obj, kinds.SERVICE):
        return of_kind(store, kinds.REVISION, namespace)
    return None if pods else of_kind(store, kinds.POD, namespace)


def plan(store: ObjectStore, owner: Obj) -> Unreadable | None:
    """The gap where an owner's blueprint cannot be read, so that it may have more stages than in its status.

    The status of an owner that is Ready in its present generation has all of them.
    """
    if owners.read(owner).reason == "NotObserved":
        return None
    ready = condition(owner, "Ready")
    if ready is not None and ready.status == "True" and observed(owner):
        return None
    kind = kinds.SUPPLY_CHAIN if owner.get("kind") == kinds.WORKLOAD.kind else kinds.DELIVERY
    return of_kind(store, kind, "")
