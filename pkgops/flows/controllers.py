"""The Deployments of the controllers that a pipeline needs: which one it is, and whether it is ready."""

from __future__ import annotations

import re
from collections.abc import Iterable

from pkgops.errors import PkgopsError, PreflightError
from pkgops.flows import unreadable
from pkgops.flows.target import Target
from pkgops.kube import ApiError, Client, Obj, is_temporary
from pkgops.model import Blockage, CauseCode, Evidence, ObjectRef
from pkgops.values import Value, replace

NAMES = {
    "carto.run": "cartographer-controller",
    "source.toolkit.fluxcd.io": "source-controller",
    "image.toolkit.fluxcd.io": "image-reflector-controller",
    "tekton.dev": "tekton-pipelines-controller",
    "kpack.io": "kpack-controller",
    "kappctrl.k14s.io": "kapp-controller",
    "packaging.carvel.dev": "kapp-controller",
    "data.packaging.carvel.dev": "kapp-controller",
    "serving.knative.dev": "controller",
}
KNATIVE = "serving.knative.dev"
SILENT = frozenset({CauseCode.CONTROLLER_SILENT, CauseCode.NOT_NOTICED})
PLATFORM = "the local platform, which runs all controllers here,"

_HOOK = re.compile(
    r'failed calling (?:\w+ )?webhook "(?P<name>[^"]+)"|conversion webhook for (?P<kind>[^,]+)'
)
_SERVICE = re.compile(r"https://(?P<name>[a-z0-9-]+)\.(?P<namespace>[a-z0-9-]+)\.svc\b")


class Hook(Value):
    """A webhook that does not answer; without a service it is called by its URL."""

    name: str
    namespace: str = ""
    service: str = ""


class Running(Value):
    """The state of a controller's Deployment as a sentence, and the command that shows more or repairs it."""

    sentence: str
    next: str
    ready: bool
    object: ObjectRef


def hook_of(message: str) -> Hook | None:
    """Return the webhook that an API server could not call, from its message; None where it names none."""
    match = _HOOK.search(message)
    if match is None:
        return None
    name = match["name"] or match["kind"]
    service = _SERVICE.search(message)
    return Hook(name, service["namespace"], service["name"]) if service else Hook(name)


def of_group(deployments: Iterable[Obj], group: str) -> Obj | None:
    """Return the Deployment whose controller works on an API group; not every installation has one."""
    for obj in deployments:
        where = obj["metadata"]
        own = group != KNATIVE or where.get("namespace") == "knative-serving"
        if own and where.get("name") == NAMES.get(group):
            return obj
    return None


def running(deployment: Obj) -> Running:
    """Return how many pods of a Deployment are ready, and the next command."""
    ref = ObjectRef.of(deployment)
    wanted = (deployment.get("spec") or {}).get("replicas", 1)
    ready = int((deployment.get("status") or {}).get("readyReplicas") or 0)
    place = f"deployment {ref.namespace}/{ref.name}"
    if not wanted:
        scale = f"kubectl scale deployment {ref.name} -n {ref.namespace} --replicas 1"
        return Running(f"{place} is scaled to zero, so it has no ready pod", scale, False, ref)
    tell = "logs deployment/" if ready else "describe deployment "
    return Running(
        f"{place} has {ready} of {wanted} ready pods",
        f"kubectl {tell}{ref.name} -n {ref.namespace}",
        ready > 0,
        ref,
    )


def deployment_of(client: Client, hook: Hook) -> Obj | None:
    """Return the Deployment whose pods a webhook's Service selects.

    Raises:
        ApiError: Services or Deployments may not be read.
    """
    service = client.find("v1", "Service", hook.service, hook.namespace)
    selector = ((service or {}).get("spec") or {}).get("selector") or {}
    if not selector:
        return None
    for obj in client.list("apps/v1", "Deployment", hook.namespace).items:
        labels = obj["spec"]["template"]["metadata"].get("labels") or {}
        if selector.items() <= labels.items():
            return obj
    return None


def explain(target: Target, error: PkgopsError) -> PkgopsError | None:
    """Return the error for a webhook that did not answer, with its Deployment; None for all other errors."""
    hook = hook_of(error.message) if isinstance(error, ApiError) and is_temporary(error) else None
    if hook is None:
        return None
    clusters = target.clusters
    client = clusters.named(error.cluster) if isinstance(error, ApiError) else clusters.workload
    if not hook.service:
        local = target.local is not None and client is clusters.workload
        who = PLATFORM if local else f"webhook {hook.name}"
        return _away(f"{who} does not answer", error, "pkgops local up" if local else "pkgops doctor")
    place = f"service {hook.namespace}/{hook.service} of webhook {hook.name} does not answer"
    try:
        deployment = deployment_of(client, hook)
    except PkgopsError as unread:
        reason = unreadable.reason(unread, hook.namespace)
        return _away(f"{place}; whether its pods run is unknown: {reason}", error, "pkgops doctor")
    if deployment is None:
        return _away(
            f"{place}, and it selects the pods of no deployment",
            error,
            f"kubectl get services,deployments -n {hook.namespace}",
        )
    seen = running(deployment)
    problem = f"{seen.sentence}, and webhook {hook.name} does not answer nevertheless" if seen.ready else ""
    return _away(problem or f"webhook {hook.name} does not answer: {seen.sentence}", error, seen.next)


def _away(what: str, error: PkgopsError, next: str) -> PreflightError:
    return PreflightError(what, why=error.summary, next=next, slug="controller-away")


def named(target: Target, cause: Blockage) -> Blockage:
    """Return a cause of a controller that does not reconcile, with its Deployment among the evidence.

    Unchanged where the cause is another one, where its pods are ready, or where there is no such Deployment.
    """
    group = _silent_group(cause)
    if not group:
        return cause
    clusters, place = target.clusters, cause.object.namespace if cause.object else ""
    try:
        client = clusters.of_namespace(place)
    except PkgopsError as unread:
        return _unknown(cause, group, unread)
    if target.local and client is clusters.workload:
        text = f"{PLATFORM} may have ended or be stopped"
        return replace(
            cause, evidence=(*cause.evidence, Evidence("field", None, text)), next="pkgops local up"
        )
    try:
        deployments = of_group(client.list("apps/v1", "Deployment").items, group)
    except PkgopsError as unread:
        return _unknown(cause, group, unread)
    if deployments is None:
        return cause
    seen = running(deployments)
    evidence = (*cause.evidence, Evidence("field", seen.object, seen.sentence))
    return replace(cause, evidence=evidence, next=cause.next if seen.ready else seen.next)


def _unknown(cause: Blockage, group: str, unread: PkgopsError) -> Blockage:
    text = f"whether {NAMES[group]} runs is unknown: {unreadable.reason(unread, '')}"
    return replace(cause, evidence=(*cause.evidence, Evidence("field", None, text)))


def _silent_group(cause: Blockage) -> str:
    if cause.code not in SILENT:
        return ""
    if cause.code is CauseCode.NOT_NOTICED and NAMES["carto.run"] in cause.cause:
        return "carto.run"
    group = cause.object.group if cause.object else ""
    return group if group in NAMES else ""


def with_controllers(target: Target, causes: Iterable[Blockage]) -> list[str]:
    """Return a line for each controller that does not reconcile: the state of its Deployment."""
    lines: dict[str, None] = {}
    for cause in causes:
        with_names = named(target, cause)
        for item in with_names.evidence[len(cause.evidence) :]:
            lines[f"{item.text}: {with_names.next}" if with_names.next != cause.next else item.text] = None
    return list(lines)
