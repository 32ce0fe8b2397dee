"""The doctor's checks of what the cluster serves and runs."""

from __future__ import annotations

from collections.abc import Iterator

from pkgops.errors import PkgopsError
from pkgops.flows import controllers as controller_deployments
from pkgops.flows import required_kinds, unreadable
from pkgops.flows.doctor_report import Check, Result
from pkgops.flows.target import Target
from pkgops.kube import Client, Forbidden, Obj
from pkgops.model import ObjectRef


def kinds(client: Client, objects: list[Obj]) -> Iterator[Check]:
    """Check that the kinds of the templates are served; for one that is not, name the version that is."""
    wanted = required_kinds.required_kinds(objects)
    absent = required_kinds.missing(client, wanted)
    for api_version, kind in absent:
        group = api_version.partition("/")[0]
        served = _served_version(client, group, kind)
        fix = f"write {served}" if served else f"install {required_kinds.PROJECTS.get(group, group)}"
        yield Check(
            name="kinds", result=Result.FAILED, message=f"{kind} ({api_version}) is not served", fix=fix
        )
    if wanted and not absent:
        yield Check(
            name="kinds",
            result=Result.OK,
            message=f"all {len(wanted)} kinds that the templates use are served",
        )


def _served_version(client: Client, group: str, kind: str) -> str:
    for version in ("v1", "v1beta2", "v1beta1", "v1alpha2", "v1alpha1"):
        if client.serves(f"{group}/{version}", kind):
            return f"{group}/{version}"
    return ""


def places(target: Target, *further: str) -> list[tuple[Client, str]]:
    """Return the namespaces of the workload and of the environments, each once, with the client of its
    cluster.

    ``further`` ones are on the workload's cluster.
    """
    settings = target.settings
    spaces = [(target.client, namespace) for namespace in (settings.workload_namespace, *further)]
    spaces += [(target.clusters.of(one), one.namespace) for one in settings.environments]
    return list({(id(client), namespace): (client, namespace) for client, namespace in spaces}.values())


def namespaces(target: Target) -> Iterator[Check]:
    """Check that the namespaces of the workload and of the environments exist."""
    for client, name in places(target):
        try:
            namespace = client.find("v1", "Namespace", name)
        except PkgopsError as error:
            reason = unreadable.reason(error, "")
            yield Check(
                name="namespaces",
                result=Result.UNKNOWN,
                message=f"namespace {name}: {reason}",
                fix=error.next,
            )
            continue
        if namespace is None:
            yield Check(
                name="namespaces",
                result=Result.FAILED,
                message=f"namespace {name} does not exist",
                fix=f"kubectl create namespace {name}",
            )
        else:
            yield Check(name="namespaces", result=Result.OK, message=f"namespace {name} exists")


def controllers(client: Client, objects: list[Obj]) -> Iterator[Check]:
    """Check that each controller's Deployment has a ready replica, or that its objects are up to date.

    Not every installation has Deployments of these names: then the status of its objects decides.
    """
    groups = sorted(
        {kind[0].partition("/")[0] for kind in required_kinds.required_kinds(objects)} & set(_OBSERVED_KINDS)
    )
    unread: Forbidden | None = None
    deployments: list[Obj] = []
    try:
        deployments = client.list("apps/v1", "Deployment").items
    except Forbidden as error:
        unread = error
    for group in groups:
        yield _controller(client, group, deployments) if unread is None else _unread(client, group, unread)


def _unread(client: Client, group: str, unread: Forbidden) -> Check:
    """Check a controller by its objects only, where this user may not list Deployments."""
    name = controller_deployments.NAMES[group]
    try:
        check = _by_objects(client, group, name)
    except Forbidden as error:
        unread = error
    else:
        if check.result is not Result.UNKNOWN:
            return check
    message = f"{name}: {unreadable.sentence(unread)}"
    return Check(name="controllers", result=Result.UNKNOWN, message=message, fix=unread.next)


def _controller(client: Client, group: str, deployments: list[Obj]) -> Check:
    deployments_there = controller_deployments.of_group(deployments, group)
    if deployments_there is None:
        return _by_objects(client, group, controller_deployments.NAMES[group])
    seen = controller_deployments.running(deployments_there)
    result = Result.OK if seen.ready else Result.FAILED
    return Check(
        name="controllers",
        result=result,
        message=seen.sentence,
        fix="" if seen.ready else seen.next,
        object=seen.object,
    )


_OBSERVED_KINDS = {
    "carto.run": ("carto.run/v1alpha1", "ClusterSupplyChain"),
    "source.toolkit.fluxcd.io": ("source.toolkit.fluxcd.io/v1", "GitRepository"),
    "image.toolkit.fluxcd.io": ("image.toolkit.fluxcd.io/v1", "ImageRepository"),
    "tekton.dev": ("tekton.dev/v1", "TaskRun"),
    "kpack.io": ("kpack.io/v1alpha2", "ClusterBuilder"),
    "kappctrl.k14s.io": ("kappctrl.k14s.io/v1alpha1", "App"),
    "serving.knative.dev": ("serving.knative.dev/v1", "Service"),
}


def _by_objects(client: Client, group: str, name: str) -> Check:
    api_version, kind = _OBSERVED_KINDS[group]
    if not client.serves(api_version, kind):
        return Check(name="controllers", result=Result.UNKNOWN, message=f"{name}: {kind} is not served")
    objects = client.list(api_version, kind).items
    stale = [obj for obj in objects if not _kept(obj)]
    if stale:
        ref = ObjectRef.of(stale[0])
        return Check(
            name="controllers",
            result=Result.WARNING,
            message=f"{name} has not observed {ref}",
            fix=f"kubectl describe {ref.qualified}" + (f" -n {ref.namespace}" if ref.namespace else ""),
            object=ref,
        )
    if objects:
        return Check(
            name="controllers",
            result=Result.OK,
            message=f"{name} has reconciled its {len(objects)} objects",
        )
    return Check(
        name="controllers", result=Result.UNKNOWN, message=f"{name}: there is no {kind} yet to check it by"
    )


def _kept(obj: Obj) -> bool:
    status = obj.get("status") or {}
    seen = status.get("observedGeneration")
    return bool(status) and (seen is None or seen == obj["metadata"].get("generation"))
