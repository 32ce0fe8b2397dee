"""The resources of an owner: those of its blueprint, each with its part of the owner's status."""

from __future__ import annotations

from typing import Any

from pkgops.model import Condition, ObjectRef
from pkgops.pipeline import kinds
from pkgops.pipeline.object_store import ObjectStore
from pkgops.readiness import owner as owners
from pkgops.readiness.base import Obj, condition, meta, spec
from pkgops.values import Value

_OWNER_LABELS = {
    "Workload": ("carto.run/workload-name", "carto.run/workload-namespace"),
    "Deliverable": ("carto.run/deliverable-name", "carto.run/deliverable-namespace"),
}


class Resource(Value, kw_only=True):
    """One resource of a blueprint for one owner.

    ``entry`` is its part of the owner's status; ``planned`` the template that the blueprint names (empty
    where it offers several).
    """

    name: str
    template_kind: str
    template_name: str
    inputs: tuple[str, ...]
    entry: dict[str, Any]
    obj: Obj | None
    planned: str = ""

    @property
    def outdated(self) -> bool:
        """Whether the object was stamped by another template than the one that the blueprint names now."""
        used = str((self.entry.get("templateRef") or {}).get("name") or "")
        return bool(used and self.planned and used != self.planned)

    @property
    def ref(self) -> ObjectRef | None:
        """The reference of the stamped object, from the object or from the owner's status."""
        if self.obj is not None:
            return ObjectRef.of(self.obj)
        return stamped(self.entry)

    def condition(self, type: str) -> Condition | None:
        """A condition of this resource from the owner's status; None where it has none of that type."""
        return condition({"status": self.entry}, type)

    def outputs(self) -> dict[str, str]:
        """What Cartographer read from the object, by name (previews: the first 1024 bytes)."""
        entries = self.entry.get("outputs") or ()
        return {str(out.get("name")): str(out.get("preview") or "").strip() for out in entries}

    def output_time(self, name: str) -> str:
        """When an output changed last, as Cartographer recorded it; empty where it has none."""
        for out in self.entry.get("outputs") or ():
            if out.get("name") == name:
                return str(out.get("lastTransitionTime") or "")
        return ""


def stamped(entry: dict[str, Any]) -> ObjectRef | None:
    """The reference of a status entry's stamped object."""
    ref = entry.get("stampedRef") or {}
    if not ref.get("kind"):
        return None
    return ObjectRef(
        str(ref.get("apiVersion") or ""),
        str(ref["kind"]),
        str(ref.get("namespace") or ""),
        str(ref.get("name")),
    )


def blueprint(store: ObjectStore, owner: Obj) -> Obj | None:
    """The blueprint that the owner's status names; None where it is not known."""
    kind, name = owners.blueprint_ref(owner)
    return store.get("carto.run", kind, "", name) if name else None


def resources(store: ObjectStore, owner: Obj) -> list[Resource]:
    """All resources in the blueprint's order; from the status alone where the blueprint is unknown."""
    entries = {str(entry.get("name")): entry for entry in owners.resources(owner)}
    plan = blueprint(store, owner)
    wanted = list(spec(plan).get("resources") or ()) if plan else []
    names = [str(item.get("name")) for item in wanted]
    by_name = dict(zip(names, wanted, strict=True))
    names += [name for name in entries if name not in by_name]
    return [_resource(store, owner, name, by_name.get(name), entries.get(name) or {}) for name in names]


def _resource(
    store: ObjectStore, owner: Obj, name: str, plan: dict[str, Any] | None, entry: dict[str, Any]
) -> Resource:
    template = (entry.get("templateRef") or {}) or ((plan or {}).get("templateRef") or {})
    inputs = _inputs(plan) if plan else tuple(str(item.get("name")) for item in entry.get("inputs") or ())
    obj = store.find(stamped(entry)) or _labelled(store, owner, name)
    return Resource(
        name=name,
        template_kind=str(template.get("kind") or ""),
        template_name=str(template.get("name") or ""),
        inputs=inputs,
        entry=entry,
        obj=obj,
        planned=str(((plan or {}).get("templateRef") or {}).get("name") or ""),
    )


def _inputs(plan: dict[str, Any]) -> tuple[str, ...]:
    names = [
        str(item.get("resource")) for key in ("sources", "images", "configs") for item in plan.get(key) or ()
    ]
    deployment = (plan.get("deployment") or {}).get("resource")
    return tuple(dict.fromkeys([*names, *([str(deployment)] if deployment else [])]))


def _labelled(store: ObjectStore, owner: Obj, name: str) -> Obj | None:
    """The stamped object by its labels: the status names it only after the pass that created it."""
    keys = _OWNER_LABELS[str(owner.get("kind"))]
    labels = {
        keys[0]: str(meta(owner).get("name")),
        keys[1]: str(meta(owner).get("namespace")),
        "carto.run/resource-name": name,
    }
    uid = meta(owner).get("uid")
    for child in store.children(owner):
        own = meta(child).get("labels") or {}
        if uid and all(own.get(key) == value for key, value in labels.items()):
            return child
    return None


def owner_kind(obj: Obj) -> bool:
    """Whether the object is a Workload or a Deliverable."""
    return (str(obj.get("apiVersion")).partition("/")[0], str(obj.get("kind"))) in (
        (kinds.WORKLOAD.group, kinds.WORKLOAD.kind),
        (kinds.DELIVERABLE.group, kinds.DELIVERABLE.kind),
    )
