"""One environment of a delivery: what runs there, whether it is stale, and why it makes no progress."""

from __future__ import annotations

from datetime import datetime

from pkgops.model import (
    Blockage,
    CauseCode,
    Environment,
    Evidence,
    NextStep,
    ObjectRef,
    State,
    Unreadable,
    Verdict,
)
from pkgops.pipeline import carried, kinds, revisions, runs
from pkgops.pipeline.activity import Activity
from pkgops.pipeline.delivery import Delivery, delivery
from pkgops.pipeline.diagnosis import causes, facts, findings, ranking
from pkgops.pipeline.diagnosis.sentences import sentence
from pkgops.pipeline.object_store import Obj, ObjectStore
from pkgops.pipeline.serving import SERVE
from pkgops.pipeline.supplychain import Chain
from pkgops.pipeline.verdict import verdict
from pkgops.readiness import app as apps
from pkgops.readiness import imagepolicy
from pkgops.readiness.base import status, timestamp


def environment(
    store: ObjectStore, label: str, owner: Obj, chain: Chain | None, name: str, now: datetime
) -> tuple[Environment, list[Blockage | None]]:
    """Return the environment of a Deliverable, and its causes of no progress.

    Args:
        store: the objects that were read.
        label: the environment's name.
        owner: the Deliverable.
        chain: the Workload's supply chain, if there is a Workload.
        name: the Workload's name, for sentences and commands.
        now: the present time.
    """
    item = delivery(store, label, owner, now)
    context = causes.Context(store=store, now=now, name=name, chain=chain, delivered=item.activities)
    blocked: list[Blockage | None] = [causes.of_owner(context, owner, label)]
    if blocked[0] is None or blocked[0].state is not State.FAILED:
        blocked += [causes.of_activity(context, one) for one in item.activities]
        blocked += [_stale_environment(item, chain, name, now), _not_chosen(store, item, chain, name, now)]
        blocked.append(ranking.of_plan(store, owner, label, item.activities))
    return _environment(store, item, ObjectRef.of(owner), chain, blocked), blocked


def deployed(
    store: ObjectStore, item: Delivery, chain: Chain, name: str, now: datetime
) -> tuple[Environment, list[Blockage | None]]:
    """Return what a supply chain deploys without a Deliverable, and its causes of no progress."""
    context = causes.Context(store=store, now=now, name=name, chain=chain, delivered=item.activities)
    blocked = [causes.of_activity(context, one) for one in item.activities]
    return _environment(store, item, None, chain, blocked), blocked


def _environment(
    store: ObjectStore,
    item: Delivery,
    owner: ObjectRef | None,
    chain: Chain | None,
    blocked: list[Blockage | None],
) -> Environment:
    namespace = _workload_namespace(chain)
    place = owner or next((one.stage.object for one in item.activities if one.stage.object), None)
    return Environment(
        name=item.name,
        namespace=place.namespace if place else namespace,
        owner=owner,
        stages=carried.revised(store, item, chain, namespace),
        verdict=verdict([one.stage for one in item.activities], blocked),
        version=item.version,
        image=item.image,
        revision=revisions.origins(store, namespace).get(revisions.digest(item.image), ""),
        pinned=item.pinned,
        url=item.url,
        note=_note(item),
        stale=_is_stale(item, chain),
        package=item.fetched,
        ops=_ops_bundle(store, item),
        serves=item.holds is None,
        pending=item.pending,
        pin_known=bool(item.pinned) or not any(one.unknown and one.name != SERVE for one in item.activities),
    )


def unreadable(label: str, namespace: str, gap: Unreadable) -> tuple[Environment, list[Blockage | None]]:
    """Return an environment that is unknown because its Deliverable cannot be read."""
    env = Environment(name=label, namespace=namespace, verdict=Verdict.UNKNOWN, pin_known=False)
    return env, [ranking.of_gap(gap, label)]


def _workload_namespace(chain: Chain | None) -> str:
    refs = [item.resource.ref for item in chain.activities] if chain else []
    return next((ref.namespace for ref in refs if ref), "")


def _ops_bundle(store: ObjectStore, item: Delivery) -> str:
    installs = (one.resource.obj for one in item.activities)
    install = next((obj for obj in installs if obj and runs.is_kind(obj, kinds.PACKAGE_INSTALL)), None)
    app = runs.app_of(store, install) if install else None
    return apps.bundle(app) if app else ""


def _note(item: Delivery) -> str:
    for one in item.activities:
        if one.status.code is CauseCode.NO_NETWORKING_LAYER:
            return "no networking layer: reach it with a port-forward"
    if item.holds is None:
        return ""
    # A StatefulSet or a Job may be an application too; pkgops follows none.
    held = f", but {', '.join(item.holds)}" if item.holds else ""
    return f"holds neither a Service of Knative nor a Deployment{held}"


def _is_stale(item: Delivery, chain: Chain | None) -> bool:
    """Whether another image runs than the one built last (a pinned environment may be behind on purpose)."""
    if chain is None or not chain.image or not item.image or item.pinned:
        return False
    return revisions.digest(item.image) != revisions.digest(chain.image)


def _stale_environment(item: Delivery, chain: Chain | None, name: str, now: datetime) -> Blockage | None:
    """The cause where the newest package is installed, everything is done, but another image runs."""
    if chain is None or not _is_stale(item, chain) or not chain.package:
        return None
    everything = (*item.activities, *chain.activities)
    ends = [one.stage.until for one in everything if one.stage.until is not None]
    settled = all(one.done for one in everything) and now - max(ends, default=now) > findings.NOTICE
    if not settled or revisions.digest(item.fetched) != revisions.digest(chain.package):
        return None
    evidence = (
        Evidence("digest", None, f"built last: {chain.image}"),
        Evidence("digest", None, f"running: {item.image}"),
    )
    ref = item.activities[-1].stage.object
    return Blockage(
        code=CauseCode.STALE_DEPLOYMENT,
        cause=sentence(CauseCode.STALE_DEPLOYMENT, {"env": item.name}),
        object=ref,
        stage=item.activities[-1].name,
        scope=item.name,
        state=State.FAILED,
        evidence=evidence,
        step=NextStep(workload=name),
    )


def _not_chosen(
    store: ObjectStore, item: Delivery, chain: Chain | None, name: str, now: datetime
) -> Blockage | None:
    """The cause where a pushed package is not installed: not scanned, or the policy selects another tag."""
    if (
        chain is None
        or not chain.package
        or chain.pushed is None
        or item.pinned
        or now - chain.pushed < findings.NOTICE
    ):
        return None
    if not item.fetched or revisions.digest(item.fetched) == revisions.digest(chain.package):
        return None
    found = {str((one.resource.obj or {}).get("kind")): one for one in item.activities}
    scan, policy = found.get("ImageRepository"), found.get("ImagePolicy")
    if scan is None or scan.resource.obj is None or scan.stage.state is not State.DONE:
        return None
    last = timestamp((status(scan.resource.obj).get("lastScanResult") or {}).get("scanTime"))
    if last is None or last < chain.pushed:
        return _unscanned(scan, chain, item.name, now)
    if now - last < findings.NOTICE:
        return None
    return _other_tag(store, policy, item.name, name) if policy is not None else None


def _unscanned(scan: Activity, chain: Chain, scope: str, now: datetime) -> Blockage:
    pushed = facts.age(now - chain.pushed) if chain.pushed else "some time"
    cause = f"a package was pushed {pushed} ago, but {scan.stage.object} has not scanned the registry since"
    evidence = (Evidence("digest", None, f"pushed last: {chain.package}"),)
    return Blockage(
        code=CauseCode.NOT_NOTICED,
        cause=cause,
        object=scan.stage.object,
        stage=scan.name,
        scope=scope,
        state=State.WAITING,
        evidence=evidence,
        step=NextStep(reconcile=facts.reconcilable(scan)),
    )


def _other_tag(store: ObjectStore, policy: Activity, scope: str, name: str) -> Blockage | None:
    if policy.resource.obj is None:
        return None
    tags = facts.tags(store, policy.resource.obj)
    code = CauseCode.VERSION_EMPTY if "v" in tags else CauseCode.NO_TAG_IN_RANGE
    rule = imagepolicy.rule(policy.resource.obj)
    namespace = policy.stage.object.namespace if policy.stage.object else ""
    extra = f"{rule} selects {policy.stage.output.tag}; tags: {', '.join(tags)}"
    fields = {"o": str(policy.stage.object), "extra": extra}
    return Blockage(
        code=code,
        cause=sentence(code, fields),
        object=policy.stage.object,
        stage=policy.name,
        scope=scope,
        state=State.FAILED,
        step=NextStep(workload=name, namespace=namespace),
    )
