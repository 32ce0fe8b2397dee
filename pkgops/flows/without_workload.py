"""Deliverables without a workload: a namespace or a cluster that only receives deliveries."""

from __future__ import annotations

from pkgops.errors import UsageError
from pkgops.flows import read_snapshot, unreadable, workloads
from pkgops.flows.target import Target
from pkgops.kube import Client, Forbidden
from pkgops.settings import Origin
from pkgops.values import replace

KIND = "deliverable"


def chosen(target: Target, given: str | None) -> tuple[Target, str]:
    """Return the target to read from, and the name of a workload or of a deliverable without one.

    Of a namespace that is no environment of the configuration and has deliverables but no workload, the
    target's only environment is the namespace itself.

    Raises:
        UsageError: there is no deliverable of that name, or there are several and no name is given.
        PreflightError: the cluster has no Cartographer.
    """
    alone, names = deliverables_only(target)
    if not names:
        return target, read_snapshot.name_of(target, given)
    settings = target.settings
    if alone is target and given in (None, "", settings.workload):
        return target, settings.workload
    return alone, workloads.choose(names, given, "", settings.workload_namespace, KIND)


def check_built(target: Target, given: str | None) -> None:
    """Make sure that the named workload may be built here.

    A workload that is only configured may be created later; a namespace with only deliverables has none.

    Raises:
        UsageError: it is a deliverable without a workload.
    """
    alone, names = deliverables_only(target)
    if names and (alone is not target or (given in names and given != target.settings.workload)):
        raise UsageError(
            f"{given or names[0]} is a deliverable without a workload",
            why="which commit it was built from is not known here: it is built elsewhere, or written to Git",
            next="pkgops wait without --revision and --built follows what is delivered",
            slug="no-workload",
        )


def deliverables_only(target: Target) -> tuple[Target, list[str]]:
    """Return the target and the names of the deliverables; no names where there are or may be workloads."""
    settings = target.settings
    namespace = settings.workload_namespace
    try:
        if workloads.names(target.client, namespace):
            return target, []
        own = _names(target.client, namespace)
        environments = {one.namespace: target.clusters.of(one) for one in settings.environments}
        if own and namespace not in environments:
            return with_environment(target, namespace), own
        found = {name for space, client in environments.items() for name in _names(client, space)}
        return target, sorted(found)
    except Forbidden as error:
        if not unreadable.refusal(error):
            raise
        return target, []


def _names(client: Client, namespace: str) -> list[str]:
    if not client.serves(workloads.API, "Deliverable"):
        return []
    return sorted(
        str(one["metadata"]["name"]) for one in client.list(workloads.API, "Deliverable", namespace).items
    )


def with_environment(target: Target, namespace: str) -> Target:
    """Return the target whose only environment is a namespace: the configured one, or one of that name."""
    settings = target.settings
    written = settings.tree.get("pkgops.environments") or []
    known = zip(settings.environments, written, strict=True)
    own = next(
        (item for one, item in known if one.namespace == namespace),
        {"name": namespace, "namespace": namespace},
    )
    environment = {"pkgops": {"environments": [own]}}
    return replace(target, settings=settings.with_overrides(environment, Origin("option", "--namespace")))
