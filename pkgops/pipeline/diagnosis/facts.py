"""Facts for the sentences of causes, read from objects and events; without conclusions."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

from pkgops.model import CauseCode, ObjectRef
from pkgops.pipeline import kinds, runs
from pkgops.pipeline.activity import Activity
from pkgops.pipeline.object_store import Obj, ObjectStore
from pkgops.readiness import imagepolicy, package, packageinstall
from pkgops.readiness import pod as pods
from pkgops.readiness.base import created, first_line, meta, spec, status
from pkgops.values import Value

_CONFIG_MAP = re.compile(r'configmap "(?P<name>[^"]+)" not found')
_ACCOUNT = re.compile(r'serviceaccounts? "(?P<name>[^"]+)"', re.IGNORECASE)
_REFERENCES = ("commit", "name", "semver", "tag", "branch")
"""Fields of a GitRepository's spec.ref; of several Flux uses the first of these."""
START_FAILURES = {
    "FailedMount": CauseCode.MOUNT_WAITING,
    "FailedMapVolume": CauseCode.MOUNT_WAITING,
    "FailedAttachVolume": CauseCode.MOUNT_WAITING,
    "FailedCreatePodSandBox": CauseCode.SANDBOX_FAILED,
    "NetworkNotReady": CauseCode.SANDBOX_FAILED,
}
"""Reasons of events about a pod that cannot be started; its own status has no such reason."""
_PAST_ITS_START = ("Pulling", "Pulled", "Created", "Started")
_SYNC = re.compile(r"^\d+[smh]$")


def age(delta: timedelta) -> str:
    """A duration in its largest unit: ``42s``, ``3m``, ``2h``, ``5d``."""
    seconds = max(int(delta.total_seconds()), 0)
    for size, unit in ((86400, "d"), (3600, "h"), (60, "m")):
        if seconds >= size:
            return f"{seconds // size}{unit}"
    return f"{seconds}s"


def detail(store: ObjectStore, item: Activity, code: CauseCode) -> str:
    """The detail that the sentence of a cause contains."""
    obj = item.source_object or item.resource.obj or {}
    if code is CauseCode.SERVICE_ACCOUNT_MISSING:
        named = missing_account(item.status.message)
        return named or str(spec(obj).get("serviceAccountName") or "")
    if code is CauseCode.GIT_BRANCH_MISSING:
        return git_ref(item)
    if code is CauseCode.BUILDER_NOT_READY:
        return str((spec(item.resource.obj or {}).get("builder") or {}).get("name") or "")
    if code is CauseCode.NO_TAG_IN_RANGE:
        return f"{imagepolicy.rule(obj)}; tags: {', '.join(tags(store, obj)) or 'none'}"
    if code in (CauseCode.PACKAGE_NOT_FOUND, CauseCode.VERSION_NOT_FOUND):
        return versions(store, item.resource.obj or {}, code)
    if code is CauseCode.GENERATION_FIGHT:
        return fight_reason(item.resource.obj or {})
    if code is CauseCode.VOLUME_UNBOUND:
        return unbound(store, item)
    return ""


def claims(item: Activity) -> list[ObjectRef]:
    """The PersistentVolumeClaims that the newest pod of a stage mounts."""
    return [
        ObjectRef("v1", "PersistentVolumeClaim", str(meta(pod).get("namespace") or ""), name)
        for pod in item.pods[:1]
        for name in pods.claims(pod)
    ]


def unbound(store: ObjectStore, item: Activity) -> str:
    """Why a claim of a stage's pod has no volume: its last event, else the scheduler's message."""
    for claim in claims(item):
        for event in store.events(claim):
            if event.get("type") == "Warning":
                return f"{claim} has none: {first_line(str(event.get('message') or ''))}"
    return first_line(item.stage.message)


def is_run_state(item: Activity) -> bool:
    """Whether a stage's state is that of its run, and ``rerun`` can start that run again."""
    startable = any(runs.is_kind(item.resource.obj, kind) for kind in (kinds.RUNNABLE, kinds.IMAGE))
    by_task = runs.is_kind(item.run, kinds.PIPELINE_RUN) and runs.is_kind(item.source_object, kinds.TASK_RUN)
    return startable and item.run is not None and (item.source_object is item.run or by_task)


def missing_account(message: str) -> str:
    """The service account that a message names; empty where it names none."""
    match = _ACCOUNT.search(message)
    return match.group("name") if match else ""


def fight_reason(obj: Obj) -> str:
    """Which value is probably rewritten: a duration that its controller normalises."""
    period = str(spec(obj).get("syncPeriod") or "")
    short = period if _SYNC.match(period) else re.sub(r"(?<=[hm])0[ms]", "", period)
    if period:
        return f"the template writes syncPeriod {short or period}, its controller writes it in full"
    return "compare the template with what the controller writes"


def versions(store: ObjectStore, install: Obj, code: CauseCode) -> str:
    """The package's name, its constraint, and the versions that exist in its namespace."""
    name = packageinstall.package(install)
    if code is CauseCode.PACKAGE_NOT_FOUND:
        return name
    namespace = str(meta(install).get("namespace") or "")
    known = [
        package.version(obj)
        for obj in store.all(kinds.PACKAGE.group, kinds.PACKAGE.kind, namespace)
        if package.name(obj) == name
    ]
    return f"{name} satisfies {packageinstall.constraints(install)}: there is {', '.join(known) or 'none'}"


def tags(store: ObjectStore, policy: Obj) -> list[str]:
    """The tags of the last scan of the policy's ImageRepository (the first ten)."""
    ref = spec(policy).get("imageRepositoryRef") or {}
    namespace = str(ref.get("namespace") or meta(policy).get("namespace") or "")
    found = store.get(
        kinds.IMAGE_REPOSITORY.group, kinds.IMAGE_REPOSITORY.kind, namespace, str(ref.get("name"))
    )
    scan = status(found).get("lastScanResult") or {} if found else {}
    return [str(tag) for tag in scan.get("latestTags") or () if not str(tag).startswith("sha256-")]


def git_url(item: Activity) -> str:
    """The Git address of a source stage."""
    return str(spec(item.resource.obj or {}).get("url") or "")


def git_ref(item: Activity) -> str:
    """The requested branch, tag or commit, for messages: of several the one that Flux uses."""
    ref = spec(item.resource.obj or {}).get("ref") or {"branch": "master"}
    kind = next((one for one in _REFERENCES if ref.get(one)), "branch")
    return f"{kind} {ref.get(kind) or ''}"


def watched_repository(item: Activity) -> str:
    """The image repository that an ImageRepository scans."""
    return str(spec(item.resource.obj or {}).get("image") or "")


def repository_read(items: tuple[Activity, ...]) -> datetime | None:
    """When the PackageRepository was fetched last."""
    for item in items:
        if runs.is_kind(item.resource.obj, kinds.PACKAGE_REPOSITORY):
            return item.status.until or item.status.since
    return None


def reconcilable(item: Activity) -> ObjectRef | None:
    """The Flux object whose reconciliation can be requested; None where another controller is awaited."""
    ref = item.resource.ref
    awaited = item.status.code is not CauseCode.NOT_NOTICED
    return ref if awaited and ref is not None and ref.group.endswith("toolkit.fluxcd.io") else None


def not_started(item: Activity) -> list[Obj]:
    """The pods of which no container has started, the oldest first."""
    waiting = [
        pod for pod in item.pods if status(pod).get("phase") == "Pending" and pods.started(pod) is None
    ]
    return sorted(waiting, key=_made)


def not_ready(item: Activity) -> list[Obj]:
    """The running pods that are not deleted and not ready, the oldest first."""
    running = [pod for pod in item.pods if status(pod).get("phase") == "Running"]
    left = [pod for pod in running if not pods.ready(pod) and not meta(pod).get("deletionTimestamp")]
    return sorted(left, key=_made)


def _made(obj: Obj) -> str:
    return str(meta(obj).get("creationTimestamp") or "")


class StartFailure(Value):
    """Why a node cannot start a pod, as text, and the ConfigMap that is missing, if that is why."""

    code: CauseCode
    text: str
    config: str = ""


def start_failure(store: ObjectStore, item: Activity, made_before: datetime) -> StartFailure | None:
    """The node's last event about a pod that cannot be started; None once its images are being pulled.

    Kubelet retries a mount until its cache has the objects that a new pod refers to.
    """
    for pod in not_started(item):
        created_at = created(pod)
        if created_at is not None and created_at > made_before:
            continue
        for event in store.events(ObjectRef.of(pod)):
            if event.get("reason") in _PAST_ITS_START:
                break
            code = START_FAILURES.get(str(event.get("reason")))
            if code is not None:
                return _start_failure(store, pod, code, str(event.get("message") or ""))
    return None


def unready(store: ObjectStore, item: Activity, started_before: datetime) -> str:
    """Kubelet's last event about a pod that has run for long and is not ready; empty where there is none."""
    for pod in not_ready(item):
        begun = pods.started(pod)
        if begun is None or begun > started_before:
            continue
        for event in store.events(ObjectRef.of(pod)):
            message = first_line(str(event.get("message") or ""))
            if event.get("reason") == "Unhealthy" and not message.startswith("Liveness"):
                refused = message.endswith("connection refused")
                return message + (
                    "; the application must listen on 0.0.0.0, on the port in PORT (workload.containerPort)"
                    if refused
                    else ""
                )
    return ""


def _start_failure(store: ObjectStore, pod: Obj, code: CauseCode, message: str) -> StartFailure:
    match = _CONFIG_MAP.search(message)
    if not match:
        return StartFailure(code, first_line(message))
    name = match.group("name").rpartition("/")[2]
    namespace = str(meta(pod).get("namespace") or "")
    if store.get("", "ConfigMap", namespace, name):
        text = f"configmap/{name} is there now, kubelet tries again within two minutes"
    else:
        text = f"configmap/{name} does not exist"
    return StartFailure(code, text, name)
