"""The supply chain of one Workload: the status of each stage for the newest revision."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from pkgops.model import CHAIN, CauseCode, ImageRef, Output, State
from pkgops.pipeline import activity, inputs, kinds, revisions, runs, submission
from pkgops.pipeline.activity import Activity
from pkgops.pipeline.object_store import Obj, ObjectStore
from pkgops.pipeline.resources import blueprint, resources
from pkgops.readiness import pod as pods
from pkgops.readiness import taskrun
from pkgops.readiness.base import meta
from pkgops.values import Value, replace


class Chain(Value, kw_only=True):
    """The activities of a Workload and their results.

    ``revision`` is the newest source revision; ``image`` the app image built last, from
    ``image_revision``; ``package`` the package bundle pushed last, at ``pushed``. ``pending`` while
    Cartographer has not observed the Workload's present generation.
    """

    activities: tuple[Activity, ...]
    revision: str = ""
    image: str = ""
    image_revision: str = ""
    package: str = ""
    pushed: datetime | None = None
    pending: bool = False


def read_chain(store: ObjectStore, owner: Obj, now: datetime) -> Chain:
    """Return the whole supply chain of a Workload as of ``now``."""
    origins = revisions.origins(store, str(meta(owner).get("namespace") or ""))
    activities: dict[str, Activity] = {}
    target = ""
    pending = not submission.observed(owner, blueprint(store, owner))
    for resource in resources(store, owner):
        item = activity.read(store, resource, CHAIN)
        producers = [activities[name] for name in resource.inputs if name in activities]
        item = _with_revision(item, origins, producers)
        if not producers and item.stage.output.revision:
            target = target or item.stage.output.revision
        if pending or resource.outdated:
            item = submission.held(item, owner)
        else:
            item = _placed(item, producers, list(activities.values()), target, now)
        activities[resource.name] = item
    return _summary(tuple(activities.values()), target, origins, pending=pending)


def _with_revision(item: Activity, origins: dict[str, str], producers: list[Activity]) -> Activity:
    """Return the activity with the source revision of its inputs."""
    obj = item.resource.obj
    if obj is None:
        return item
    body = revisions.inputs_of(obj)
    if runs.is_kind(obj, kinds.GIT_REPOSITORY):
        return replace(item, stage=replace(item.stage, revision=item.status.output.revision))
    revision = revisions.carried(body)
    for image in revisions.images(body) if not revision else ():
        revision = revision or origins.get(revisions.digest(image), "")
    output = item.stage.output
    if not output and "data" in obj:
        output = Output(image=_application(revisions.images(body), origins, producers))
    return replace(item, stage=replace(item.stage.with_status(output=output), revision=revision))


def _application(held: Sequence[str], origins: dict[str, str], producers: list[Activity]) -> str:
    """Return the image of a configuration that is built here; it may contain others before it."""
    repositories = {
        ImageRef.parse(one.stage.output.image).name for one in producers if one.stage.output.image
    }
    choices = (
        [image for image in held if revisions.digest(image) in origins],
        [image for image in held if ImageRef.parse(image).name in repositories],
        held,
    )
    return next((found[0] for found in choices if found), "")


def _placed(
    item: Activity, producers: list[Activity], before: list[Activity], target: str, now: datetime
) -> Activity:
    """Return the activity with its status corrected by the stages before it."""
    failure = submission.refused(item.resource, producers)
    if failure:
        return item.replaced_by(failure)
    if item.unknown:
        return item
    if submission.passed_through(item.resource):
        return inputs.passed_through(item, producers, before, target, now)
    if item.resource.obj is None:
        return _not_stamped(item, producers, now)
    unread = submission.unread_output(item, now)
    if unread:
        return unread
    if item.stage.state in (State.DONE, State.FAILED):
        return inputs.against_inputs(item, producers, before, target, now)
    return _early(item, producers)


def _early(item: Activity, producers: list[Activity]) -> Activity:
    """A run that was stamped before its inputs exist: it waits for their stage, not for its pod."""
    behind = next((producer for producer in producers if producer.stage.state is not State.DONE), None)
    started = [pods.started(pod) for pod in item.pods[:1]]
    if behind is None or any(started) or item.status.code is not None:
        return item
    return item.with_status(state=State.WAITING, message="its inputs do not exist yet", waits_for=behind.name)


def _not_stamped(item: Activity, producers: list[Activity], now: datetime) -> Activity:
    behind = next((producer for producer in producers if not producer.done), None)
    if behind is not None:
        return item.with_status(waits_for=behind.name)
    # The inputs exist, so it waits for Cartographer.
    last = inputs.fresh_since(producers)
    item = item.with_status(waits_for="cartographer-controller")
    reported = any(producer.status.code is CauseCode.NOT_NOTICED for producer in producers)
    if last is not None and now - last > submission.NOTICE and not reported:
        return item.with_status(code=CauseCode.NOT_NOTICED, since=last)
    return item


def _summary(items: tuple[Activity, ...], target: str, origins: dict[str, str], *, pending: bool) -> Chain:
    image = next((i.stage.output.image for i in items if runs.is_kind(i.resource.obj, kinds.IMAGE)), "")
    if not image:
        image = next(
            (i.stage.output.image for i in items if i.resource.template_kind == "ClusterImageTemplate"), ""
        )
    last = items[-1] if items else None
    package, pushed = "", None
    if last is not None and last.resource.template_kind == "ClusterImageTemplate" and len(items) > 1:
        package, pushed = last.stage.output.image, _pushed(last)
    return Chain(
        activities=items,
        revision=target,
        image=image,
        image_revision=origins.get(revisions.digest(image), ""),
        package=package,
        pushed=pushed,
        pending=pending,
    )


def _pushed(item: Activity) -> datetime | None:
    """When the last successful run ended."""
    if item.run is not None and runs.is_kind(item.run, kinds.TASK_RUN):
        return taskrun.read(item.run).until
    return item.stage.until


__all__ = ["Chain", "read_chain"]
