"""Select a workload: by its name, by the beginning of it, or because there is only one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pkgops.errors import UsageError
from pkgops.flows.did_you_mean import unknown
from pkgops.kube import Client
from pkgops.pipeline import links
from pkgops.settings import Settings

API = "carto.run/v1alpha1"
FILES = (".yaml", ".yml")
"""The suffixes of configuration files."""


def names(client: Client, namespace: str) -> list[str]:
    """Return the names of the workloads in a namespace, sorted; empty where the kind is not served."""
    if not client.serves(API, "Workload"):
        return []
    return sorted(str(item["metadata"]["name"]) for item in client.list(API, "Workload", namespace).items)


def delivered(client: Client, namespace: str, name: str) -> bool:
    """Return whether a deliverable of this name exists in a namespace."""
    return client.serves(API, "Deliverable") and client.find(API, "Deliverable", name, namespace) is not None


def values_of(client: Client, delivering: Client, settings: Settings, name: str) -> dict[str, Any]:
    """Return the data values that a workload on the cluster, and its deliverable, were rendered from.

    Args:
        client: the workload's cluster.
        delivering: the cluster of the first environment.
        settings: for the namespaces of both.
        name: the workload's name.

    Raises:
        UsageError: there is no such workload.
    """
    namespace = settings.workload_namespace
    workload = client.find(API, "Workload", name, namespace)
    if workload is None:
        raise unknown("workload", name, names(client, namespace), f"in namespace {namespace}")
    spec = workload.get("spec") or {}
    params = {str(one.get("name")): one.get("value") for one in spec.get("params") or []}
    git = (spec.get("source") or {}).get("git") or {}
    values: dict[str, Any] = {"workload": {"name": name, **_running(spec, params)}}
    for key in ("containerPort", "language"):
        if key in params:
            values["workload"][key] = params[key]
    if "tests" in params:
        values["workload"]["tests"] = params["tests"] != "off"
    if git.get("url"):
        values["git"] = {"url": git["url"], "branch": (git.get("ref") or {}).get("branch") or "main"}
    values["build"] = {
        "env": list((spec.get("build") or {}).get("env") or []),
        "bindings": list(params.get("buildBindings") or []),
    }
    if params.get("builder"):
        values["build"]["builder"] = {"name": params["builder"]}
    if params.get("package"):
        values["package"] = {"name": params["package"]}
    deliverable = _deliverable(delivering, settings.environments[0].namespace, f"{namespace}/{name}")
    return values | {"deliverable": {"name": deliverable or name}}


def _running(spec: Mapping[str, Any], params: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values of the running application; fields that the workload does not set have their
    defaults.

    Without them a value of the configuration, which is another workload's, would be used.
    """
    return {
        "subPath": (spec.get("source") or {}).get("subPath") or "",
        "env": list(spec.get("env") or []),
        "envFrom": list(params.get("envFrom") or []),
        "resources": spec.get("resources") or None,
        "scale": params.get("scale") or {"min": 1, "max": 0, "concurrency": 0},
        "probes": {
            "readiness": params.get("readinessProbe") or None,
            "liveness": params.get("livenessProbe") or None,
        },
        "bindings": list(params.get("bindings") or []),
        "serviceAccountToken": bool(params.get("serviceAccountToken")),
    }


def _deliverable(client: Client, namespace: str, workload: str) -> str:
    """Return the name of the deliverable whose annotation names a workload, or an empty text."""
    for item in client.list(API, "Deliverable", namespace).items if client.serves(API, "Deliverable") else ():
        if links.delivers(item) == workload:
            return str(item["metadata"]["name"])
    return ""


def choose(
    known: list[str], given: str | None, configured: str, namespace: str, kind: str = "workload"
) -> str:
    """Return the name of the selected workload.

    Args:
        known: the names that exist.
        given: the argument: a name, or the beginning of one (``hello-go``).
        configured: ``workload.name`` of the configuration, used where several exist.
        namespace: where they are, for the error.
        kind: their kind in messages.


    Raises:
        UsageError: no such name, a beginning of several, or none given where there are several.
    """
    place = f"in namespace {namespace}"
    if given:
        return _by_name(known, given, place, kind)
    if configured in known or not known:
        return configured
    if len(known) == 1:
        return known[0]
    raise UsageError(
        f"there are several {kind}s {place}",
        why=", ".join(known),
        next="name one of them",
        slug=f"several-{kind}s",
    )


def _by_name(known: list[str], given: str, place: str, kind: str) -> str:
    if given in known:
        return given
    begun = [name for name in known if name.startswith(given)]
    if len(begun) == 1:
        return begun[0]
    if begun:
        raise UsageError(
            f"{given!r} is the beginning of several {kind}s {place}",
            why=", ".join(begun),
            next="write the whole name",
            slug=f"several-{kind}s",
        )
    if given.endswith(FILES):
        raise UsageError(
            f"{given} is a file, and not a {kind} {place}",
            next=f"name a configuration file with --file {given}",
            slug=f"unknown-{kind}",
        )
    raise unknown(kind, given, known, place)
