"""Which Workloads an object belongs to: by its labels, its owners, and its annotation."""

from __future__ import annotations

from pkgops.model import ObjectRef
from pkgops.pipeline import kinds, links, runs
from pkgops.pipeline.object_store import Obj, ObjectStore
from pkgops.readiness.base import meta

WORKLOAD_LABEL = "carto.run/workload-name"
LABELS = {
    "carto.run/deliverable-name": kinds.DELIVERABLE,
    "serving.knative.dev/revision": kinds.REVISION,
}
"""Labels that name an object of the same namespace, where there is no owner reference to it."""


def owning_workloads(store: ObjectStore, obj: Obj, namespace: str) -> set[str]:
    """Return the names of the Workloads of a namespace that an object belongs to.

    Empty where neither a label nor an owner names one: it may still belong to some.
    """
    names: set[str] = set()
    seen: set[tuple[str, str, str, str]] = set()
    left = [obj]
    while left:
        one = left.pop()
        key = ObjectRef.of(one).key
        if key in seen:
            continue
        seen.add(key)
        names |= _labelled(one, namespace)
        left += _above(store, one)
    return names


def _labelled(obj: Obj, namespace: str) -> set[str]:
    where = meta(obj)
    if runs.is_kind(obj, kinds.WORKLOAD):
        return {str(where.get("name"))} if where.get("namespace") == namespace else set()
    labelled = str((where.get("labels") or {}).get(WORKLOAD_LABEL) or "")
    space, _, delivered = links.delivers(obj).partition("/")
    return ({labelled} if labelled else set()) | ({delivered} if space == namespace and delivered else set())


def _above(store: ObjectStore, obj: Obj) -> list[Obj]:
    where = meta(obj)
    namespace = str(where.get("namespace") or "")
    refs = [
        ObjectRef(str(one.get("apiVersion")), str(one.get("kind")), namespace, str(one.get("name")))
        for one in where.get("ownerReferences") or ()
    ]
    labels = where.get("labels") or {}
    refs += [
        ObjectRef(kind.api_version, kind.kind, namespace, str(labels[label]))
        for label, kind in LABELS.items()
        if labels.get(label)
    ]
    about = obj.get("involvedObject") or obj.get("regarding") if obj.get("kind") == "Event" else None
    if about:
        refs.append(
            ObjectRef(
                str(about.get("apiVersion") or ""),
                str(about.get("kind")),
                str(about.get("namespace") or ""),
                str(about.get("name")),
            )
        )
    return [owner for ref in refs if (owner := store.find(ref)) is not None]
