"""The delivery of one Deliverable: detect, choose, fetch, install, serve."""

from __future__ import annotations

from datetime import datetime

from pkgops.model import Code, ObjectRef, Output, Stage, State
from pkgops.pipeline import activity, kinds, runs, submission, unknown
from pkgops.pipeline.activity import Activity
from pkgops.pipeline.resources import Resource, blueprint, resources
from pkgops.pipeline.world import Obj, World
from pkgops.readiness import Readiness, imagepolicy, packageinstall, packagerepository, readiness
from pkgops.readiness import app as apps
from pkgops.readiness import pod as pods
from pkgops.readiness.base import condition, meta, timestamp
from pkgops.values import Value, replace

SERVE = "serve"
FIGHT_GENERATION = 10
FIGHT_SECONDS = 60
"""More than this many generations, and more often than one in so many seconds: nobody edits like that."""


class Delivery(Value):
    """The activities of a Deliverable and what runs because of it.

    ``image`` is the digest reference in the ready pods, ``image_from`` how it is known;
    ``fetched`` the package bundle by digest; ``pinned`` the exact version it is held at. ``pending`` while
    Cartographer has not taken up the Deliverable's present spec.
    """

    name: str
    owner: Obj
    activities: tuple[Activity, ...]
    version: str = ""
    image: str = ""
    fetched: str = ""
    pinned: str = ""
    url: str = ""
    pending: bool = False


def delivery(world: World, name: str, owner: Obj, now: datetime) -> Delivery:
    """Read the delivery of one Deliverable into the environment ``name``."""
    found: dict[str, Activity] = {}
    pending = not submission.taken_up(owner, blueprint(world, owner))
    for resource in resources(world, owner):
        item = activity.read(world, resource, name)
        producers = [found[key] for key in resource.inputs if key in found]
        fresh = not pending and not resource.outdated
        found[resource.name] = _placed(item, producers, owner, now) if fresh else submission.held(item, owner)
    items = list(found.values())
    install = next((i for i in items if _stamps(i, kinds.PACKAGE_INSTALL)), None)
    if install is not None:
        items.append(_serve(world, name, install))
    return replace(_summary(name, owner, tuple(items)), pending=pending)


def _stamps(item: Activity, kind: kinds.Kind) -> bool:
    ref = item.resource.ref
    return ref is not None and (ref.group, ref.kind) == (kind.group, kind.kind)


def _placed(item: Activity, producers: list[Activity], owner: Obj, now: datetime) -> Activity:
    failure = submission.refused(item.resource, producers)
    obj = item.resource.obj
    if obj is None and item.unknown and not failure:
        return item
    if obj is None:
        return told(item, failure) if failure else _not_stamped(item, producers, now)
    if fighting(obj, owner, now):
        generation = meta(obj).get("generation")
        return told(
            item,
            Readiness(
                State.FAILED,
                "GenerationFight",
                f"generation {generation}",
                code=Code.GENERATION_FIGHT,
            ),
        )
    if failure:
        return told(item, failure)
    unread = submission.unread_output(item, now)
    if unread:
        return told(item, unread) if unread.state is State.FAILED else replace(item, reading=unread)
    return _behind(item, producers)


def told(item: Activity, reading: Readiness) -> Activity:
    """The activity in the state of a reading that knows better."""
    stage = replace(
        item.stage,
        state=reading.state,
        reason=reading.reason,
        message=reading.message,
        since=reading.since or item.stage.since,
        until=None,
        waits_for=reading.waits_for,
    )
    return replace(item, stage=stage, reading=reading)


def _not_stamped(item: Activity, producers: list[Activity], now: datetime) -> Activity:
    behind = next((p for p in producers if p.stage.state is not State.DONE), None)
    if behind is not None:
        return item.at(State.WAITING, "NotStamped", "", waits_for=behind.name)
    item = item.at(State.WAITING, "NotStamped", "", waits_for="cartographer-controller")
    times = [producer.stage.until for producer in producers if producer.stage.until]
    last = max(times, default=None)
    if last is not None and now - last > submission.NOTICE:
        return replace(item, reading=replace(item.reading, code=Code.NOT_NOTICED, since=last))
    return item


def _behind(item: Activity, producers: list[Activity]) -> Activity:
    """A stage that still carries the tag from before is working, whatever its own Ready says."""
    if item.stage.state is not State.DONE:
        return item
    obj = item.resource.obj or {}
    for producer in producers:
        tag = producer.stage.output.tag
        if tag and runs.is_kind(obj, kinds.PACKAGE_REPOSITORY) and tag not in packagerepository.image(obj):
            return item.at(State.WORKING, "Propagating", f"{tag} is on its way")
    return item


def fighting(obj: Obj, owner: Obj, now: datetime) -> bool:
    """Whether two controllers write an object's spec in turns: its generation rises without end.

    Generations per second of age are a fact of the object alone, so a cut watch changes nothing. A
    fight that ended leaves a high generation behind: then the status has caught up and the owner is
    content.
    """
    generation = int(meta(obj).get("generation") or 0)
    born = timestamp(meta(obj).get("creationTimestamp"))
    if generation < FIGHT_GENERATION or born is None:
        return False
    if (now - born).total_seconds() / generation > FIGHT_SECONDS:
        return False
    ready = condition(owner, "Ready")
    return ready is None or ready.status != "True"


def _serve(world: World, part: str, install: Activity) -> Activity:
    """What the installed package runs: follows from the install, no blueprint names it."""
    resource = Resource(SERVE, "", "", (install.name,), {}, None)
    stage = Stage(SERVE, part, "Serve application", "Knative")
    ref = install.resource.ref
    app = world.get(kinds.APP.group, kinds.APP.kind, ref.namespace, ref.name) if ref else None
    gap = unknown.application(world, ref.namespace, app) if ref else None
    if gap is not None:
        return Activity(resource, stage, Readiness(State.UNKNOWN)).unread(unknown.reading(gap))
    running = runs.workloads(world, app)
    if not running:
        waits = install.name if install.stage.state is not State.DONE else "the application's objects"
        stage = replace(stage, state=State.WAITING, reason="NotDeployed", waits_for=waits)
        return Activity(resource, stage, Readiness(State.WAITING, "NotDeployed"))
    return _running(world, resource, stage, running[0])


def _running(world: World, resource: Resource, stage: Stage, obj: Obj) -> Activity:
    own = readiness(obj)
    is_service = runs.is_kind(obj, kinds.SERVICE)
    unit = next(iter(runs.revisions_of(world, obj)), None) if is_service else obj
    found = runs.serving_pods(world, unit) if unit else []
    reading, told_by = _deepest(world, own, obj, unit, found)
    stage = replace(
        stage,
        tool="Knative" if is_service else "Kubernetes",
        object=ObjectRef.of(obj),
        leaf=ObjectRef.of(told_by),
        state=reading.state,
        reason=reading.reason,
        message=reading.message,
        waits_for=reading.waits_for,
        since=reading.since,
        until=reading.until,
        output=Output(image=_image(found), url=own.output.url),
        pods=tuple(ObjectRef.of(p) for p in found),
    )
    item = Activity(replace(resource, obj=obj), stage, reading, told_by, unit, tuple(found))
    gap = None if reading.state is State.FAILED else unknown.serving(world, obj, unit, found)
    return item.unread(unknown.reading(gap)) if gap else item


def _deepest(
    world: World, own: Readiness, obj: Obj, unit: Obj | None, found: list[Obj]
) -> tuple[Readiness, Obj]:
    if own.state is State.DONE or unit is None:
        return own, obj
    reading = readiness(unit)
    deployment = runs.deployment_of(world, unit) if unit is not obj else None
    for pod in found[:1]:
        below = readiness(pod)
        if below.code is Code.CRASH_LOOP and reading.state is State.FAILED:
            # Knative tells the container's own last words, which the kubelet's back-off hides.
            told = runs.is_kind(unit, kinds.REVISION)
            return (reading, unit) if told else (replace(below, state=State.FAILED), pod)
        if below.code is not None:
            return below, pod
    if deployment is not None and reading.state is not State.DONE:
        below = readiness(deployment)
        if below.state is State.FAILED:
            return below, deployment
    return (own, obj) if reading.state is State.DONE else (reading, unit)


def _image(found: list[Obj]) -> str:
    for pod in found:
        if pods.ready(pod) and pods.image_digest(pod):
            return pods.image_digest(pod)
    return ""


def _summary(name: str, owner: Obj, items: tuple[Activity, ...]) -> Delivery:
    by_kind = {i.resource.ref.kind: i for i in items if i.resource.ref}
    install = by_kind.get("PackageInstall")
    repository = by_kind.get("PackageRepository")
    serve = next((i for i in items if i.name == SERVE), None)
    image = serve.stage.output.image if serve else ""
    if not image and install is not None and install.run is not None and not (serve and serve.unknown):
        image = next(iter(apps.images(install.run)), "")
    return Delivery(
        name,
        owner,
        items,
        install.stage.output.version if install else "",
        image,
        repository.stage.output.image if repository else "",
        _pinned(by_kind),
        serve.stage.output.url if serve else "",
    )


def _pinned(by_kind: dict[str, Activity]) -> str:
    """The exact version that a policy or a constraint holds, or empty where it follows a range."""
    policy, install = by_kind.get("ImagePolicy"), by_kind.get("PackageInstall")
    rules = []
    if policy is not None and policy.resource.obj:
        rules.append(imagepolicy.rule(policy.resource.obj).removeprefix("semver "))
    if install is not None and install.resource.obj:
        rules.append(packageinstall.constraints(install.resource.obj))
    for text in rules:
        exact = text.strip().removeprefix("==").removeprefix("=").strip()
        if exact and exact[0].isdigit() and not any(sign in exact for sign in "<>|~^*xX, "):
            return exact
    return ""
