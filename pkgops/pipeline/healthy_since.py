"""Since when an application has been healthy, by the times in its objects."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from pkgops.model import Environment, ObjectRef, Stage
from pkgops.pipeline import kinds, runs
from pkgops.pipeline.object_store import Obj, ObjectStore
from pkgops.readiness import revision
from pkgops.readiness.base import changed, condition, conditions, created, meta, status, timestamp

Moment = tuple[datetime | None, str]
"""When something last became healthy (None where that is unknown), and which field has that time."""


def ready_revisions(store: ObjectStore, namespace: str) -> Iterator[tuple[str, str]]:
    """Yield names and images of Revisions that are ready, also of those without traffic."""
    for obj in store.all(kinds.REVISION.group, kinds.REVISION.kind, namespace):
        ready = condition(obj, "Ready")
        if ready is not None and ready.status == "True":
            yield str(meta(obj).get("name")), revision.image(obj)


def since(store: ObjectStore, environment: Environment) -> Moment:
    """Return since when a ready environment has served its version without interruption.

    It is the latest of: when the App got this version; when each condition of the Service, of
    its Revision and of the Deployment became true; when a container of its pods was started again. Without
    any of them it is not known, and the text says which.
    """
    moments = list(_moments(store, environment.stages))
    if not moments:
        return None, "no object that serves is known"
    for moment, what in moments:
        if moment is None:
            return None, f"{what} has no time"
    return max(((moment, what) for moment, what in moments if moment), key=lambda one: one[0])


def _moments(store: ObjectStore, stages: tuple[Stage, ...]) -> Iterator[Moment]:
    for stage in stages:
        obj = store.find(stage.object)
        if obj is None:
            continue
        if runs.is_kind(obj, kinds.PACKAGE_INSTALL):
            yield from _installed(store, obj)
        elif runs.is_kind(obj, kinds.SERVICE):
            yield from _true(obj)
            yield from _revision(store, obj)
        elif runs.is_kind(obj, kinds.DEPLOYMENT):
            yield from _deployment(obj)
            yield _rolled_out(obj)
        for ref in stage.pods:
            yield from _started_again(store, ref)


def _installed(store: ObjectStore, install: Obj) -> Iterator[Moment]:
    """When the App was last changed: its conditions have no times, and its status is written at each sync."""
    where = meta(install)
    app = store.get(kinds.APP.group, kinds.APP.kind, str(where.get("namespace")), str(where.get("name")))
    name = f"app/{where.get('name')}"
    yield (changed(app) if app else None), f"the last change of {name}"


def _revision(store: ObjectStore, service: Obj) -> Iterator[Moment]:
    made = next(iter(runs.revisions_of(store, service)), None)
    if made is None:
        yield None, f"the revision of {_name(service)}"
        return
    yield created(made), f"the creation of {_name(made)}"
    ready = condition(made, "Ready")
    yield (ready.since if ready else None), f"Ready of {_name(made)}"
    deployment = runs.deployment_of(store, made)
    if deployment is not None:
        yield from _deployment(deployment)


def _true(obj: Obj) -> Iterator[Moment]:
    true_conditions = [one for one in conditions(obj) if one.status == "True"]
    if not true_conditions:
        yield None, _name(obj)
    for one in true_conditions:
        yield one.since, f"{one.type} of {_name(obj)}"


def _deployment(obj: Obj) -> Iterator[Moment]:
    available = condition(obj, "Available")
    yield (available.since if available else None), f"Available of {_name(obj)}"


def _rolled_out(deployment: Obj) -> Moment:
    """When the pods of the present template became available: until then others served."""
    for entry in status(deployment).get("conditions") or ():
        if entry.get("type") == "Progressing" and entry.get("reason") == "NewReplicaSetAvailable":
            return timestamp(entry.get("lastUpdateTime")), f"the roll-out of {_name(deployment)}"
    return None, f"the roll-out of {_name(deployment)}"


def _started_again(store: ObjectStore, ref: ObjectRef) -> Iterator[Moment]:
    for entry in status(store.find(ref) or {}).get("containerStatuses") or ():
        if entry.get("restartCount"):
            running = (entry.get("state") or {}).get("running") or {}
            yield timestamp(running.get("startedAt")), f"a restart of {entry.get('name')} in {ref}"


def _name(obj: Obj) -> str:
    return str(ObjectRef.of(obj))
