"""Delete what pkgops applied, in an order in which every deletion can succeed.

First the deliverables and all that they installed, while the service accounts that uninstall it still exist;
then the workload; then the objects of the record. What others applied is not deleted.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from pkgops.flows import apply, owners, preflight, read_snapshot, unreadable
from pkgops.flows.apply_plan import describe
from pkgops.flows.deletions import Deletions
from pkgops.flows.list_objects import list_objects
from pkgops.flows.ports import Ports
from pkgops.flows.remaining import Remaining, listed, remaining
from pkgops.flows.target import Target
from pkgops.kapp import identity
from pkgops.kapp.records import Records
from pkgops.kube import Client, Obj
from pkgops.model import ObjectRef
from pkgops.pipeline import Scope, links


@dataclass(frozen=True)
class Selected:
    """What will be deleted: the owners in their order, then the objects of the records."""

    deliverables: tuple[tuple[Client, Obj], ...]
    workloads: tuple[Obj, ...]
    records: tuple[tuple[Client, str, tuple[Obj, ...]], ...]
    foreign: tuple[ObjectRef, ...] = ()

    @property
    def refs(self) -> list[ObjectRef]:
        """Everything, in the order of deletion."""
        objects = [obj for _, obj in self.deliverables] + list(self.workloads)
        objects += [obj for *_, held in self.records for obj in held]
        return [ObjectRef.of(obj) for obj in objects]


def select(target: Target, name: str = "") -> Selected:
    """Find what pkgops applied to the target and to the environments; changes nothing.

    Workloads and deliverables are listed where the configuration and the records' objects are. With a
    workload's name, only it and its deliverables, or the one of that name that has no workload.

    Raises:
        PreflightError: something may not be read, so that what to delete is unknown.
    """
    with unreadable.ending("the list of objects that pkgops applied is incomplete; nothing was deleted"):
        return _selected(target, name)


def _selected(target: Target, name: str) -> Selected:
    settings = target.settings
    places = {(id(target.client), settings.workload_namespace): target.client}
    for environment in reversed(settings.environments):
        client = target.clusters.of(environment)
        places[id(client), environment.namespace] = client
    clusters = {id(client): client for client in places.values()}
    holding = () if name else clusters.values()
    records = tuple(one for client in holding for one in _record(client, target))
    # Without the service accounts and roles of a record, what they deployed could not be deleted any more.
    held = [(client, identity.namespace(obj)) for client, *_, objects in records for obj in objects]
    places |= {(id(client), space): client for client, space in held if space}
    deliverables = [
        (client, obj) for (_, space), client in places.items() for obj in listed(client, "Deliverable", space)
    ]
    home = [space for (cluster, space) in places if cluster == id(target.client)]
    workloads = [obj for space in home for obj in listed(target.client, "Workload", space)]
    if name:
        mine = f"{settings.workload_namespace}/{name}"
        workloads = [obj for obj in workloads if f"{identity.namespace(obj)}/{identity.name(obj)}" == mine]
        deliverables = [one for one in deliverables if links.selects(one[1], mine, alone=not workloads)]
    everything = [obj for _, obj in deliverables] + workloads
    return Selected(
        tuple((client, obj) for client, obj in deliverables if owners.ours(obj)),
        tuple(obj for obj in workloads if owners.ours(obj)),
        records,
        tuple(ObjectRef.of(obj) for obj in everything if not owners.ours(obj)),
    )


def clean(target: Target, selected: Selected, ports: Ports, timeout: float) -> Remaining:
    """Delete what was selected, wait until it is gone, and return the remaining objects of the pipeline's
    kinds.

    Raises:
        PreflightError: some of it may not be deleted, or not be waited for; nothing was deleted.
        DeadlineError: something is still there after ``timeout`` seconds; it is listed.
    """
    wait = Deletions(ports, timeout)
    serving = _serving_pods(target, selected, ports)
    _check_rights(target, selected, serving)
    for client, deliverable in selected.deliverables:
        apply.delete(client, deliverable, ports)
        wait.gone(client, _stamped(deliverable), (deliverable,))
    for client, pods in serving:
        wait.gone(client, pods)
    for workload in selected.workloads:
        # Listed before: they are garbage collected by owner references, in the background, level by level.
        below = _stamped(workload) + _descendants(target.client, workload)
        apply.delete(target.client, workload, ports)
        wait.gone(target.client, below, (workload,))
    for client, name, held in selected.records:
        for obj in sorted(held, key=apply.rank, reverse=True):
            apply.delete(client, obj, ports)
        wait.gone(client, (), held)
        with apply.server_errors():
            space = target.settings.text("pkgops.recordNamespace")
            Records(client=client, name=name, namespace=space, now=ports.now).delete()
    for ref in selected.foreign:
        ports.note(f"not deleted, pkgops did not apply it: {describe(ref)}", object=ref)
    return remaining(target)


def _check_rights(
    target: Target, selected: Selected, serving: Iterable[tuple[Client, Sequence[ObjectRef]]]
) -> None:
    """Make sure before anything is deleted that all of it may be deleted.

    Raises:
        PreflightError: some of it may not be deleted, or not be waited for.
    """
    namespace = target.settings.text("pkgops.recordNamespace")
    record_map = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"namespace": namespace}}
    for client in target.clusters.all():
        deliverables = [obj for cluster, obj in selected.deliverables if cluster is client]
        workloads = selected.workloads if client is target.client else ()
        records = [held for cluster, _, held in selected.records if cluster is client]
        owned = [*deliverables, *workloads]
        below = [ref for owner in owned for ref in _stamped(owner)]
        below += [ref for cluster, pods in serving if cluster is client for ref in pods]
        preflight.deletion(
            client,
            [*owned, *(obj for held in records for obj in held)],
            [_bare(ref) for ref in below],
            [record_map for _ in records],
        )


def _bare(ref: ObjectRef) -> Obj:
    return {"apiVersion": ref.api_version, "kind": ref.kind, "metadata": {"namespace": ref.namespace}}


def _stamped(owner: Obj) -> list[ObjectRef]:
    """Return what an owner's controller stamped from it, and the Apps of what it installs."""
    refs = []
    for resource in (owner.get("status") or {}).get("resources") or []:
        stamped = resource.get("stampedRef") or {}
        if stamped.get("name"):
            refs.append(_reference(stamped, owner))
    installs = [ref for ref in refs if ref.kind == "PackageInstall"]
    return refs + [ObjectRef("kappctrl.k14s.io/v1alpha1", "App", ref.namespace, ref.name) for ref in installs]


def _serving_pods(target: Target, selected: Selected, ports: Ports) -> list[tuple[Client, list[ObjectRef]]]:
    """Return the pods of the applications that are deleted: they are deleted after all their owners."""
    names = {str(obj["metadata"]["name"]) for obj in selected.workloads}
    clients = {one.name: target.clusters.of(one) for one in target.settings.environments}
    tracker = read_snapshot.tracker(target)
    seen = [tracker.of(ref, ports.now()) for ref in tracker.workloads() if ref.name in names]
    return [
        (clients[env.name], [pod for stage in env.stages for pod in stage.pods])
        for snapshot in seen
        for env in snapshot.environments
        if env.name in clients
    ]


def _descendants(client: Client, workload: Obj) -> list[ObjectRef]:
    """Return the descendants of a workload's objects: test runs, builds, and the pods of both."""
    meta = workload["metadata"]
    store = list_objects(client, Scope(meta["namespace"], meta["name"])).store
    return [ObjectRef.of(obj) for obj in store.descendants(workload)]


def _reference(stamped: Obj, owner: Obj) -> ObjectRef:
    namespace = str(stamped.get("namespace") or owner["metadata"].get("namespace") or "")
    return ObjectRef(str(stamped["apiVersion"]), str(stamped["kind"]), namespace, str(stamped["name"]))


def _record(client: Client, target: Target) -> list[tuple[Client, str, tuple[Obj, ...]]]:
    settings = target.settings
    found = apply.find(client, settings.text("pkgops.record"), settings.text("pkgops.recordNamespace"))
    if found is None:
        return []
    name, meta = found
    held = sorted(apply.owned(client, meta), key=apply.rank, reverse=True)
    return [(client, name, tuple(held))]
