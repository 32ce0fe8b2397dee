"""Which Deliverables belong to a Workload: by their annotation, or by image or package."""

from __future__ import annotations

from pkgops.model import ImageRef
from pkgops.pipeline import kinds
from pkgops.pipeline.object_store import Obj, ObjectStore
from pkgops.pipeline.resources import resources
from pkgops.pipeline.revisions import strings
from pkgops.readiness.base import meta, spec

WORKLOAD = "pkgops.dev/workload"
"""Annotation of a Deliverable that pkgops applied: namespace/name of the Workload that it delivers."""


def deliverables(
    store: ObjectStore, workload: Obj | None, namespace: str | None = None, name: str = ""
) -> list[Obj]:
    """Return the Deliverables that deliver what a Workload produces, best match first.

    Without a workload: those with the given name, or else every one without the annotation of another
    workload. Without a name: all.
    """
    known = store.all(kinds.DELIVERABLE.group, kinds.DELIVERABLE.kind, namespace)
    if not known:
        return known
    if workload is None:
        own = [obj for obj in known if meta(obj).get("name") == name]
        return own or [obj for obj in known if not name or delivers(obj).rpartition("/")[2] in ("", name)]
    made = _produced(store, workload)
    index = store.memo("deliverables by name", lambda: _index(store))
    named = index.get(_named(workload), [])
    begun = {id(obj) for name in made for obj in index.get(name, ())} | {id(obj) for obj in named}
    likely = [obj for obj in known if id(obj) in begun] or known
    scored = [(_score(obj, made, workload), place, obj) for place, obj in enumerate(likely)]
    return [obj for score, _, obj in sorted(scored, key=lambda item: (-item[0], item[1])) if score]


def named(store: ObjectStore, namespace: str, name: str) -> Obj | None:
    """Return a Workload that cannot be read as an object with its name, by which Deliverables are found."""
    gap = store.gap(kinds.WORKLOAD.group, kinds.WORKLOAD.kind, namespace)
    known = {"name": name, "namespace": namespace}
    return {"kind": kinds.WORKLOAD.kind, "metadata": known} if gap and name else None


def _index(store: ObjectStore) -> dict[str, list[Obj]]:
    """Deliverables by the image they watch, with and without its suffix, by package and workload."""
    by_name: dict[str, list[Obj]] = {}
    for obj in store.all(kinds.DELIVERABLE.group, kinds.DELIVERABLE.kind):
        image, package = _consumed(obj)
        for name in {image, image.removesuffix("-pkg"), package, delivers(obj)} - {""}:
            by_name.setdefault(name, []).append(obj)
    return by_name


def _consumed(deliverable: Obj) -> tuple[str, str]:
    """The image (without registry and tag) that a Deliverable watches, and the package it installs."""
    source = ImageRef.parse(str((spec(deliverable).get("source") or {}).get("image") or ""))
    params = {str(p.get("name")): str(p.get("value")) for p in spec(deliverable).get("params") or ()}
    return source.name.rpartition("/")[2], params.get("package", "")


def _produced(store: ObjectStore, workload: Obj) -> set[str]:
    """Names that the workload's stages write: repositories without registry and tag, packages."""
    names: set[str] = set()
    for resource in resources(store, workload):
        texts = list(resource.outputs().values())
        if resource.obj is not None:
            texts += strings(spec(resource.obj))
        for text in texts:
            if "\n" not in text and len(text) < 512:
                names |= {text, ImageRef.parse(text).name.rpartition("/")[2]}
    return names


def delivers(deliverable: Obj) -> str:
    """Return namespace/name of the workload in a deliverable's annotation; empty where it has none."""
    return str((meta(deliverable).get("annotations") or {}).get(WORKLOAD) or "")


def selects(deliverable: Obj, workload: str, *, alone: bool) -> bool:
    """Return whether a deliverable belongs to namespace/name of a workload; ``alone``: by its own name."""
    annotated = delivers(deliverable)
    return annotated == workload or (
        alone and not annotated and meta(deliverable).get("name") == workload.rpartition("/")[2]
    )


def _named(workload: Obj) -> str:
    return f"{meta(workload).get('namespace')}/{meta(workload).get('name')}"


def _score(deliverable: Obj, made: set[str], workload: Obj) -> int:
    if annotated := delivers(deliverable):
        return 10 if annotated == _named(workload) else 0
    name = str(meta(workload).get("name"))
    image, package = _consumed(deliverable)
    score = 4 if image and image in made else 0
    # The package image is named after the ops bundle, which the push task's parameters carry.
    score += 3 if image and image.removesuffix("-pkg") in made else 0
    score += 2 if package in made else 0
    score += 1 if image.startswith(f"{name}-") or package.startswith(f"{name}.") else 0
    return score
