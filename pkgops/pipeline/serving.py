"""The application of an installed package: its Service or Deployment, the Revision of its spec, the pods."""

from __future__ import annotations

from collections.abc import Sequence

from pkgops.model import CauseCode, ImageRef, ObjectRef, Output, Stage, StageStatus, State
from pkgops.pipeline import kinds, revisions, runs, unknown
from pkgops.pipeline.activity import Activity
from pkgops.pipeline.object_store import Obj, ObjectStore
from pkgops.pipeline.resources import Resource
from pkgops.readiness import app as apps
from pkgops.readiness import containers, knative, readiness, revision
from pkgops.readiness import pod as pods
from pkgops.readiness.base import condition, meta, spec, status
from pkgops.values import replace

SERVE = "serve"
NOT_DEPLOYED = "NotDeployed"
"""The reason of a stage whose application does not exist."""
SCALED_TO_ZERO = "NoTraffic"
"""Knative's reason for a Revision that has no pod until a request comes."""
_DEPLOYING_TEMPLATES = ("ClusterTemplate", "ClusterDeploymentTemplate")


def serve(store: ObjectStore, scope: str, install: Activity) -> Activity:
    """Return the stage ``serve``: the application that an install deploys; no blueprint names this stage.

    It is the same for an App, a Service or a Deployment that a supply chain stamps itself.
    """
    resource = Resource(
        name=SERVE, template_kind="", template_name="", inputs=(install.name,), entry={}, obj=None
    )
    stage = Stage(name=SERVE, scope=scope, title="Serve application", tool="Knative")
    obj, ref = install.resource.obj, install.resource.ref
    if obj is not None and any(runs.is_kind(obj, kind) for kind in (kinds.SERVICE, kinds.DEPLOYMENT)):
        return _running(store, resource, stage, obj, None)
    app = store.get(kinds.APP.group, kinds.APP.kind, ref.namespace, ref.name) if ref else None
    gap = unknown.application(store, ref.namespace, app) if ref else None
    if gap is not None:
        return Activity(resource=resource, stage=stage).unread(unknown.reading(gap))
    running = runs.workloads(store, app)
    if not running:
        waits = install.name if install.stage.state is not State.DONE else "the application's objects"
        status = StageStatus(state=State.WAITING, reason=NOT_DEPLOYED, waits_for=waits)
        return Activity(resource=resource, stage=replace(stage, status=status))
    return _running(store, resource, stage, _application(store, running), app)


def delivered_kinds(store: ObjectStore, items: Sequence[Activity]) -> tuple[str, ...] | None:
    """Return the kinds that a delivery deployed, where it is known that none of them is an application.

    What Apps deployed counts, else what deploying templates stamp. None while anything is not done, and where
    there is an application or it is not known whether there is one.
    """
    deployed: list[str] = []
    stamped: list[str] = []
    if not items or not all(one.done for one in items):
        return None
    for resource in (one.resource for one in items if one.resource.obj is not None):
        obj = resource.obj or {}
        if any(runs.is_kind(obj, kind) for kind in kinds.DEPLOYED):
            return None
        if any(runs.is_kind(obj, kind) for kind in (kinds.PACKAGE_INSTALL, kinds.APP)):
            app = runs.app_of(store, obj)
            if app is None or not apps.runs_nothing(
                app, [(kind.group, kind.kind) for kind in kinds.DEPLOYED]
            ):
                return None
            deployed += [kind for _, kind in apps.deployed(app)]
        elif resource.template_kind in _DEPLOYING_TEMPLATES:
            stamped.append(str(obj.get("kind")))
    return tuple(dict.fromkeys(deployed or stamped))


def _application(store: ObjectStore, running: list[Obj]) -> Obj:
    """The object that runs an image that is built here, where a package has more than the application."""
    built = store.memo("names of images built here", lambda: _built(store))
    own = [obj for obj in running if ImageRef.parse(containers.serving_image(obj)).name in built]
    return (own or running)[0]


def _built(store: ObjectStore) -> set[str]:
    tags = [str(spec(image).get("tag") or "") for image in store.all(kinds.IMAGE.group, kinds.IMAGE.kind)]
    return {ImageRef.parse(tag).name for tag in tags if tag}


def _running(store: ObjectStore, resource: Resource, stage: Stage, obj: Obj, app: Obj | None) -> Activity:
    own = readiness(obj)
    is_service = runs.is_kind(obj, kinds.SERVICE)
    made = runs.revisions_of(store, obj) if is_service else [obj]
    unit = next(iter(made), None)
    found = runs.serving_pods(store, unit) if unit else []
    reading, source_object = _on_its_way(own, obj, made, app) or _deepest(store, own, obj, unit, found)
    image = _image(found, containers.serving_name(unit or {}))
    if unit is not None and reading.reason == SCALED_TO_ZERO:
        image = image or revision.by_digest(unit)
    output = Output(image=image, url=own.output.url)
    stage = replace(
        stage,
        tool="Knative" if is_service else "Kubernetes",
        object=ObjectRef.of(obj),
        leaf=ObjectRef.of(source_object),
        status=replace(reading, output=output),
        pods=tuple(ObjectRef.of(p) for p in found),
    )
    item = Activity(
        resource=replace(resource, obj=obj),
        stage=stage,
        source_object=source_object,
        run=unit,
        pods=tuple(found),
    )
    gap = None if reading.state is State.FAILED else unknown.serving(store, obj, unit, found)
    return item.unread(unknown.reading(gap)) if gap else item


def _on_its_way(
    own: StageStatus, obj: Obj, made: list[Obj], app: Obj | None
) -> tuple[StageStatus, Obj] | None:
    """The status while a newer spec or its Revision has yet to be created: what still runs does not count."""
    if own.reason == "NotObserved":
        return own, obj
    if not _as_deployed(obj, app):
        message = "the content of the package is being deployed"
        return StageStatus(state=State.WORKING, reason="Propagating", message=message, output=own.output), obj
    known = [str(meta(one).get("name")) for one in made]
    if runs.is_kind(obj, kinds.SERVICE) and knative.awaits_revision(obj, known):
        return StageStatus(
            state=State.WORKING, reason="RevisionMissing", message="its new revision is being created"
        ), obj
    return None


def _as_deployed(obj: Obj, app: Obj | None) -> bool:
    """Whether the application's image is one of those that its App deployed last, where both have digests."""
    deployed = {revisions.digest(image) for image in apps.images(app)} if app else set()
    own = revisions.digest(containers.serving_image(obj))
    return not deployed or not own or own in deployed


def _deepest(
    store: ObjectStore, own: StageStatus, obj: Obj, unit: Obj | None, found: list[Obj]
) -> tuple[StageStatus, Obj]:
    if unit is None:
        return own, obj
    if own.state is State.DONE:
        return (
            (own, obj) if any(pods.ready(pod) for pod in found) else _without_ready_pod(own, obj, unit, found)
        )
    reading = readiness(unit)
    deployment = runs.deployment_of(store, unit) if unit is not obj else None
    for pod in _newest_template(found):
        below = readiness(pod)
        if below.code is CauseCode.CRASH_LOOP and reading.state is State.FAILED:
            # Knative reports the container's own last message, which the kubelet's back-off message replaces.
            is_revision = runs.is_kind(unit, kinds.REVISION)
            return (reading, unit) if is_revision else (replace(below, state=State.FAILED), pod)
        if below.code is not None:
            return below, pod
    if deployment is not None and reading.state is not State.DONE:
        below = readiness(deployment)
        if below.state is State.FAILED:
            return below, deployment
    if reading.state is State.DONE:
        # The Service's own conditions may have their status since long before this Revision.
        return replace(own, since=reading.until or own.since), obj
    return reading, unit


def _without_ready_pod(own: StageStatus, obj: Obj, unit: Obj, found: list[Obj]) -> tuple[StageStatus, Obj]:
    """The status of an application that reports Ready while no pod of it is ready.

    Knative leaves a Revision ready when its pods stop, without traffic or with their node.
    """
    active = condition(unit, "Active")
    if active is not None and (active.status, active.reason) == ("False", SCALED_TO_ZERO):
        return replace(own, reason=SCALED_TO_ZERO, message="scaled to zero: a request starts a pod"), obj
    starting = [
        pod for pod in _newest_template(found) if status(pod).get("phase") not in ("Succeeded", "Failed")
    ]
    for pod in starting:
        below = readiness(pod)
        if below.code is not None:
            return below, pod
    if not starting:
        return own, obj
    not_ready = f"no pod of {ObjectRef.of(unit)} is ready"
    return replace(own, state=State.WORKING, reason="PodsNotReady", message=not_ready, until=None), starting[
        0
    ]


def _newest_template(found: list[Obj]) -> list[Obj]:
    """The pods of the newest template that are not being deleted and have not ended."""
    hashes = [(meta(pod).get("labels") or {}).get("pod-template-hash") for pod in found]
    return [
        pod
        for pod, made_of in zip(found, hashes, strict=True)
        if made_of == hashes[0] and not meta(pod).get("deletionTimestamp")
    ]


def _image(found: list[Obj], container: str) -> str:
    running = (pods.image_digest(pod, container) for pod in found if pods.ready(pod))
    return next((image for image in running if image), "")
