"""Apply rendered objects by server-side apply, with a record that kapp can read.

The record makes two things possible: ``kapp inspect`` and ``kapp delete`` work on what pkgops applied
(and pkgops on what kapp applied), and objects that were removed from the templates are known and can be
deleted. Unlike kapp, pkgops writes no copy of an object into its annotations: the server records the field
managers, and no Secret is copied.
"""

from __future__ import annotations

import copy
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime

from pkgops.errors import RefusedError
from pkgops.flows import unreadable
from pkgops.flows.apply_plan import Plan, Step, describe
from pkgops.flows.ports import Ports
from pkgops.kapp import identity, record
from pkgops.kapp.config import defaults
from pkgops.kapp.errors import KappError
from pkgops.kapp.labelling import identified, labelled
from pkgops.kapp.records import Records
from pkgops.kube import ApiError, Client, Forbidden, NotFound, Obj
from pkgops.model import ObjectRef

MANAGER = "pkgops"

_FIRST = ("Namespace", "CustomResourceDefinition", "ServiceAccount", "Secret", "ClusterRole", "RoleBinding")
_LAST = ("ClusterDelivery", "ClusterSupplyChain", "Deliverable", "Workload")
_SERVER_FIELDS = ("managedFields", "resourceVersion", "generation", "uid", "creationTimestamp")


def plan(
    client: Client,
    objects: Iterable[Obj],
    name: str,
    namespace: str,
    now: datetime,
    before: Sequence[Obj] = (),
    into: str = "",
) -> Plan:
    """Compare ``objects`` with the cluster and with the record ``name`` in ``namespace``; changes nothing.

    Args:
        client: the cluster.
        objects: the desired state.
        name: the record's.
        namespace: the record's.
        now: the time for the name of a new record.
        before: created first and not recorded, so that clean-up does not delete them (namespaces).
        into: the namespace of objects that name none; the record's where empty.

    Raises:
        RefusedError: an object belongs to another kapp app.
        ApiError: the server refuses an object (in a dry run).
    """
    existing = find(client, name, namespace)
    config_map, meta = existing or (name, record.new_app(now))
    placed = sorted((_placed(client, obj, into or namespace) for obj in objects), key=rank)
    marked = [identified(obj) for obj in labelled(placed, defaults(), _label(meta), _label(meta))]
    steps = [Step("create", obj, recorded=False) for obj in before]
    steps += [_compare(client, obj, meta) for obj in marked]
    kept = {identity.unique_key(obj) for obj in marked}
    gone = [obj for obj in owned(client, meta, marked) if identity.unique_key(obj) not in kept]
    steps += [Step("delete", obj) for obj in sorted(gone, key=rank, reverse=True)]
    return Plan(config_map, namespace, meta, tuple(steps))


def execute(client: Client, plan: Plan, ports: Ports) -> None:
    """Carry out ``plan``, report each change, and write the record; without a change nothing is written."""
    if not plan.changes and plan.meta.last_change_name:
        return
    everything = [step.object for step in plan.steps if step.recorded]
    keep = [step.object for step in plan.steps if step.recorded and step.op != "delete"]
    _run(client, [step for step in plan.steps if not step.recorded], ports)
    change = record.ChangeMeta(description=_describe(plan), namespaces=_namespaces(everything))
    with server_errors():
        records = Records(
            client=client, name=plan.config_map, namespace=plan.namespace, now=ports.now, manager=MANAGER
        )
        records.save(plan.meta.using(everything))
        with records.change(change, keep=None):
            _run(client, [step for step in plan.steps if step.recorded], ports)
            records.use(keep)


@contextmanager
def server_errors() -> Iterator[None]:
    """Raise the server's own errors where the module for kapp's records wraps them in kapp's wording."""
    try:
        yield
    except KappError as error:
        if isinstance(error.__cause__, ApiError):
            raise error.__cause__ from None
        raise


def find(client: Client, name: str, namespace: str) -> tuple[str, record.AppMeta] | None:
    """Return the name of a record's ConfigMap and its content, or None where there is no such record."""
    for config_map in (name, name + record.MIGRATED_SUFFIX):
        obj = client.find("v1", "ConfigMap", config_map, namespace)
        if obj is not None and identity.IS_APP_LABEL in identity.labels(obj):
            return config_map, record.AppMeta.from_config_map(obj)
    return None


def owned(client: Client, meta: record.AppMeta, more: Sequence[Obj] = ()) -> list[Obj]:
    """Return everything on the cluster that carries the record's label, made by kapp or pkgops itself.

    A kind that may not be listed across the cluster is listed where the record's last change was, as kapp
    does, and where ``more`` is.

    Args:
        client: the cluster.
        meta: the record.
        more: objects whose kinds are listed in addition to those in the record.

    Raises:
        Forbidden: a kind may not be listed there either, so that more may exist; kapp ignores it.
    """
    kinds = {(identity.group(obj), identity.kind(obj)): str(obj["apiVersion"]) for obj in more}
    versions: dict[str, str] = {}
    for group, version in meta.used_gvs:
        versions.setdefault(group, version)
    for group, kind in meta.used_gks or ():
        version = versions.get(group, "v1")
        kinds.setdefault((group, kind), f"{group}/{version}" if group else version)
    known = {*meta.last_change.namespaces, *map(identity.namespace, more)}
    spaces = sorted(known - {"", "(cluster)"})
    objects: list[Obj] = []
    for (_, kind), api_version in kinds.items():
        objects += _labelled(client, api_version, kind, meta, spaces)
    return objects


def delete(client: Client, obj: Obj, ports: Ports) -> bool:
    """Request one object's deletion and report it; returns False where it did not exist."""
    ref = ObjectRef.of(obj)
    uid = str(obj.get("metadata", {}).get("uid", ""))
    deleted = client.delete(ref.api_version, ref.kind, ref.name, ref.namespace, uid=uid)
    if deleted:
        ports.note(f"deleted {describe(ref)}", object=ref, op="delete")
    return deleted


def rank(obj: Obj) -> tuple[int, str, str, str]:
    """Return an object's place in the order of creation, in which deletion goes backwards."""
    kind = str(obj.get("kind"))
    order = (*_FIRST, "", *_LAST)
    return order.index(kind if kind in order else ""), kind, identity.namespace(obj), identity.name(obj)


def _label(meta: record.AppMeta) -> dict[str, str]:
    return {meta.label_key: meta.label_value}


def _placed(client: Client, obj: Obj, namespace: str) -> Obj:
    placed = copy.deepcopy(obj)
    if client.resource(str(obj["apiVersion"]), str(obj["kind"])).namespaced:
        placed.setdefault("metadata", {}).setdefault("namespace", namespace)
    return placed


def _compare(client: Client, obj: Obj, meta: record.AppMeta) -> Step:
    ref = ObjectRef.of(obj)
    live = client.find(ref.api_version, ref.kind, ref.name, ref.namespace)
    if live is None:
        return Step("create", obj)
    _refuse_foreign(live, meta)
    after = client.apply(obj, manager=MANAGER, dry_run=True)
    return Step("unchanged" if _substance(live) == _substance(after) else "update", obj)


def _refuse_foreign(live: Obj, meta: record.AppMeta) -> None:
    owner = identity.labels(live).get(meta.label_key)
    if owner is None or owner == meta.label_value or identity.is_transient(live):
        return
    raise RefusedError(
        f"{describe(ObjectRef.of(live))} belongs to another kapp app",
        why=f"its label {meta.label_key} is {owner}",
        next=f"kapp list -A shows which; delete that app, or remove label {meta.label_key} from the object",
        slug="foreign-object",
    )


def _substance(obj: Obj) -> Obj:
    """Return what an apply can change: all but the server's own bookkeeping and the status."""
    result = {key: value for key, value in obj.items() if key != "status"}
    metadata = dict(result.get("metadata") or {})
    for field in _SERVER_FIELDS:
        metadata.pop(field, None)
    return {**result, "metadata": metadata}


def _labelled(
    client: Client, api_version: str, kind: str, meta: record.AppMeta, spaces: Sequence[str]
) -> list[Obj]:
    def listed(space: str) -> list[Obj]:
        return client.list(api_version, kind, space, labels=meta.selector).items

    try:
        items = listed("")
    except NotFound:
        return []
    except Forbidden as error:
        placed = client.resource(api_version, kind).namespaced
        if not (spaces and placed and unreadable.refusal(error)):
            raise
        items = [item for space in spaces for item in listed(space)]
    return [item for item in items if not identity.is_transient(item)]


def _run(client: Client, steps: Sequence[Step], ports: Ports) -> None:
    words = {"create": "created", "update": "updated"}
    for step in steps:
        if step.op == "delete":
            delete(client, step.object, ports)
        elif step.op != "unchanged":
            client.apply(step.object, manager=MANAGER)
            ports.note(f"{words[step.op]} {describe(step.ref)}", object=step.ref, op=step.op)


def _describe(plan: Plan) -> str:
    counts = Counter(step.op for step in plan.steps)
    verbs = {"create": "create", "delete": "delete", "update": "update", "noop": "unchanged"}
    return "Op: " + ", ".join(f"{counts[op]} {word}" for word, op in verbs.items()) + ", 0 exists"  # type: ignore[index]


def _namespaces(objects: Iterable[Obj]) -> tuple[str, ...]:
    names = {identity.namespace(obj) for obj in objects}
    return tuple(sorted(name or "(cluster)" for name in names))
