"""Request a reconciliation of Flux at once, without waiting for its interval, once there is a new input.

Only the annotation that Flux documents for this is written; the spec, which Cartographer stamps, is not.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Literal, Protocol

from pkgops.flows.run.goal import Goal
from pkgops.kube import Client, NotFound, Obj
from pkgops.model import CHAIN, ObjectRef, Snapshot, Stage, State
from pkgops.readiness import readiness
from pkgops.readiness.base import meta, status, timestamp

SOURCE_API = "source.toolkit.fluxcd.io/v1"
IMAGE_API = "image.toolkit.fluxcd.io/v1"
REQUESTED_AT = "reconcile.fluxcd.io/requestedAt"
SETTLE = timedelta(seconds=1.5)
"""An ImagePolicy is updated within this time after a scan; before it may have the previous tag."""

Find = Literal["", "revision", "version"]


def request(client: Client, ref: ObjectRef, now: datetime) -> tuple[str, Obj | None]:
    """Request the reconciliation of one object.

    Returns the token that ``status.lastHandledReconcileAt`` will have, and the patched object; an empty token
    where the object does not exist (any more).
    """
    token = now.isoformat()
    patch = {"metadata": {"annotations": {REQUESTED_AT: token}}}
    try:
        return token, client.patch(ref.api_version, ref.kind, ref.name, ref.namespace, patch)
    except NotFound:
        return "", None


def handled(obj: Obj, token: str) -> bool:
    """Return whether a requested reconciliation was handled: this one, or a later one."""
    last = str(status(obj).get("lastHandledReconcileAt") or "")
    asked, done = timestamp(token), timestamp(last)
    return bool(token) and (last == token or bool(asked and done and done > asked))


class Objects(Protocol):
    """Reads objects and requests reconciliations, on each object's own cluster."""

    def known(self, ref: ObjectRef) -> Obj | None:
        """Return an object as it was read last."""

    def read(self, ref: ObjectRef) -> Obj | None:
        """Return an object as the API server has it now."""

    def request(self, ref: ObjectRef) -> str:
        """Request the reconciliation of an object; returns the token, empty where it is gone."""


class ReconcileRequester:
    """Requests reconciliations of Flux, and finds by them the commit or the version that a run follows.

    Nothing is requested in a scope whose owner Cartographer has not observed: Flux would reconcile the
    previous spec, and Cartographer's next apply removes the annotation. So it is requested again for each
    generation of an
    object: for a source once, for the packages of an environment whenever a new one was pushed.
    """

    def __init__(self, find: Find, objects: Objects) -> None:
        self._objects = objects
        self._find = find
        self._tokens: dict[tuple[ObjectRef, str, object], str] = {}
        self._handled: dict[ObjectRef, datetime] = {}

    def step(self, snapshot: Snapshot, goal: Goal) -> Goal:
        """Take a Snapshot, request reconciliations where needed; return the goal as far as it was found."""
        if not goal.version and self._find != "version" and CHAIN not in snapshot.pending:
            goal = self._source(snapshot, goal)
        for environment in snapshot.environments:
            concerned = not goal.environments or environment.name in goal.environments
            if environment.name not in snapshot.pending and concerned:
                goal = self._packages(snapshot, environment.stages, goal)
        return goal

    def _source(self, snapshot: Snapshot, goal: Goal) -> Goal:
        ref = _object_of(snapshot.stages, "GitRepository")
        if ref is None:
            # A supply chain whose source is no GitRepository: its present revision is followed.
            return _resolved(goal, revision=snapshot.revision)
        source = self._asked(ref, "")
        if source is not None and readiness(source).state is State.DONE:
            return _resolved(goal, revision=readiness(source).output.revision)
        return goal

    def _packages(self, snapshot: Snapshot, stages: tuple[Stage, ...], goal: Goal) -> Goal:
        ref, policy = _object_of(stages, "ImageRepository"), _object_of(stages, "ImagePolicy")
        if ref is None and self._find == "version" and goal.unresolved:
            goal = self._without_versions(stages, goal)
        scanned = self._asked(ref, snapshot.package) if ref is not None else None
        if ref is None or scanned is None or policy is None or not goal.unresolved:
            return goal
        self._handled.setdefault(ref, snapshot.taken_at)
        if snapshot.taken_at - self._handled[ref] < SETTLE or self._find != "version":
            return goal
        policy_object = self._objects.read(policy)
        if policy_object is not None and readiness(policy_object).state is State.DONE:
            return _resolved(goal, version=readiness(policy_object).output.tag.removeprefix("v"))
        return goal

    def _without_versions(self, stages: tuple[Stage, ...], goal: Goal) -> Goal:
        """The goal of a delivery without package versions: its source's present revision is followed."""
        ref = _object_of(stages, "GitRepository")
        source = self._asked(ref, "") if ref is not None else None
        found = source is not None and readiness(source).state is State.DONE
        if found or (ref is None and any(stage.object for stage in stages)):
            return replace(goal, unresolved=False)
        return goal

    def _asked(self, ref: ObjectRef, about: str) -> Obj | None:
        """The object once its present generation was reconciled; requests that where it was not."""
        known = self._objects.known(ref)
        if known is None:
            return None
        key = ref, about, meta(known).get("generation")
        token = self._tokens.get(key, "")
        if handled(known, token):
            return known
        if not token or not (meta(known).get("annotations") or {}).get(REQUESTED_AT):
            # A restart of Cartographer also removes fields that it has not stamped itself. Any reconciliation
            # from the first request on counts.
            again = self._objects.request(ref)
            self._tokens[key] = token or again
        return None


def _resolved(goal: Goal, revision: str = "", version: str = "") -> Goal:
    """The goal, completed with the revision or version that was found."""
    if not goal.unresolved or not (revision or version):
        return goal
    return replace(goal, revision=revision, version=version, unresolved=False)


def _object_of(stages: tuple[Stage, ...], kind: str) -> ObjectRef | None:
    return next((stage.object for stage in stages if stage.object and stage.object.kind == kind), None)
