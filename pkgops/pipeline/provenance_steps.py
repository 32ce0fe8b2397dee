"""The steps from a running pod back to the package that was pushed, each compared by digest."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from pkgops.model import CauseCode, ImageRef, Match, ObjectRef, ProvenanceStep
from pkgops.pipeline import kinds, revisions, runs
from pkgops.pipeline.delivery import Delivery
from pkgops.pipeline.object_store import Obj, ObjectStore
from pkgops.pipeline.supplychain import Chain
from pkgops.readiness import app as apps
from pkgops.readiness import containers, revision
from pkgops.readiness import package as packages
from pkgops.readiness import packagerepository as repositories
from pkgops.readiness import pod as pods
from pkgops.readiness.base import meta, spec, status
from pkgops.values import replace


@dataclass(frozen=True, slots=True, kw_only=True)
class RegistryAnswer:
    """A registry's response for one reference: whether it exists, its digest, the images of its ImagesLock.

    ``labels`` are the image's own (empty for bundles). ``error`` is why the registry could not be read.
    """

    found: bool
    digest: str = ""
    locked: tuple[str, ...] = ()
    labels: tuple[tuple[str, str], ...] = ()
    error: str = ""


RegistryLookup = Callable[[str], RegistryAnswer | None]
"""Reads a digest reference from its registry; returns None where no registry is read."""


def compared(
    name: str, ref: ObjectRef | None, value: str, left: str, right: str, source: str, note: str = ""
) -> ProvenanceStep:
    """Return the step that compares the digests of two references; unknown where one has none."""
    one, two = revisions.digest(left), revisions.digest(right)
    if not one or not two:
        missing = note or ("nothing to compare with" if one else "no digest is known")
        return ProvenanceStep(
            name=name,
            object=ref,
            value=value,
            match=Match.UNKNOWN,
            compared=(left, right),
            source=source,
            note=missing,
        )
    return ProvenanceStep(
        name=name,
        object=ref,
        value=value,
        match=Match.SAME if one == two else Match.DIFFERS,
        compared=(left, right),
        source=source,
        note=note,
    )


def contains(
    name: str, ref: ObjectRef | None, value: str, wanted: str, held: tuple[str, ...], source: str
) -> ProvenanceStep:
    """Return the step to an object that lists images: whether the wanted one is among them."""
    digest, listed = revisions.digest(wanted), (wanted, ", ".join(held))
    if not digest or not value or not held:
        return ProvenanceStep(
            name=name,
            object=ref,
            value=value,
            match=Match.UNKNOWN,
            compared=listed,
            source=source,
            note="the images that it lists are not known",
        )
    match = Match.SAME if digest in {revisions.digest(one) for one in held} else Match.DIFFERS
    return ProvenanceStep(name=name, object=ref, value=value, match=match, compared=listed, source=source)


def pod(item: Delivery) -> list[ProvenanceStep]:
    """Return the step to the pod that serves: its image's digest, compared with the spec of its Revision."""
    serve = item.activities[-1] if item.activities else None
    pod = next((one for one in serve.pods if pods.ready(one)), None) if serve else None
    if serve is None or pod is None:
        return [
            ProvenanceStep(name="pod", object=None, value="", match=Match.UNKNOWN, note="no pod is ready")
        ]
    unit = serve.run or {}
    running = pods.image_digest(pod, containers.serving_name(unit))
    wanted = revision.image(unit) if runs.is_kind(unit, kinds.REVISION) else containers.serving_image(unit)
    return [compared("pod", ObjectRef.of(pod), running, running, wanted, "the revision's spec")]


def registry(image: str, lookup: RegistryLookup) -> list[ProvenanceStep]:
    """Return the step to the registry: whether it has the image under that digest."""
    answer = lookup(image) if image else None
    if answer is None:
        note = "the registry was not read" if image else "no image is known"
        return [ProvenanceStep(name="image", object=None, value=image, match=Match.UNKNOWN, note=note)]
    if not answer.found:
        note = answer.error or "the registry does not have it any more"
        match = Match.UNKNOWN if answer.error else Match.DIFFERS
        return [
            ProvenanceStep(
                name="image",
                object=None,
                value=image,
                match=match,
                note=note,
                unreadable=CauseCode.REGISTRY_FAILED if answer.error else None,
            )
        ]
    here = ImageRef.parse(image)
    return [
        compared("image", None, image, image, str(ImageRef(here.name, "", answer.digest)), "the registry")
    ]


def ops_bundle(image: str, app: Obj | None, lookup: RegistryLookup) -> ProvenanceStep:
    """Return the step to the bundle of an App: whether its ImagesLock, or the App's log, lists the image."""
    if app is None:
        return ProvenanceStep(
            name="ops bundle", object=None, value="", match=Match.UNKNOWN, note="there is no App"
        )
    bundle = apps.bundle(app)
    answer = lookup(bundle) if bundle else None
    if answer is not None and answer.locked:
        return contains(
            "ops bundle", ObjectRef.of(app), bundle, image, answer.locked, "the bundle's ImagesLock"
        )
    return contains("ops bundle", ObjectRef.of(app), bundle, image, apps.images(app), "the App's own log")


def package(store: ObjectStore, app: Obj | None, install: Obj | None) -> ProvenanceStep:
    """Return the step to the installed Package: whether its bundle is the one that the App deploys."""
    version = str(status(install or {}).get("version") or "")
    if app is None or install is None or not version:
        return ProvenanceStep(
            name="package", object=None, value=version, match=Match.UNKNOWN, note="no version is installed"
        )
    namespace = str(meta(install).get("namespace") or "")
    name = str((spec(install).get("packageRef") or {}).get("refName") or "")
    package = store.get(kinds.PACKAGE.group, kinds.PACKAGE.kind, namespace, f"{name}.{version}")
    if package is None:
        return ProvenanceStep(
            name="package",
            object=None,
            value=f"{name} {version}",
            match=Match.UNKNOWN,
            note="the Package does not exist any more",
        )
    ref = ObjectRef.of(package)
    return compared(
        "package", ref, f"{name} {version}", apps.bundle(app), packages.bundle(package), "the Package's spec"
    )


def package_bundle(app: Obj | None, repository: Obj | None, lookup: RegistryLookup) -> ProvenanceStep:
    """Return the step to the PackageRepository's bundle: whether it lists the bundle that the App deploys."""
    if repository is None:
        return ProvenanceStep(
            name="package bundle",
            object=None,
            value="",
            match=Match.UNKNOWN,
            note="there is no PackageRepository",
        )
    fetched = repositories.fetched(repository)
    ref = ObjectRef.of(repository)
    bundle = apps.bundle(app) if app else ""
    answer = lookup(fetched) if fetched else None
    if answer is not None and answer.locked:
        return contains("package bundle", ref, fetched, bundle, answer.locked, "the bundle's ImagesLock")
    return contains(
        "package bundle", ref, fetched, bundle, apps.images(repository), "the repository's own log"
    )


def push(repository: Obj | None, chain: Chain | None) -> ProvenanceStep:
    """Return the step to the workload's last push: whether the PackageRepository has fetched that bundle."""
    fetched = repositories.fetched(repository) if repository else ""
    if chain is None or not chain.package:
        return ProvenanceStep(
            name="push",
            object=None,
            value="",
            match=Match.UNKNOWN,
            note="no workload that pushed it is known",
        )
    last = chain.activities[-1].stage.object
    step = compared("push", last, chain.package, fetched, chain.package, "the last push")
    if step.match is Match.DIFFERS:
        note = "the environment has another package than the one pushed last"
        return replace(step, note=note)
    return step
