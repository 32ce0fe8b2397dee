"""The provenance of a running pod, back to its commit: each step is compared by digest."""

from __future__ import annotations

from pkgops.model import ImageChain, Match, ObjectRef, ProvenanceStep, Unreadable
from pkgops.model.revision import short_commit
from pkgops.pipeline import kinds, provenance_steps, revisions, runs, unknown, without_deliverable
from pkgops.pipeline.delivery import Delivery
from pkgops.pipeline.object_store import Obj, ObjectStore
from pkgops.pipeline.provenance_steps import RegistryLookup
from pkgops.pipeline.serving import SERVE
from pkgops.pipeline.supplychain import Chain
from pkgops.readiness.base import meta, spec, status


def image_chain(
    store: ObjectStore, item: Delivery, chain: Chain | None, namespace: str, lookup: RegistryLookup
) -> ImageChain:
    """Return the steps from what runs in an environment back to its commit.

    ``namespace`` is the workload's, where its builds are.
    """
    deploying = _without_package(item, chain)
    if deploying is not None or runs.is_kind(item.owner, kinds.WORKLOAD):
        return _unpackaged(store, item, chain, namespace, lookup, deploying)
    objects = {str((one.resource.obj or {}).get("kind")): one.resource.obj for one in item.activities}
    install = objects.get("PackageInstall")
    app = runs.app_of(store, install) if install else None
    steps = [*provenance_steps.pod(item), *provenance_steps.registry(item.image, lookup)]
    steps.append(provenance_steps.ops_bundle(item.image, app, lookup))
    steps.append(provenance_steps.package(store, app, install))
    steps.append(provenance_steps.package_bundle(app, objects.get("PackageRepository"), lookup))
    steps.append(provenance_steps.push(objects.get("PackageRepository"), chain))
    place = str(meta(item.owner).get("namespace") or "")
    steps = [_or_unreadable(store, step, place, namespace) for step in steps]
    steps += built(store, item.image, chain, namespace, lookup)
    return ImageChain(item.name, item.image, tuple(steps))


def _without_package(item: Delivery, chain: Chain | None) -> Obj | None:
    """The object that was stamped to run the application without a package; None where there is a package."""
    if runs.is_kind(item.owner, kinds.WORKLOAD):
        last = without_deliverable.deploying(chain) if chain else None
        return last.resource.obj if last else None
    stamped = [one.resource.obj for one in item.activities if one.name != SERVE]
    if any(runs.is_kind(obj, kinds.PACKAGE_INSTALL) for obj in stamped):
        return None
    deploying = [obj for obj in stamped if any(runs.is_kind(obj, kind) for kind in kinds.DEPLOYING)]
    return deploying[-1] if deploying else None


def _unpackaged(
    store: ObjectStore,
    item: Delivery,
    chain: Chain | None,
    namespace: str,
    lookup: RegistryLookup,
    obj: Obj | None,
) -> ImageChain:
    """The same without a package: compared with the object that the chain wrote, or what Git configures."""
    steps = [*provenance_steps.pod(item), *provenance_steps.registry(item.image, lookup)]
    source, place = (
        "the spec that the supply chain wrote",
        str(meta(item.owner).get("namespace") or namespace),
    )
    served = item.activities[-1].resource.obj if item.activities else None
    if obj is not None and not revisions.images(spec(obj)) and served is not None:
        obj, source = served, f"the spec that {ObjectRef.of(obj)} deployed"
    steps.append(_listed("deploy", obj, spec(obj or {}), item.image, source))
    if not runs.is_kind(item.owner, kinds.WORKLOAD):
        config = _configuration(chain)
        made_by = "the configuration that the supply chain wrote"
        steps.append(_listed("configuration", config, (config or {}).get("data"), item.image, made_by))
    steps = [_or_unreadable(store, step, place, namespace) for step in steps]
    return ImageChain(item.name, item.image, (*steps, *built(store, item.image, chain, namespace, lookup)))


def _configuration(chain: Chain | None) -> Obj | None:
    """The last configuration of a chain that lists images."""
    objects = [one.resource.obj for one in chain.activities] if chain else []
    configured = [obj for obj in objects if obj is not None and revisions.images(obj.get("data"))]
    return configured[-1] if configured else None


def _listed(name: str, obj: Obj | None, body: object, image: str, source: str) -> ProvenanceStep:
    """Return the step to an object that lists images in one of its fields."""
    held = revisions.images(body)
    value = next((one for one in held if revisions.digest(one) == revisions.digest(image)), "")
    place = ObjectRef.of(obj) if obj else None
    return provenance_steps.contains(name, place, value or next(iter(held), ""), image, held, source)


def unreadable(environment: str, gap: Unreadable) -> ImageChain:
    """Return the steps of an environment that cannot be read: they are unknown."""
    return ImageChain(environment, "", (_unread("delivery", gap),))


_NEEDS = {
    "pod": (kinds.PACKAGE_INSTALL, kinds.APP, kinds.SERVICE, kinds.REVISION, kinds.POD),
    "ops bundle": (kinds.PACKAGE_INSTALL, kinds.APP),
    "deploy": (kinds.APP, kinds.SERVICE),
    "package": (kinds.PACKAGE_INSTALL, kinds.APP, kinds.PACKAGE),
    "package bundle": (kinds.PACKAGE_REPOSITORY,),
}
"""The kinds that a step is read from in an environment."""


def _or_unreadable(store: ObjectStore, step: ProvenanceStep, namespace: str, home: str) -> ProvenanceStep:
    """The step, or the same step as unknown where a kind that it is read from cannot be read."""
    if step.match is not Match.UNKNOWN:
        return step
    gaps = [unknown.of_kind(store, kind, namespace) for kind in _NEEDS.get(step.name, ())]
    if step.name == "configuration":
        gaps = [unknown.of_kind(store, kind, home) for kind in (kinds.WORKLOAD, kinds.CONFIG_MAP)]
    if step.name == "push":
        gaps = [unknown.of_kind(store, kind, home) for kind in (kinds.WORKLOAD, kinds.RUNNABLE)]
    gap = next((unread for unread in gaps if unread is not None), None)
    return _unread(step.name, gap, step.value) if gap else step


def _unread(name: str, gap: Unreadable, value: str = "") -> ProvenanceStep:
    return ProvenanceStep(
        name=name,
        object=None,
        value=value,
        match=Match.UNKNOWN,
        note=f"unknown: {gap.sentence}",
        unreadable=gap.code,
    )


def built(
    store: ObjectStore, image: str, chain: Chain | None, namespace: str, lookup: RegistryLookup
) -> list[ProvenanceStep]:
    """Return the steps from an image back to its commit: the Build, the source revision, the commit."""
    build = _build_of(store, image, namespace)
    # The kinds that lead to the Builds may be unreadable too: then they are not listed.
    gaps = (unknown.of_kind(store, kind, namespace) for kind in (kinds.BUILD, kinds.IMAGE, kinds.WORKLOAD))
    gap = next((found for found in gaps if found is not None), None)
    if build is None and gap is not None:
        labelled = _labelled(image, lookup)
        step = _unread("build", gap)
        return [step, _commit(None, labelled, chain, "the image's labels")] if labelled else [step]
    if build is None:
        note = "no build of this image exists on the cluster any more" if image else "no image is known"
        labelled = _labelled(image, lookup)
        if not labelled:
            return [ProvenanceStep(name="build", object=None, value="", match=Match.UNKNOWN, note=note)]
        step = ProvenanceStep(
            name="build", object=None, value="", match=Match.UNKNOWN, note=note, source="image labels"
        )
        return [step, _commit(None, labelled, chain, "the image's labels")]
    ref = ObjectRef.of(build)
    made_by = str(status(build).get("latestImage") or "")
    revision = revisions.carried(spec(build))
    return [
        provenance_steps.compared("build", ref, made_by, image, made_by, "the build's status"),
        ProvenanceStep(
            name="source",
            object=ref,
            value=revision,
            match=Match.SAME if revision else Match.UNKNOWN,
            note="" if revision else "the build's spec names no revision",
        ),
        _commit(ref, revision, chain, "the build's spec"),
    ]


def _build_of(store: ObjectStore, image: str, namespace: str) -> Obj | None:
    digest = revisions.digest(image)
    for build in reversed(store.all(kinds.BUILD.group, kinds.BUILD.kind, namespace)):
        if digest and revisions.digest(str(status(build).get("latestImage") or "")) == digest:
            return build
    return None


def _labelled(image: str, lookup: RegistryLookup) -> str:
    """The revision in the image's own labels, where its buildpacks wrote one."""
    answer = lookup(image) if image else None
    return revisions.labelled(dict(answer.labels)) if answer else ""


def _commit(ref: ObjectRef | None, revision: str, chain: Chain | None, source: str) -> ProvenanceStep:
    commit = revisions.sha(revision) if revision else ""
    if not commit:
        return ProvenanceStep(
            name="commit", object=ref, value="", match=Match.UNKNOWN, note="no commit is known"
        )
    newest = chain.revision if chain else ""
    if not newest:
        return ProvenanceStep(
            name="commit",
            object=ref,
            value=commit,
            match=Match.UNKNOWN,
            compared=(revision, ""),
            source=source,
            note="the source is not known",
        )
    if revisions.same(revision, newest):
        return ProvenanceStep(
            name="commit",
            object=ref,
            value=commit,
            match=Match.SAME,
            compared=(revision, newest),
            source=source,
        )
    note = f"the newest commit is {short_commit(newest)}"
    return ProvenanceStep(
        name="commit",
        object=ref,
        value=commit,
        match=Match.DIFFERS,
        compared=(revision, newest),
        source=source,
        note=note,
    )
