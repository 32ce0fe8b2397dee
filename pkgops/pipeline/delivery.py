"""The delivery of one Deliverable: detect, choose, fetch, install, serve."""

from __future__ import annotations

import re
from datetime import datetime

from pkgops.model import CauseCode, StageStatus, State
from pkgops.pipeline import activity, kinds, runs, submission
from pkgops.pipeline.activity import Activity
from pkgops.pipeline.diagnosis import facts
from pkgops.pipeline.object_store import Obj, ObjectStore
from pkgops.pipeline.resources import blueprint, resources
from pkgops.pipeline.serving import SERVE, delivered_kinds, serve
from pkgops.readiness import app as apps
from pkgops.readiness import imagepolicy, packageinstall, packagerepository
from pkgops.readiness.base import condition, meta, timestamp
from pkgops.values import Value, replace

_VERSION = re.compile(r"v?\d+\.\d+\.\d+")
FIGHT_GENERATION = 10
FIGHT_SECONDS = 60
"""Two controllers write an object in turns where its generation is higher than this and rose more often than
once in so many seconds: no person edits an object so often."""


class Delivery(Value, kw_only=True):
    """The activities of a Deliverable and what it deployed.

    ``image`` is the digest reference in the ready pods;
    ``fetched`` the package bundle by digest; ``pinned`` the exact version it is pinned to. ``pending`` while
    Cartographer has not observed the Deliverable's present generation. ``holds`` are the kinds that it
    deployed where none of them is an application; None where one is or may be.
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
    holds: tuple[str, ...] | None = None


def delivery(store: ObjectStore, name: str, owner: Obj, now: datetime) -> Delivery:
    """Return the delivery of one Deliverable, for the environment ``name``."""
    activities: dict[str, Activity] = {}
    pending = not submission.observed(owner, blueprint(store, owner))
    for resource in resources(store, owner):
        item = activity.read(store, resource, name)
        producers = [activities[key] for key in resource.inputs if key in activities]
        if pending or resource.outdated:
            item = submission.held(item, owner)
        else:
            before = list(activities.values())
            item = _without_version(_placed(item, producers, owner, now), before)
            item = _before_its_package(store, item, before, now)
        activities[resource.name] = item
    items = list(activities.values())
    last, holds = _deploying(items), None if pending else delivered_kinds(store, items)
    if last is not None:
        items += [serve(store, name, last)] if holds is None else []
    found = replace(_summary(name, owner, tuple(items)), pending=pending, holds=holds)
    # An image that a deployed object only names is not running.
    return found if holds is None else replace(found, image="")


def _stamps(item: Activity, kind: kinds.Kind) -> bool:
    ref = item.resource.ref
    return ref is not None and (ref.group, ref.kind) == (kind.group, kind.kind)


def _deploying(items: list[Activity]) -> Activity | None:
    """The activity that deploys the application: PackageInstall, else the last App, Service or Deployment."""
    installs = [one for one in items if _stamps(one, kinds.PACKAGE_INSTALL)]
    deploying = installs[:1] or [one for one in items if any(_stamps(one, kind) for kind in kinds.DEPLOYING)]
    return deploying[-1] if deploying else None


def _placed(item: Activity, producers: list[Activity], owner: Obj, now: datetime) -> Activity:
    failure = submission.refused(item.resource, producers)
    obj = item.resource.obj
    if obj is None and item.unknown and not failure:
        return item
    if obj is None:
        return item.replaced_by(failure) if failure else _not_stamped(item, producers, now)
    if fighting(obj, owner, now):
        generation = meta(obj).get("generation")
        return item.replaced_by(
            StageStatus(
                state=State.FAILED,
                reason="GenerationFight",
                message=f"generation {generation}",
                code=CauseCode.GENERATION_FIGHT,
            ),
        )
    if failure:
        return item.replaced_by(failure)
    unread = submission.unread_output(item, now)
    if unread:
        return unread
    return _behind(item, producers)


def _without_version(item: Activity, before: list[Activity]) -> Activity:
    """Waiting, where no version satisfies the constraint while the repository is still being fetched."""
    waits = next((one for one in before if one.stage.state is not State.DONE), None)
    if item.status.code is not CauseCode.VERSION_NOT_FOUND or waits is None:
        return item
    return item.with_status(state=State.WAITING, waits_for=waits.name, code=None)


def _before_its_package(
    store: ObjectStore, item: Activity, before: list[Activity], now: datetime
) -> Activity:
    """Working, where the previous version is installed and the package of the selected tag has just been
    fetched.

    That a tag is a package's version is a convention of the templates. It is known to be followed where the
    installed version is a tag too; else the difference counts for the time that a controller may need.
    """
    chosen = next((one for one in before if one.stage.output.tag and _stamps(one, kinds.IMAGE_POLICY)), None)
    source = next((one for one in before if _stamps(one, kinds.PACKAGE_REPOSITORY)), None)
    installed = item.stage.output.version
    if chosen is None or source is None or not installed or not _stamps(item, kinds.PACKAGE_INSTALL):
        return item
    tag = chosen.stage.output.tag
    same = tag.removeprefix("v") == installed or not _VERSION.match(tag) or not _VERSION.match(installed)
    if same or item.stage.state is not State.DONE or source.stage.state is not State.DONE:
        return item
    tags = facts.tags(store, chosen.resource.obj or {})
    fetched = source.status.until
    if f"v{installed}" in tags or (fetched is not None and now - fetched < submission.NOTICE):
        return item.with_status(
            state=State.WORKING, reason="Propagating", message=f"{tag} is being passed on", waits_for=""
        )
    return item


def _not_stamped(item: Activity, producers: list[Activity], now: datetime) -> Activity:
    behind = next((p for p in producers if p.stage.state is not State.DONE), None)
    if behind is not None:
        return item.with_status(waits_for=behind.name)
    item = item.with_status(waits_for="cartographer-controller")
    times = [producer.stage.until for producer in producers if producer.stage.until]
    last = max(times, default=None)
    if last is not None and now - last > submission.NOTICE:
        return item.with_status(code=CauseCode.NOT_NOTICED, since=last)
    return item


def _behind(item: Activity, producers: list[Activity]) -> Activity:
    """A stage that still has the previous tag is working, whatever its own Ready is."""
    if item.stage.state is not State.DONE:
        return item
    obj = item.resource.obj or {}
    for producer in producers:
        tag = producer.stage.output.tag
        if tag and runs.is_kind(obj, kinds.PACKAGE_REPOSITORY) and tag not in packagerepository.image(obj):
            return item.with_status(
                state=State.WORKING, reason="Propagating", message=f"{tag} is being passed on", waits_for=""
            )
    return item


def fighting(obj: Obj, owner: Obj, now: datetime) -> bool:
    """Whether two controllers write an object's spec in turns, so that its generation keeps rising.

    Generations per second of age are computed from the object alone, so a broken watch changes nothing. After
    a conflict that ended, the generation stays high: then the status is of the present generation, and the
    owner is Ready.
    """
    generation = int(meta(obj).get("generation") or 0)
    created = timestamp(meta(obj).get("creationTimestamp"))
    if generation < FIGHT_GENERATION or created is None:
        return False
    if (now - created).total_seconds() / generation > FIGHT_SECONDS:
        return False
    ready = condition(owner, "Ready")
    return ready is None or ready.status != "True"


def _summary(name: str, owner: Obj, items: tuple[Activity, ...]) -> Delivery:
    by_kind = {i.resource.ref.kind: i for i in items if i.resource.ref}
    install = by_kind.get("PackageInstall")
    repository = by_kind.get("PackageRepository")
    served = next((i for i in items if i.name == SERVE), None)
    image = served.stage.output.image if served else ""
    if not image and install is not None and install.run is not None and not (served and served.unknown):
        image = apps.image(install.run)
    return Delivery(
        name=name,
        owner=owner,
        activities=items,
        version=install.stage.output.version if install else "",
        image=image,
        fetched=repository.stage.output.image if repository else "",
        pinned=_pinned(by_kind),
        url=served.stage.output.url if served else "",
    )


def _pinned(by_kind: dict[str, Activity]) -> str:
    """The exact version that a policy or a constraint pins, or empty where it has a range."""
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
