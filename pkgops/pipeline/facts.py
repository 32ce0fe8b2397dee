"""Facts behind causes: what objects and events say, in words; nothing is concluded here."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

from pkgops.model import Code, Condition, Evidence, ObjectRef, State
from pkgops.pipeline import kinds, runs
from pkgops.pipeline.activity import Activity
from pkgops.pipeline.supplychain import Chain
from pkgops.pipeline.world import Obj, World
from pkgops.readiness import imagepolicy, package, packageinstall
from pkgops.readiness import owner as owners
from pkgops.readiness import pod as pods
from pkgops.readiness.base import created, first_line, meta, spec, status, timestamp

_CONFIG_MAP = re.compile(r'configmap "(?P<name>[^"]+)" not found')
_ACCOUNT = re.compile(r'serviceaccounts? "(?P<name>[^"]+)"', re.IGNORECASE)
_SYNC = re.compile(r"^\d+[smh]$")


def age(delta: timedelta) -> str:
    """A duration as people say it: ``42s``, ``3m``, ``2h``, ``5d``."""
    seconds = max(int(delta.total_seconds()), 0)
    for size, unit in ((86400, "d"), (3600, "h"), (60, "m")):
        if seconds >= size:
            return f"{seconds // size}{unit}"
    return f"{seconds}s"


def detail(world: World, item: Activity, code: Code) -> str:
    """The detail that a cause's sentence asks for."""
    obj = item.told_by or item.resource.obj or {}
    if code is Code.SERVICE_ACCOUNT_MISSING:
        found = _ACCOUNT.search(item.stage.message or item.reading.message)
        return found.group("name") if found else str(spec(obj).get("serviceAccountName") or "")
    if code is Code.GIT_BRANCH_MISSING:
        return git_ref(item)
    if code is Code.BUILDER_NOT_READY:
        return str((spec(item.resource.obj or {}).get("builder") or {}).get("name") or "")
    if code is Code.NO_TAG_IN_RANGE:
        return f"{imagepolicy.rule(obj)}; tags: {', '.join(tags(world, obj)) or 'none'}"
    if code in (Code.PACKAGE_NOT_FOUND, Code.VERSION_NOT_FOUND):
        return versions(world, item.resource.obj or {}, code)
    if code is Code.GENERATION_FIGHT:
        return fight_reason(item.resource.obj or {})
    return ""


def fight_reason(obj: Obj) -> str:
    """Which value is probably written in two forms: a duration that its controller normalises."""
    period = str(spec(obj).get("syncPeriod") or "")
    short = period if _SYNC.match(period) else re.sub(r"(?<=[hm])0[ms]", "", period)
    if period:
        return f"the template writes syncPeriod {short or period}, its controller writes it in full"
    return "compare the template with what the controller makes of it"


def versions(world: World, install: Obj, code: Code) -> str:
    """The package's name, its constraint, and the versions that exist in its namespace."""
    name = packageinstall.package(install)
    if code is Code.PACKAGE_NOT_FOUND:
        return name
    namespace = str(meta(install).get("namespace") or "")
    known = [
        package.version(obj)
        for obj in world.all(kinds.PACKAGE.group, kinds.PACKAGE.kind, namespace)
        if package.name(obj) == name
    ]
    return f"{name} satisfies {packageinstall.constraints(install)}: there is {', '.join(known) or 'none'}"


def tags(world: World, policy: Obj) -> list[str]:
    """The tags that the policy's ImageRepository saw last (the first ten)."""
    ref = spec(policy).get("imageRepositoryRef") or {}
    namespace = str(ref.get("namespace") or meta(policy).get("namespace") or "")
    found = world.get(
        kinds.IMAGE_REPOSITORY.group, kinds.IMAGE_REPOSITORY.kind, namespace, str(ref.get("name"))
    )
    scan = status(found).get("lastScanResult") or {} if found else {}
    return [str(tag) for tag in scan.get("latestTags") or () if not str(tag).startswith("sha256-")]


def git_url(item: Activity) -> str:
    """The Git address of a source stage."""
    return str(spec(item.resource.obj or {}).get("url") or "")


def git_ref(item: Activity) -> str:
    """The wanted branch, tag or commit in words."""
    ref = spec(item.resource.obj or {}).get("ref") or {"branch": "master"}
    kind, name = next(iter(ref.items()), ("branch", ""))
    return f"{kind} {name}"


def watched_repository(item: Activity) -> str:
    """The image repository that an ImageRepository scans."""
    return str(spec(item.resource.obj or {}).get("image") or "")


def repository_read(items: tuple[Activity, ...]) -> datetime | None:
    """When the PackageRepository was fetched last."""
    for item in items:
        if runs.is_kind(item.resource.obj, kinds.PACKAGE_REPOSITORY):
            return item.reading.until or item.reading.since
    return None


def nudge(item: Activity) -> str:
    """The command that makes a Flux controller look now; else the one that checks controllers."""
    ref = item.resource.ref
    if (
        item.reading.code is not Code.NOT_NOTICED
        and ref is not None
        and ref.group.endswith("toolkit.fluxcd.io")
    ):
        mark = "reconcile.fluxcd.io/requestedAt=$(date +%s)"
        return f"kubectl annotate --overwrite {ref} -n {ref.namespace} {mark}"
    return "pkgops doctor"


def failed_mount(world: World, item: Activity) -> tuple[str, str] | None:
    """Kubelet's last word on a volume of a pod that has not started, and the ConfigMap it misses."""
    for pod in item.pods[:1]:
        if pods.started(pod) is not None or status(pod).get("phase") != "Pending":
            return None
        for event in world.events(ObjectRef.of(pod)):
            if event.get("reason") == "FailedMount":
                return _mount(world, pod, str(event.get("message") or ""))
    return None


def _mount(world: World, pod: Obj, message: str) -> tuple[str, str]:
    found = _CONFIG_MAP.search(message)
    if not found:
        return first_line(message), ""
    name = found.group("name").rpartition("/")[2]
    namespace = str(meta(pod).get("namespace") or "")
    if world.get("", "ConfigMap", namespace, name):
        return f"configmap/{name} is there now, kubelet tries again within two minutes", name
    return f"configmap/{name} does not exist", name


def evidence(world: World, item: Activity, chain: Chain | None) -> tuple[Evidence, ...]:
    """The condition, the exit code, the latest warning and the digests behind a stage's state."""
    found: list[Evidence] = []
    told = ObjectRef.of(item.told_by) if item.told_by else item.stage.object
    if item.reading.condition is not None:
        found.append(Evidence("condition", told, str(_short(item.reading.condition))))
    found += _exit_codes(item) + _warnings(world, item, told)
    if item.reading.code is Code.STALE_PACKAGE and chain is not None:
        found += _stale(item, chain)
    if item.reading.code is Code.GENERATION_FIGHT:
        generation = meta(item.resource.obj or {}).get("generation")
        found.append(Evidence("field", item.stage.object, f"metadata.generation is {generation}"))
    return tuple(found)


def _short(condition: Condition) -> Condition:
    return Condition(condition.type, condition.status, condition.reason, first_line(condition.message))


def _exit_codes(item: Activity) -> list[Evidence]:
    for pod in item.pods[:1]:
        failed = pods.failed_container(pod)
        if failed:
            ended = failed["terminated"]
            text = f"container {failed['name']} ended with {ended.get('exitCode')} {ended.get('reason', '')}"
            return [Evidence("exit-code", ObjectRef.of(pod), text.strip())]
    return []


def _warnings(world: World, item: Activity, told: ObjectRef | None) -> list[Evidence]:
    refs = [told] if told else []
    refs += [ObjectRef.of(pod) for pod in item.pods[:1]]
    for ref in dict.fromkeys(refs):
        for event in world.events(ref):
            if event.get("type") == "Warning":
                text = f"{event.get('reason')}: {first_line(str(event.get('message') or ''))}"
                count = int(event.get("count") or 1)
                return [Evidence("event", ref, text + (f" ({count} times)" if count > 1 else ""))]
    return []


def _stale(item: Activity, chain: Chain) -> list[Evidence]:
    obj = item.resource.obj or {}
    began = pods.started(item.pods[0]) if item.pods else None
    found: list[Evidence] = []
    if chain.image:
        found.append(Evidence("digest", item.stage.object, f"image built last: {chain.image}"))
    if item.reading.since:
        found.append(
            Evidence("field", item.stage.object, f"its configuration changed at {_clock(item.reading.since)}")
        )
    run = item.run or {}
    when = began or created(run)
    if when:
        found.append(Evidence("field", ObjectRef.of(run), f"its last run began at {_clock(when)}"))
    found.append(
        Evidence(
            "field", ObjectRef.of(obj), "spec.inputs names the ConfigMap and does not change with its content"
        )
    )
    return found


def _clock(moment: datetime) -> str:
    return moment.strftime("%H:%M:%SZ")


OwnerTrouble = tuple[Code, State, str, str, Condition | None]


def owner_trouble(world: World, owner: Obj, now: datetime, silent: timedelta) -> OwnerTrouble | None:
    """What an owner's own conditions say before any stage: selection, service account, silence."""
    found = owners.read(owner)
    since = found.since or created(owner)
    if found.reason == "NotObserved":
        if since is None or now - since < silent:
            return None
        return Code.CONTROLLER_SILENT, State.WAITING, found.message, "cartographer-controller", None
    for entry in found_conditions(owner):
        if entry.status != "False" or entry.type not in _OWNER_CONDITIONS:
            continue
        code = owners.classify(entry)
        if entry.type == "ResourcesSubmitted" and code is not Code.SERVICE_ACCOUNT_MISSING:
            continue
        return (
            code or Code.BLUEPRINT_NOT_READY,
            State.FAILED,
            entry.message,
            _owner_extra(world, owner, code, entry),
            entry,
        )
    return None


_OWNER_CONDITIONS = ("SupplyChainReady", "DeliveryReady", "ResourcesSubmitted")


def found_conditions(owner: Obj) -> list[Condition]:
    """The owner's conditions in their order."""
    return [
        Condition(
            str(c.get("type")),
            str(c.get("status")),
            str(c.get("reason") or ""),
            str(c.get("message") or ""),
            timestamp(c.get("lastTransitionTime")),
        )
        for c in status(owner).get("conditions") or ()
    ]


def _owner_extra(world: World, owner: Obj, code: Code | None, entry: Condition) -> str:
    if code is Code.SERVICE_ACCOUNT_MISSING:
        found = _ACCOUNT.search(entry.message)
        return found.group("name") if found else str(spec(owner).get("serviceAccountName") or "default")
    kind = kinds.SUPPLY_CHAIN if owner.get("kind") == kinds.WORKLOAD.kind else kinds.DELIVERY
    plans = world.all(kind.group, kind.kind)
    if code is Code.NO_BLUEPRINT:
        wants = [f"{meta(p).get('name')} wants {_selector(p)}" for p in plans]
        return f" (there is: {'; '.join(wants)})" if wants else f" (there is no {kind.kind})"
    if code is Code.SEVERAL_BLUEPRINTS:
        labels = meta(owner).get("labels") or {}
        same = [str(meta(p).get("name")) for p in plans if _selects(p, labels)]
        return f" ({', '.join(same)})" if same else ""
    return ""


def _selector(plan: Obj) -> str:
    selector = spec(plan).get("selector") or {}
    return ",".join(f"{key}={value}" for key, value in sorted(selector.items())) or "other fields"


def _selects(plan: Obj, labels: dict[str, str]) -> bool:
    selector = spec(plan).get("selector") or {}
    return bool(selector) and all(labels.get(key) == value for key, value in selector.items())


def owner_age(owner: Obj, now: datetime) -> str:
    """How long ago the owner was made."""
    born = created(owner)
    return age(now - born) if born else "some time"
