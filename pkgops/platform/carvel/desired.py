"""The App of a PackageInstall: the package's template with the fields of the install. Pure."""

from __future__ import annotations

import copy
from datetime import timedelta
from typing import Any

from pkgops.kube import Obj
from pkgops.platform.carvel.objects import APP_API, normalise_period
from pkgops.platform.durations import format_duration
from pkgops.platform.owners import owner_reference

REF_NAME = "packaging.carvel.dev/package-ref-name"
VERSION = "packaging.carvel.dev/package-version"
MANUAL = "ext.packaging.carvel.dev/manually-controlled"
YTT_PATHS = "ext.packaging.carvel.dev/ytt-paths-from-secret-name"
VALUES_AS_OVERLAYS = "ext.packaging.carvel.dev/ytt-data-values-overlays"
FETCH_CREDENTIALS = "ext.packaging.carvel.dev/fetch-{}-secret-name"
DEFAULT_PERIOD = timedelta(minutes=10)
_COPIED = ("noopDelete", "paused", "canceled", "cluster", "defaultNamespace")


def desired_app(install: Obj, package: Obj, existing: Obj | None) -> Obj:
    """Return the desired App of a PackageInstall, based on the existing one."""
    if existing is not None and MANUAL in (existing["metadata"].get("annotations") or {}):
        return existing
    app = copy.deepcopy(existing) if existing is not None else _empty(install)
    annotations = app["metadata"].setdefault("annotations", {})
    annotations[REF_NAME], annotations[VERSION] = package["spec"]["refName"], package["spec"]["version"]
    app["spec"] = _spec(install, package)
    app["metadata"]["ownerReferences"] = [owner_reference(install)]
    return app


def _empty(install: Obj) -> Obj:
    meta = {"name": install["metadata"]["name"], "namespace": install["metadata"]["namespace"]}
    return {"apiVersion": APP_API, "kind": "App", "metadata": meta}


def _spec(install: Obj, package: Obj) -> dict[str, Any]:
    given = install["spec"]
    spec = copy.deepcopy((package["spec"].get("template") or {}).get("spec") or {})
    if given.get("serviceAccountName"):
        spec["serviceAccountName"] = given["serviceAccountName"]
    spec["syncPeriod"] = given.get("syncPeriod") or format_duration(DEFAULT_PERIOD.total_seconds())
    normalise_period(spec)
    for key in _COPIED:
        spec.pop(key, None)
        if given.get(key):
            spec[key] = copy.deepcopy(given[key])
    annotations = install["metadata"].get("annotations") or {}
    _set_fetch_secrets(spec, annotations)
    _set_values(spec, given.get("values") or [], annotations)
    return spec


def _set_fetch_secrets(spec: dict[str, Any], annotations: dict[str, str]) -> None:
    for index, source in enumerate(spec.get("fetch") or []):
        name = annotations.get(FETCH_CREDENTIALS.format(index))
        for kind in ("image", "http", "git", "imgpkgBundle"):
            if name and source.get(kind) is not None:
                source[kind]["secretRef"] = {"name": name}


def _set_values(spec: dict[str, Any], values: list[dict[str, Any]], annotations: dict[str, str]) -> None:
    """Add the values of the install to the first templating step that takes values."""
    secrets = [{"secretRef": {"name": item["secretRef"]["name"]}} for item in values]
    steps = spec.get("template") or []
    ytt = next((step["ytt"] for step in steps if step.get("ytt") is not None), None)
    taker: dict[str, Any] = next((step for step in steps if {"ytt", "helmTemplate"} & set(step)), {})
    if ytt is not None:
        _append(
            ytt,
            ("inline", "pathsFrom"),
            [{"secretRef": {"name": name}} for name in overlay_secrets(annotations)],
        )
    if taker.get("helmTemplate") is not None:
        _append(taker["helmTemplate"], ("valuesFrom",), secrets)
    elif ytt is not None:
        path = ("inline", "pathsFrom") if VALUES_AS_OVERLAYS in annotations else ("valuesFrom",)
        _append(ytt, path, secrets)


def overlay_secrets(annotations: dict[str, str]) -> list[str]:
    """Return the names of the Secrets with ytt overlays in annotations, sorted by the keys' suffixes."""
    by_suffix = {
        key.removeprefix(YTT_PATHS): name
        for key, name in annotations.items()
        if key == YTT_PATHS or key.startswith(f"{YTT_PATHS}.")
    }
    return [by_suffix[suffix] for suffix in sorted(by_suffix)]


def _append(step: dict[str, Any], path: tuple[str, ...], items: list[dict[str, Any]]) -> None:
    if not items:
        return
    for key in path[:-1]:
        step = step.setdefault(key, {})
    step[path[-1]] = [*(step.get(path[-1]) or []), *items]
