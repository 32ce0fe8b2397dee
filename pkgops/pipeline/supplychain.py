"""The supply chain of one Workload: what each stage does for the newest revision."""

from __future__ import annotations

from datetime import datetime, timedelta

from pkgops.model import Code, Output, State
from pkgops.pipeline import activity, kinds, revisions, runs, submission
from pkgops.pipeline.activity import Activity
from pkgops.pipeline.resources import Resource, blueprint, resources
from pkgops.pipeline.world import Obj, World
from pkgops.readiness import Readiness, taskrun
from pkgops.readiness import pod as pods
from pkgops.readiness.base import created, meta, spec, timestamp
from pkgops.values import Value, replace

PART = "supply-chain"
STALE_GRACE = timedelta(seconds=5)
"""How long a run may lag behind its inputs before the chain counts as stale; seen: up to 2 s."""


class Chain(Value):
    """The activities of a Workload and what they lead to.

    ``revision`` is the newest source revision; ``image`` the app image built last, from
    ``image_revision``; ``package`` the package bundle pushed last, at ``pushed``. ``pending`` while
    Cartographer has not taken up the Workload's present spec.
    """

    activities: tuple[Activity, ...]
    revision: str = ""
    image: str = ""
    image_revision: str = ""
    package: str = ""
    pushed: datetime | None = None
    pending: bool = False


def chain(world: World, owner: Obj, now: datetime) -> Chain:
    """Read the whole chain of a Workload as of ``now``."""
    origins = revisions.origins(world, str(meta(owner).get("namespace") or ""))
    found: dict[str, Activity] = {}
    target = ""
    pending = not submission.taken_up(owner, blueprint(world, owner))
    for resource in resources(world, owner):
        item = activity.read(world, resource, PART)
        producers = [found[name] for name in resource.inputs if name in found]
        item = _with_revision(item, origins)
        if not producers and item.stage.output.revision:
            target = target or item.stage.output.revision
        if pending or resource.outdated:
            item = submission.held(item, owner)
        else:
            item = _placed(item, producers, list(found.values()), target, now)
        found[resource.name] = item
    return replace(_summary(tuple(found.values()), target, origins), pending=pending)


def _with_revision(item: Activity, origins: dict[str, str]) -> Activity:
    """Add the source revision that the stage's inputs carry."""
    obj = item.resource.obj
    if obj is None:
        return item
    body = obj.get("data") if "data" in obj else spec(obj)
    if runs.is_kind(obj, kinds.GIT_REPOSITORY):
        return replace(item, stage=replace(item.stage, revision=item.stage.output.revision))
    found = revisions.carried(body)
    for image in revisions.images(body) if not found else ():
        found = found or origins.get(revisions.digest(image), "")
    output = item.stage.output
    if not output and "data" in obj:
        output = Output(image=next(iter(revisions.images(body)), ""))
    return replace(item, stage=replace(item.stage, revision=found, output=output))


def _placed(
    item: Activity, producers: list[Activity], before: list[Activity], target: str, now: datetime
) -> Activity:
    """Correct a stage's own words by what the stages before it have come to."""
    failure = submission.refused(item.resource, producers)
    if failure:
        return _told(item, failure)
    if item.unknown:
        return item
    if item.resource.obj is None:
        return _not_stamped(item, producers, now)
    unread = submission.unread_output(item, now)
    if unread:
        return _told(item, unread) if unread.state is State.FAILED else replace(item, reading=unread)
    if item.stage.state in (State.DONE, State.FAILED):
        return _against_inputs(item, producers, before, target, now)
    return _early(item, producers)


def _early(item: Activity, producers: list[Activity]) -> Activity:
    """A run that was stamped before its inputs exist waits for their stage, not for its pod."""
    behind = next((producer for producer in producers if producer.stage.state is not State.DONE), None)
    started = [pods.started(pod) for pod in item.pods[:1]]
    if behind is None or any(started) or item.reading.code is not None:
        return item
    return item.at(State.WAITING, item.stage.reason, "its inputs do not exist yet", waits_for=behind.name)


def _told(item: Activity, reading: Readiness) -> Activity:
    stage = replace(
        item.stage,
        state=reading.state,
        reason=reading.reason,
        message=reading.message,
        since=reading.since,
        until=None,
        waits_for=reading.waits_for,
    )
    return replace(item, stage=stage, reading=reading)


def _not_stamped(item: Activity, producers: list[Activity], now: datetime) -> Activity:
    behind = next((producer for producer in producers if not producer.done), None)
    if behind is not None:
        return item.at(State.WAITING, "NotStamped", "", waits_for=behind.name)
    # The inputs are there, so the next move is Cartographer's.
    last = _fresh_since(producers)
    item = item.at(State.WAITING, "NotStamped", "", waits_for="cartographer-controller")
    told = any(producer.reading.code is Code.NOT_NOTICED for producer in producers)
    if last is not None and now - last > submission.NOTICE and not told:
        return replace(
            item,
            reading=replace(item.reading, code=Code.NOT_NOTICED, since=last),
            stage=replace(item.stage, since=last),
        )
    return item


def _against_inputs(
    item: Activity, producers: list[Activity], before: list[Activity], target: str, now: datetime
) -> Activity:
    """Done or failed, but for which inputs? Ready=True from before a push is not success.

    ``before`` are all stages before this one: an input without times of its own (a ConfigMap) may be as
    new as any of them.
    """
    if not producers:
        return item
    if item.stage.state is State.DONE and _blind(item):
        timed = _by_time(item, producers, now)
        if timed.reading.code is Code.STALE_PACKAGE:
            return timed
    behind = next((producer for producer in producers if not producer.done), None)
    if behind is not None:
        return _superseded(item, behind, target)
    if _lags(item, producers, target):
        return _passing_on(item, _fresh_since(before), now)
    return _by_time(item, producers, now) if item.stage.state is State.DONE and _blind(item) else item


def _superseded(item: Activity, behind: Activity, target: str) -> Activity:
    """A stage whose inputs are still being made; one that has the newest revision stands."""
    if item.stage.revision and target and revisions.same(item.stage.revision, target):
        return item
    if behind.unknown:
        return item.unread(behind.reading)
    old = revisions.sha(item.stage.revision)[:7]
    stage = replace(
        item.stage,
        state=State.WAITING,
        reason="Superseded",
        message=f"still at {old}" if old else "still at the inputs before",
        waits_for=behind.name,
        current=False,
    )
    return replace(item, stage=stage, reading=replace(item.reading, code=None))


def _lags(item: Activity, producers: list[Activity], target: str) -> bool:
    """Whether the stage carries other inputs than those that its producers have now."""
    own = item.stage.revision
    if own and target and not revisions.same(own, target):
        return True
    obj = item.resource.obj or {}
    body = obj.get("data") if "data" in obj else spec(obj)
    carried = {revisions.digest(image) for image in revisions.images(body)}
    made = {revisions.digest(p.stage.output.image) for p in producers if p.stage.output.image}
    return bool(carried and made - {""} and not made & carried)


def _passing_on(item: Activity, since: datetime | None, now: datetime) -> Activity:
    """The inputs are there and Cartographer has yet to hand them over; beyond its time it has not noticed."""
    late = since is not None and now - since > submission.NOTICE
    stage = replace(
        item.stage,
        state=State.WAITING if late else State.WORKING,
        reason="Propagating",
        message="the new inputs are on their way",
        waits_for="cartographer-controller" if late else "",
        since=since,
        until=None,
        current=False,
    )
    reading = replace(item.reading, code=Code.NOT_NOTICED if late else None, state=stage.state, since=since)
    return replace(item, stage=stage, reading=reading)


def _fresh_since(producers: list[Activity]) -> datetime | None:
    """Since when the newest inputs are there: the end of a run, or the change that Cartographer saw."""
    ends = [producer.stage.until for producer in producers]
    ends += [_changed(producer.resource) for producer in producers]
    known = [end for end in ends if end is not None]
    return max(known) if known else None


def _blind(item: Activity) -> bool:
    """Whether what runs shows nothing of its inputs: no revision, no image.

    A Runnable's inputs may show them and its run not; a run is stamped only when its own text changes.
    """
    obj = item.run or item.resource.obj or {}
    body = obj.get("data") if "data" in obj else spec(obj)
    return not revisions.carried(body) and not revisions.images(body)


def _by_time(item: Activity, producers: list[Activity], now: datetime) -> Activity:
    """Compare the last run with the last change of its inputs, where nothing else links the two."""
    if any(_unrecorded(producer) for producer in producers):
        return _passing_on(item, None, now)
    changed = max(filter(None, (_changed(producer.resource) for producer in producers)), default=None)
    began = _began(item)
    source = producers[0]
    if changed is None or began is None or began >= changed:
        return replace(item, stage=replace(item.stage, revision=source.stage.revision))
    if now - changed < STALE_GRACE:
        return _passing_on(item, changed, now)
    reading = replace(
        item.reading,
        state=State.FAILED,
        code=Code.STALE_PACKAGE,
        since=changed,
        reason="Stale",
        message=f"ran last before {source.name} changed",
    )
    return replace(_told(item, reading), stage=replace(_told(item, reading).stage, current=False))


def _unrecorded(producer: Activity) -> bool:
    """Whether the object has other images by now than Cartographer's record of its output."""
    recorded = revisions.images(list(producer.resource.outputs().values()))
    made = revisions.images((producer.resource.obj or {}).get("data") or {})
    return bool(recorded and made) and not set(recorded) & set(made)


def _changed(resource: Resource) -> datetime | None:
    times = [timestamp(resource.output_time(name)) for name in ("config", "image", "revision")]
    return max((time for time in times if time), default=None)


def _began(item: Activity) -> datetime | None:
    """When the run read its inputs: mounts are fixed from the first container on."""
    begun = [pods.started(pod) for pod in item.pods]
    if begun and begun[0]:
        return begun[0]
    return item.reading.since or (created(item.run) if item.run else None)


def _summary(items: tuple[Activity, ...], target: str, origins: dict[str, str]) -> Chain:
    image = next((i.stage.output.image for i in items if runs.is_kind(i.resource.obj, kinds.IMAGE)), "")
    if not image:
        image = next(
            (i.stage.output.image for i in items if i.resource.template_kind == "ClusterImageTemplate"), ""
        )
    last = items[-1] if items else None
    package, pushed = "", None
    if last is not None and last.resource.template_kind == "ClusterImageTemplate" and len(items) > 1:
        package, pushed = last.stage.output.image, _pushed(last)
    return Chain(items, target, image, origins.get(revisions.digest(image), ""), package, pushed)


def _pushed(item: Activity) -> datetime | None:
    """When the last successful run ended."""
    if item.run is not None and runs.is_kind(item.run, kinds.TASK_RUN):
        return taskrun.read(item.run).until
    return item.stage.until


__all__ = ["PART", "Chain", "chain"]
