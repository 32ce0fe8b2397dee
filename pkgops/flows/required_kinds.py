"""Which kinds a set of templates uses, and what to install where a cluster does not serve them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from pkgops.errors import PreflightError, UsageError
from pkgops.formats import yaml
from pkgops.kube import Client, Obj

PROJECTS = {
    "carto.run": "Cartographer",
    "source.toolkit.fluxcd.io": "Flux source-controller",
    "image.toolkit.fluxcd.io": "Flux image-reflector-controller",
    "tekton.dev": "Tekton Pipelines",
    "kpack.io": "kpack",
    "kappctrl.k14s.io": "Carvel kapp-controller",
    "packaging.carvel.dev": "Carvel kapp-controller",
    "data.packaging.carvel.dev": "Carvel kapp-controller",
    "serving.knative.dev": "Knative Serving",
}

VERSIONS = ("v1", "v1beta2", "v1beta1", "v1alpha2", "v1alpha1")
"""API versions that these projects have had, the newest first."""

KNOWN: Mapping[str, tuple[str, ...]] = {
    "carto.run": ("v1alpha1",),
    "source.toolkit.fluxcd.io": ("v1",),
    "image.toolkit.fluxcd.io": ("v1",),
    "tekton.dev": ("v1", "v1beta1"),
    "kpack.io": ("v1alpha2", "v1alpha1"),
    "kappctrl.k14s.io": ("v1alpha1",),
    "packaging.carvel.dev": ("v1alpha1",),
    "data.packaging.carvel.dev": ("v1alpha1",),
    "serving.knative.dev": ("v1",),
}
"""The API versions that current releases and the local platform serve, the newest first."""

ALONE: Mapping[str, tuple[str, ...]] = {"StepAction": ("v1beta1", "v1alpha1")}
"""Kinds that current releases serve in other versions than the rest of their group."""

REMOVED = {"ClusterTask": "removed in Tekton Pipelines 1.0, use a Task in the workload's namespace"}
"""Kinds that newer releases of a project have removed."""

Kind = tuple[str, str]
"""apiVersion and kind."""


def required_kinds(objects: Iterable[Obj]) -> list[Kind]:
    """Return the kinds of objects and of what their templates stamp, sorted, each once."""
    kinds = {kind for obj in objects for kind in _kinds(obj)}
    return sorted(kinds)


def missing(client: Client, needed: Iterable[Kind]) -> list[Kind]:
    """Return the kinds that the cluster does not serve."""
    return [(api_version, kind) for api_version, kind in needed if not client.serves(api_version, kind)]


def served_instead(client: Client, objects: Iterable[Obj]) -> dict[str, str]:
    """Return each apiVersion of objects that the cluster does not serve, with the one it serves instead."""
    absent = missing(client, required_kinds(objects))
    others = {kind: _served_as(client, kind) for kind in absent}
    return {api_version: other for (api_version, _), other in others.items() if other}


def assumed_instead(objects: Iterable[Obj]) -> tuple[dict[str, str], list[str]]:
    """Return ``served_instead`` for current releases, and the apiVersions that were assumed.

    Nothing is assumed for groups other than those of the pipeline.
    """
    instead: dict[str, str] = {}
    assumed: set[str] = set()
    for api_version, kind in required_kinds(objects):
        group, _, version = api_version.partition("/")
        versions = ALONE.get(kind) if group == "tekton.dev" and kind in ALONE else KNOWN.get(group)
        if not versions or kind in REMOVED:
            continue
        served = version if version in versions else versions[0]
        assumed.add(f"{group}/{served}")
        if served != version:
            instead[api_version] = f"{group}/{served}"
    return instead, sorted(assumed)


def check(client: Client, objects: Iterable[Obj], cluster: str) -> None:
    """Make sure that the cluster serves the kinds of the templates.

    Raises:
        PreflightError: names each kind and what to install.
    """
    absent = {kind: _served_as(client, kind) for kind in missing(client, required_kinds(objects))}
    if not absent:
        return
    lines = [
        f"{kind} ({api_version}): "
        + (f"served as {other}" if other else REMOVED.get(kind) or _project(api_version))
        for (api_version, kind), other in absent.items()
    ]
    raise PreflightError(
        f"{cluster} does not serve what the templates need",
        why="\n".join(lines),
        next=_advice(absent),
        slug="missing-kinds",
    )


def _served_as(client: Client, kind: Kind) -> str:
    """The apiVersion under which a kind is served instead; empty where it is not."""
    group, _, wanted = kind[0].partition("/")
    others = (f"{group}/{version}" for version in VERSIONS if version != wanted)
    return next((other for other in others if client.serves(other, kind[1])), "")


def _advice(absent: Mapping[Kind, str]) -> str:
    unknown = [kind for kind, other in absent.items() if not other and kind[1] not in REMOVED]
    projects = sorted({_project(api_version) for api_version, _ in unknown})
    steps = [f"install {', '.join(projects)}"] if projects else []
    if len(unknown) < len(absent):
        steps.append("change the templates to the kinds and versions that are served")
    return "; ".join(steps)


def _kinds(obj: Any) -> Iterator[Kind]:
    if not isinstance(obj, dict):
        return
    if obj.get("apiVersion") and obj.get("kind"):
        yield str(obj["apiVersion"]), str(obj["kind"])
    spec = obj.get("spec")
    if not isinstance(spec, dict):
        return
    # Templates with $(...)$ in their kind are only known when they are stamped.
    for template in (spec.get("template"), *_stamped_by_ytt(spec.get("ytt"))):
        yield from (pair for pair in _kinds(template) if "$(" not in "".join(pair))


def _stamped_by_ytt(text: Any) -> list[Any]:
    """Return what a template of ytt stamps, as far as it is YAML without ytt's comments."""
    try:
        return yaml.parse_all(text, "template") if isinstance(text, str) else []
    except UsageError:
        return []


def _project(api_version: str) -> str:
    group = api_version.partition("/")[0]
    return PROJECTS.get(group, f"the operator of {group}")
