"""Which inputs a stage has worked on: the newest, earlier ones, or whether new ones have yet to reach it."""

from __future__ import annotations

from datetime import datetime, timedelta

from pkgops.model import CauseCode, StageStatus, State
from pkgops.model.revision import short_commit
from pkgops.pipeline import revisions, submission, unknown
from pkgops.pipeline.activity import Activity
from pkgops.pipeline.resources import Resource
from pkgops.readiness import pod as pods
from pkgops.readiness.base import created, timestamp
from pkgops.values import replace

STALE_GRACE = timedelta(seconds=5)
"""How long a run may be behind its inputs before the chain counts as stale; measured: up to 2 s."""


def against_inputs(
    item: Activity, producers: list[Activity], before: list[Activity], target: str, now: datetime
) -> Activity:
    """Return the activity corrected by its inputs: Ready=True of earlier inputs is not success.

    ``before`` are all stages before this one: an input without times of its own (a ConfigMap) may be as
    new as any of them.
    """
    if not producers:
        return item
    if item.stage.state is State.DONE and _shows_no_inputs(item):
        timed = _by_time(item, producers, now)
        if timed.status.code is CauseCode.STALE_PACKAGE:
            return timed
    behind = next((producer for producer in producers if not producer.done), None)
    if behind is not None:
        return _superseded(item, behind, target)
    if _lags(item, producers, target):
        return _passing_on(item, fresh_since(before), now)
    return (
        _by_time(item, producers, now) if item.stage.state is State.DONE and _shows_no_inputs(item) else item
    )


def passed_through(
    item: Activity, producers: list[Activity], before: list[Activity], target: str, now: datetime
) -> Activity:
    """Return a stage that passes its input through: done, once Cartographer has read the newest input."""
    output = unknown.output(item.resource)
    status = replace(
        StageStatus(state=State.DONE, reason="PassThrough", message="passed through unchanged"),
        since=item.status.since,
        until=item.status.until,
        output=output,
    )
    stage = replace(item.stage, status=status, revision=output.revision, object=None, leaf=None, pods=())
    done = replace(item, stage=stage, run=None, pods=())
    behind = next((producer for producer in producers if not producer.done), None)
    if behind is not None:
        return _superseded(done, behind, target)
    return _passing_on(done, fresh_since(before), now) if _lags(done, producers, target) else done


def _superseded(item: Activity, behind: Activity, target: str) -> Activity:
    """A stage whose inputs are still being produced; one that has the newest revision is not changed."""
    if item.stage.revision and target and revisions.same(item.stage.revision, target):
        return item
    if behind.unknown:
        return item.unread(behind.status)
    old = short_commit(item.stage.revision)
    return item.with_status(
        state=State.WAITING,
        reason="Superseded",
        message=f"still at {old}" if old else "still at the previous inputs",
        waits_for=behind.name,
        code=None,
        current=False,
    )


def _lags(item: Activity, producers: list[Activity], target: str) -> bool:
    """Whether the stage has other inputs than its producers' present outputs."""
    own = item.stage.revision
    if own and target and not revisions.same(own, target):
        return True
    obj = item.resource.obj or {}
    body = revisions.inputs_of(obj)
    carried = {revisions.digest(image) for image in revisions.images(body)}
    made = {revisions.digest(p.stage.output.image) for p in producers if p.stage.output.image}
    return bool(carried and made - {""} and not made & carried)


def _passing_on(item: Activity, since: datetime | None, now: datetime) -> Activity:
    """Working while Cartographer has yet to pass the new inputs on; after NOTICE waiting for Cartographer."""
    late = since is not None and now - since > submission.NOTICE
    return item.with_status(
        state=State.WAITING if late else State.WORKING,
        reason="Propagating",
        message="the new inputs are being passed on",
        waits_for="cartographer-controller" if late else "",
        code=CauseCode.NOT_NOTICED if late else None,
        since=since,
        until=None,
        current=False,
    )


def fresh_since(producers: list[Activity]) -> datetime | None:
    """Since when the newest inputs exist: the end of a run, or the change that Cartographer recorded."""
    ends = [producer.stage.until for producer in producers]
    ends += [_changed(producer.resource) for producer in producers]
    known = [end for end in ends if end is not None]
    return max(known) if known else None


def _shows_no_inputs(item: Activity) -> bool:
    """Whether the object of a run has neither a revision nor an image of its inputs.

    A Runnable's inputs may have them and its run not; a run is stamped only when its own spec changes.
    """
    obj = item.run or item.resource.obj or {}
    body = revisions.inputs_of(obj)
    return not revisions.carried(body) and not revisions.images(body)


def _by_time(item: Activity, producers: list[Activity], now: datetime) -> Activity:
    """Compare the time of the last run with the last change of its inputs, where nothing else links them."""
    if any(_unrecorded(producer) for producer in producers):
        return _passing_on(item, None, now)
    changed = max(filter(None, (_changed(producer.resource) for producer in producers)), default=None)
    began = _began(item)
    source = producers[0]
    if changed is None or began is None or began >= changed:
        return replace(item, stage=replace(item.stage, revision=source.stage.revision))
    if now - changed < STALE_GRACE:
        return _passing_on(item, changed, now)
    return item.with_status(
        state=State.FAILED,
        reason="Stale",
        message=f"its last run was before {source.name} changed",
        code=CauseCode.STALE_PACKAGE,
        since=changed,
        until=None,
        current=False,
    )


def _unrecorded(producer: Activity) -> bool:
    """Whether the object has other images now than the output that Cartographer recorded."""
    recorded = revisions.images(list(producer.resource.outputs().values()))
    made = revisions.images((producer.resource.obj or {}).get("data") or {})
    return bool(recorded and made) and not set(recorded) & set(made)


def _changed(resource: Resource) -> datetime | None:
    times = [timestamp(resource.output_time(name)) for name in ("config", "image", "revision")]
    return max((time for time in times if time), default=None)


def _began(item: Activity) -> datetime | None:
    """When the run read its inputs: mounts do not change after the first container has started."""
    begun = [pods.started(pod) for pod in item.pods]
    if begun and begun[0]:
        return begun[0]
    return item.status.since or (created(item.run) if item.run else None)
