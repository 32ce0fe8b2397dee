"""The pure reducer: watch events in, Snapshots and the next watches out; time is an argument."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from pkgops.model import Blockage, ObjectRef, Snapshot, StageObjects, Timeline
from pkgops.pipeline import kinds, links, recording, revisions
from pkgops.pipeline.object_store import Obj, ObjectStore
from pkgops.pipeline.required_watches import Scope, Watch, required_watches
from pkgops.pipeline.snapshot import snapshot
from pkgops.readiness.base import meta
from pkgops.values import replace


class Tracker:
    """Follows one workload and its environments; uses no clients, threads or clocks.

    The same last versions of the objects give the same Snapshot, in whatever order they came and however
    often a watch broke off. ``next_command`` words the command that follows from a cause,
    and the one that starts a failed run again.
    """

    def __init__(self, scope: Scope, next_command: Callable[[Blockage], tuple[str, str]]) -> None:
        self.scope = scope
        self._next_command = next_command
        self.store = ObjectStore()

    def apply(self, type: str, obj: Obj) -> None:
        """Apply one event: ADDED, MODIFIED or DELETED with the whole object, or what cannot be read now.

        Other types are ignored.
        """
        if type == recording.UNREADABLE:
            self.store.set_unreadable(recording.unreadable(obj))
        if type in ("ADDED", "MODIFIED", "DELETED"):
            self.store.apply(type, obj)

    def required_watches(self) -> frozenset[Watch]:
        """The watches that this run needs, given the objects that it has now."""
        return required_watches(self.store, self.scope)

    def snapshot(self, now: datetime) -> Snapshot:
        """The Snapshot as of ``now``."""
        return self._with_commands(snapshot(self.store, self.scope, now))

    def _with_commands(self, found: Snapshot) -> Snapshot:
        if not found.blockages:
            return found
        worded = [(cause, *self._next_command(cause)) for cause in found.blockages]
        causes = tuple(replace(cause, next=first, again=again) for cause, first, again in worded)
        return replace(found, blockages=causes)

    def timeline(self, snapshot: Snapshot) -> Timeline:
        """The Timeline of a Snapshot of these objects."""
        # Imported late: commands that show the state alone need no times.
        from pkgops.pipeline.timeline import timeline

        return timeline(self.store, snapshot)

    def stage_objects(self, snapshot: Snapshot) -> dict[tuple[str, str], StageObjects]:
        """The objects and inputs of each stage of a Snapshot of these objects, by scope and name."""
        from pkgops.pipeline.stage_objects import stage_objects

        return stage_objects(self.store, snapshot)

    def workloads(self) -> list[ObjectRef]:
        """The known Workloads of the namespace in scope, by name."""
        objects = self.store.all(kinds.WORKLOAD.group, kinds.WORKLOAD.kind, self.scope.namespace)
        return [ObjectRef.of(obj) for obj in objects]

    def deliverables(self) -> list[ObjectRef]:
        """The known Deliverables, by namespace and name."""
        objects = self.store.all(kinds.DELIVERABLE.group, kinds.DELIVERABLE.kind)
        return [ObjectRef.of(obj) for obj in objects]

    def environments_of(self, workload: ObjectRef) -> list[ObjectRef]:
        """The Deliverables that deliver a Workload's package."""
        known = self.store.find(workload) or links.named(self.store, workload.namespace, workload.name)
        return [ObjectRef.of(obj) for obj in links.deliverables(self.store, known, name=workload.name)]

    def of(self, workload: ObjectRef, now: datetime) -> Snapshot:
        """A Snapshot of another workload than the scope's own, from the same objects."""
        scope = Scope(workload.namespace, workload.name, self.scope.environments)
        return self._with_commands(snapshot(self.store, scope, now))

    def origins(self) -> dict[str, str]:
        """The source revision that each image was built from, by digest, of all Builds that exist."""
        return revisions.origins(self.store, self.scope.namespace)

    def pod(self, ref: ObjectRef) -> Obj | None:
        """The last version of a pod; None where it was not read."""
        return self.store.find(ref)

    def name_of(self, obj: Obj) -> str:
        """The name in an object's metadata."""
        return str(meta(obj).get("name") or "")


__all__ = ["Scope", "Tracker", "Watch"]
