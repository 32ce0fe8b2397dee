"""Which cause a stage has: rules for the causes in its status, and for a stage whose status has none."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from pkgops.model import CauseCode, State
from pkgops.pipeline import kinds, runs
from pkgops.pipeline.activity import Activity
from pkgops.pipeline.diagnosis import facts
from pkgops.pipeline.object_store import ObjectStore
from pkgops.pipeline.supplychain import Chain
from pkgops.readiness.base import created, first_line
from pkgops.values import Value

SILENT = timedelta(seconds=30)
"""A controller that has not observed a new object after so long is not running; measured: under 1 s."""
NOTICE = timedelta(seconds=20)
STUCK = timedelta(minutes=10)
"""No stage of a healthy run is in one state for so long; measured: 30 s."""


class Context(Value, kw_only=True):
    """The input of the rules; ``delivered`` are the activities of the delivery, in its order."""

    store: ObjectStore
    now: datetime
    name: str
    chain: Chain | None
    delivered: tuple[Activity, ...] = ()


Finding = tuple[CauseCode, State, str]
"""A cause, the state that the stage has because of it, and the detail for its sentence."""


def of_status(context: Context, item: Activity) -> Finding | None:
    """Return the cause in a stage's status, or the one that its pods, age and earlier stages show."""
    code = item.status.code
    if code is not None:
        rule = _RULES.get(code)
        if rule is not None:
            return rule(context, item)
        if item.stage.state is State.DONE:
            return None
        return _own_code(item, code), item.stage.state, facts.detail(context.store, item, code)
    return _unnoted(context, item)


def _own_code(item: Activity, code: CauseCode) -> CauseCode:
    is_test = item.stage.title == "Test source" and code is CauseCode.TASK_FAILED
    return CauseCode.TEST_FAILED if is_test else code


def _unnoted(context: Context, item: Activity) -> Finding | None:
    """The cause of a stage whose status has none: a pod that cannot start, an unready one, no reconcile."""
    if item.stage.state is State.DONE:
        return None
    kept = facts.start_failure(context.store, item, context.now - NOTICE)
    if kept and not _produced_upstream(context, item, kept.config):
        return kept.code, State.WAITING, kept.text
    unready = facts.unready(context.store, item, context.now - SILENT)
    if unready and item.stage.state is State.WORKING:
        return CauseCode.NOT_ANSWERING, State.WAITING, unready
    since = item.stage.since
    if item.stage.state is State.FAILED:
        return CauseCode.FAILED, State.FAILED, ""
    if since is None or item.resource.obj is None:
        return None
    if item.stage.reason == "NotObserved" and context.now - since > SILENT:
        return CauseCode.CONTROLLER_SILENT, State.WAITING, item.stage.waits_for
    if item.stage.state is State.WORKING and context.now - since > STUCK and not kept:
        return CauseCode.WAITING, State.WAITING, ""
    return None


def _produced_upstream(context: Context, item: Activity, config: str) -> bool:
    """Whether the missing ConfigMap will be created by a stage before this one."""
    if context.chain is None or not config:
        return False
    for other in context.chain.activities:
        if other.name == item.name:
            return False
        ref = other.resource.ref
        named = ref is not None and (ref.kind, ref.name) == (kinds.CONFIG_MAP.kind, config)
        planned = ref is None and other.resource.template_kind == "ClusterConfigTemplate"
        if (named and other.resource.obj is None) or planned:
            return True
    return False


def _no_image(context: Context, item: Activity) -> Finding | None:
    """NAME_UNKNOWN: waiting until a push was expected, then a failure."""
    if not runs.is_kind(item.source_object, kinds.IMAGE_REPOSITORY):
        return CauseCode.REGISTRY_NOT_FOUND, item.stage.state, first_line(item.stage.message)
    watched = facts.watched_repository(item)
    package = context.chain.package if context.chain else ""
    if not package:
        since = item.stage.since
        alone = context.chain is None and since is not None and context.now - since > STUCK
        return (
            (CauseCode.REGISTRY_NOT_FOUND, State.WAITING, f"nothing was pushed to {watched}")
            if alone
            else None
        )
    pushed = package.partition("@")[0]
    if pushed != watched:
        return (
            CauseCode.REGISTRY_NOT_FOUND,
            State.FAILED,
            f"it watches {watched}, the package went to {pushed}",
        )
    return _not_scanned(context, item)


def _not_scanned(context: Context, item: Activity) -> Finding | None:
    pushed = context.chain.pushed if context.chain else None
    if pushed is None or context.now - pushed < NOTICE:
        return None
    age = facts.age(context.now - pushed)
    text = f"a package was pushed {age} ago, but {item.stage.object} has not scanned the registry since"
    return CauseCode.NOT_NOTICED, State.WAITING, text


def _no_package(context: Context, item: Activity) -> Finding | None:
    """``Package ... not found``: waiting until its PackageRepository was fetched, then a failure."""
    for other in context.delivered:
        if other.name == item.name:
            break
        if other.stage.state is not State.DONE:
            return None
    since = facts.repository_read(context.delivered) or created(item.resource.obj or {})
    if since is None or context.now - since < NOTICE:
        return None
    return (
        CauseCode.PACKAGE_NOT_FOUND,
        State.FAILED,
        facts.detail(context.store, item, CauseCode.PACKAGE_NOT_FOUND),
    )


def _not_noticed(context: Context, item: Activity) -> Finding | None:
    done = item.stage.state is State.DONE
    since = _done_since(item) if done else item.status.since
    if since is None or context.now - since < NOTICE:
        return None
    age = facts.age(context.now - since)
    what = f"{item.stage.object} is done" if done else f"all inputs of stage {item.name} exist"
    return (
        CauseCode.NOT_NOTICED,
        State.WAITING,
        f"{what} for {age}, but cartographer-controller has not reconciled since",
    )


def _done_since(item: Activity) -> datetime | None:
    """When its work ended; else since when Cartographer reports that it could not read the output."""
    return item.status.until or (item.status.condition.since if item.status.condition else None)


def _no_network(_context: Context, _item: Activity) -> Finding | None:
    """None: without an ingress the application is reached by port-forward, which the environment notes."""
    return None


def _slow(context: Context, item: Activity) -> Finding | None:
    since = item.status.since
    if since is None or context.now - since < SILENT:
        return None
    code = item.status.code or CauseCode.WAITING
    return code, State.WAITING, first_line(item.stage.message)


def _suspended(_context: Context, _item: Activity) -> Finding | None:
    return CauseCode.SUSPENDED, State.WAITING, ""


_RULES: dict[CauseCode, Callable[[Context, Activity], Finding | None]] = {
    CauseCode.REGISTRY_NOT_FOUND: _no_image,
    CauseCode.PACKAGE_NOT_FOUND: _no_package,
    CauseCode.NOT_NOTICED: _not_noticed,
    CauseCode.NO_NETWORKING_LAYER: _no_network,
    CauseCode.SOURCE_NOT_RESOLVED: _slow,
    CauseCode.SUSPENDED: _suspended,
}
