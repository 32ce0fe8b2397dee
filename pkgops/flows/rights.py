"""The permissions to watch, deliver, approve and promote, from the kinds that these read and write."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from enum import StrEnum

from pkgops.flows.doctor_access import stamped_by
from pkgops.flows.run.request_reconcile import IMAGE_API, SOURCE_API
from pkgops.kube import Obj
from pkgops.pipeline import Scope, kinds
from pkgops.pipeline.lint import stamped
from pkgops.pipeline.required_watches import reachable_kinds
from pkgops.pipeline.scope import roots
from pkgops.settings import EnvironmentSetting, Settings, TaskCheck
from pkgops.values import Value, replace

READ = ("get", "list", "watch")
FOLLOW = ("list", "watch")
APPLY = ("create", "patch")
READ_RECORDS = ("list",)
DECIDE = ("list", "create")
KEEP_RECORDS = (*READ_RECORDS, "create", "patch", "delete")


class Purpose(StrEnum):
    """The purposes that permissions are granted for."""

    WATCH = "watch"
    DELIVER = "deliver"
    PROMOTE = "promote"
    APPROVE = "approve"


COMMANDS = {
    Purpose.WATCH: "status, why, trace, wait, logs, history, timeline, report",
    Purpose.DELIVER: "up, rerun, deliver --to {first}, rollback and verify --env {first}, and watching both "
    "namespaces; open",
    Purpose.APPROVE: "approve, reject and unreject, in every environment",
    Purpose.PROMOTE: "promote --to {others}, gates and diff, rollback and verify there, and watching the "
    "environments; open",
}
"""What a user may do for each purpose."""

LOST = {
    kinds.SUPPLY_CHAIN.kind: "stages that are not stamped yet are not shown, nor which supply chain selects",
    kinds.DELIVERY.kind: "stages that are not stamped yet are not shown, nor which delivery selects",
    kinds.CLUSTER_BUILDER.kind: "why a builder is not ready is not shown",
}
"""What is missing without the permission to read a cluster-scoped kind."""


BESIDE = frozenset(
    (kind.group, kind.kind)
    for kind in (
        kinds.SUPPLY_CHAIN,
        kinds.DELIVERY,
        kinds.CLUSTER_BUILDER,
        kinds.EVENT,
        kinds.PACKAGE,
        kinds.CONFIGURATION,
        kinds.ROUTE,
    )
)
"""Kinds that are not read again before a verdict, because no stage has their state."""


class Grant(Value, kw_only=True):
    """Verbs on one kind, or a subresource of it, in a namespace (empty: cluster-scoped)."""

    api_version: str
    kind: str
    namespace: str
    verbs: tuple[str, ...]
    subresource: str = ""

    @property
    def group(self) -> str:
        """The API group; empty for core kinds."""
        return self.api_version.rpartition("/")[0]


def used(purpose: Purpose, settings: Settings, objects: Sequence[Obj]) -> list[Grant]:
    """Return the permissions of the commands of a purpose on the objects of some templates, sorted, each
    once.

    Args:
        purpose: what the permissions are for.
        settings: the namespaces.
        objects: the rendered templates, with Workload and Deliverable.
    """
    first, *others = settings.environments
    home = settings.workload_namespace
    if purpose is Purpose.WATCH:
        grants = _reading(objects, home, settings.environments)
        grants += [_records(one, READ_RECORDS) for one in settings.environments]
    elif purpose is Purpose.DELIVER:
        grants = _reading(objects, home, [first])
        grants += _applying(kinds.WORKLOAD, home, kinds.GIT_REPOSITORY)
        grants += _restarting(objects, home)
        grants += [*_applying(kinds.DELIVERABLE, first.namespace, kinds.IMAGE_REPOSITORY), _reach(first)]
        grants += [*_keeping_records(first), *_running_tasks(first), *_compared(others)]
    elif purpose is Purpose.APPROVE:
        grants = [_records(one, DECIDE) for one in settings.environments]
    else:
        grants = _reading(objects, "", settings.environments)
        grants += [_reach(first), _records(first, READ_RECORDS)]
        for one in others:
            grants += [*_applying(kinds.DELIVERABLE, one.namespace, kinds.IMAGE_REPOSITORY), _reach(one)]
            grants += [*_keeping_records(one), *_running_tasks(one)]
    return _merged(grants)


def _reading(objects: Sequence[Obj], home: str, environments: Iterable[EnvironmentSetting]) -> list[Grant]:
    """The permissions to follow a run in any state: see ``pkgops.pipeline.required_watches``."""
    spaces = tuple((one.name, one.namespace) for one in environments)
    grants = []
    for watch in roots(Scope(home, "", spaces)):
        scoped = watch.kind in kinds.CLUSTER_SCOPED
        if scoped and watch.kind == kinds.SUPPLY_CHAIN.kind and not home:
            continue
        if scoped or watch.namespace:
            grants.append(_followed(watch.api_version, watch.kind, watch.namespace))
    if home:
        grants += _reachable(objects, kinds.WORKLOAD, home)
    for _, namespace in spaces:
        grants += _reachable(objects, kinds.DELIVERABLE, namespace)
    return grants


def _reachable(objects: Sequence[Obj], owner: kinds.Kind, namespace: str) -> Iterator[Grant]:
    made = _stamped_for(objects, owner)
    made |= _run_by(objects, made)
    for api_version, kind in reachable_kinds(made):
        place = "" if kind in kinds.CLUSTER_SCOPED else namespace
        yield _followed(api_version, kind, place)
        if kind == kinds.POD.kind:
            yield Grant(
                api_version=api_version, kind=kind, namespace=place, verbs=("get",), subresource="log"
            )


def _followed(api_version: str, kind: str, namespace: str) -> Grant:
    beside = (api_version.rpartition("/")[0], kind) in BESIDE
    return Grant(api_version=api_version, kind=kind, namespace=namespace, verbs=FOLLOW if beside else READ)


def _stamped_for(objects: Sequence[Obj], owner: kinds.Kind) -> set[tuple[str, str]]:
    return {pair for obj in objects if obj.get("kind") == owner.kind for pair in stamped_by(objects, obj)}


def _run_by(objects: Sequence[Obj], made: set[tuple[str, str]]) -> set[tuple[str, str]]:
    """ApiVersions and kinds of what Runnables stamp, where some of the stamped kinds are Runnables."""
    if (kinds.RUNNABLE.api_version, kinds.RUNNABLE.kind) not in made:
        return set()
    runs = [stamped(obj) for obj in objects if obj.get("kind") == "ClusterRunTemplate"]
    return {(str(run["apiVersion"]), str(run["kind"])) for run in runs if run.get("apiVersion")}


def _restarting(objects: Sequence[Obj], home: str) -> Iterator[Grant]:
    """Restarting a failed run: creating another TaskRun or PipelineRun, or annotating the kpack Build."""
    made = _stamped_for(objects, kinds.WORKLOAD)
    for api_version, kind in sorted(_run_by(objects, made)):
        yield Grant(api_version=api_version, kind=kind, namespace=home, verbs=("create",))
    if (kinds.IMAGE.api_version, kinds.IMAGE.kind) in made:
        yield Grant(
            api_version=kinds.BUILD.api_version, kind=kinds.BUILD.kind, namespace=home, verbs=("patch",)
        )


def _applying(owner: kinds.Kind, namespace: str, asked: kinds.Kind) -> list[Grant]:
    """Submitting an owner, and requesting a reconciliation of an object of it by Flux."""
    patched = IMAGE_API if asked is kinds.IMAGE_REPOSITORY else SOURCE_API
    return [
        Grant(api_version=owner.api_version, kind=owner.kind, namespace=namespace, verbs=APPLY),
        Grant(api_version=patched, kind=asked.kind, namespace=namespace, verbs=("patch",)),
    ]


def _compared(others: Iterable[EnvironmentSetting]) -> Iterator[Grant]:
    """What is read before submitting: blueprints that would change, environments that bypass their gates."""
    for blueprint in (kinds.SUPPLY_CHAIN, kinds.DELIVERY):
        yield Grant(api_version=blueprint.api_version, kind=blueprint.kind, namespace="", verbs=("get",))
    for one in others:
        if one.gates:
            owner = kinds.DELIVERABLE
            yield Grant(
                api_version=owner.api_version, kind=owner.kind, namespace=one.namespace, verbs=("get",)
            )


def _reach(environment: EnvironmentSetting) -> Grant:
    """Port-forward to the application; newer servers require create for a WebSocket too."""
    pod = kinds.POD
    return Grant(
        api_version=pod.api_version,
        kind=pod.kind,
        namespace=environment.namespace,
        verbs=("create", "get"),
        subresource="portforward",
    )


def _records(environment: EnvironmentSetting, verbs: tuple[str, ...]) -> Grant:
    """The records of releases."""
    return Grant(api_version="v1", kind="ConfigMap", namespace=environment.namespace, verbs=verbs)


def _keeping_records(environment: EnvironmentSetting) -> list[Grant]:
    """The records, and the Lease that prevents two changes at once."""
    lease = Grant(
        api_version="coordination.k8s.io/v1",
        kind="Lease",
        namespace=environment.namespace,
        verbs=("get", "create", "update"),
    )
    return [_records(environment, KEEP_RECORDS), lease]


def _running_tasks(environment: EnvironmentSetting) -> Iterator[Grant]:
    """Checks of a verification by Tasks, where the environment has some."""
    if any(isinstance(check, TaskCheck) for check in environment.checks):
        run, place = kinds.TASK_RUN, environment.namespace
        yield Grant(api_version=run.api_version, kind="Task", namespace=place, verbs=("get",))
        yield Grant(
            api_version=run.api_version,
            kind=run.kind,
            namespace=place,
            verbs=("get", "list", "create", "patch", "delete"),
        )


def _merged(grants: Iterable[Grant]) -> list[Grant]:
    merged: dict[tuple[str, str, str, str], Grant] = {}
    for one in grants:
        key = one.namespace, one.group, one.kind, one.subresource
        known = merged.get(key, one)
        merged[key] = replace(known, verbs=tuple(dict.fromkeys((*known.verbs, *one.verbs))))
    return [merged[key] for key in sorted(merged)]
