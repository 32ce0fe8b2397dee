"""What kapp would change in an environment for a package version, compared with the live objects."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

from pkgops.errors import PreflightError
from pkgops.flows.promotion.compare import Change, Contents, changed
from pkgops.formats import yaml
from pkgops.kube import Client, Obj

PACKAGING, KAPP_CONTROLLER = "packaging.carvel.dev/v1alpha1", "kappctrl.k14s.io/v1alpha1"
_RECORDS = ("{}.app", "{}-ctrl")
"""Names that kapp-controller gives the kapp app of an App, newer releases first."""
_OF_SERVER = ("managedFields", "uid", "resourceVersion", "generation", "creationTimestamp", "selfLink")
_EXPOSED = ("name", "namespace", "uid", "labels", "annotations")
"""The fields that an App's downward API reads."""


def changes(
    client: Client, namespace: str, version: Contents, now: Callable[[], datetime]
) -> tuple[Change, ...]:
    """Return what kapp would change for a package version where another one is installed.

    The ops bundle is rendered by its Package, with the values of the installation; kapp's rebase rules, and
    those of the bundle, are applied against the live objects. Nothing is changed. The cluster is read as the
    user of the command, who may read less than the installation's service account.

    Raises:
        PkgopsError: it is unknown: nothing is installed, something may not be read, or cannot be rendered.
    """
    from pkgops import kapp

    installed = _installation(client, namespace, version)
    resources = _rendered(client, installed, version)
    app = kapp.App(
        client=client,
        name=_record(client, installed),
        namespace=namespace,
        pace=kapp.Pace(now=now, sleep=time.sleep),
        options=replace(_options(installed), overlay=_overlay),
    )
    plan = app.plan(resources)
    _check_listed(client, plan.meta, namespace)
    sides = [plan.differ.sides(one) for one in plan.changes if one.op in ("create", "update", "delete")]
    return changed([_plain(old) for old, _ in sides if old], [_plain(new) for _, new in sides if new])


def _installation(client: Client, namespace: str, version: Contents) -> Obj:
    """The App that kapp-controller would create for the version.

    Raises:
        PkgopsError: the Package is not installed there, or that may not be read.
    """
    from pkgops.platform.carvel.desired import desired_app

    package = next((obj for obj in version.package if obj.get("kind") == "Package"), None)
    if package is None:
        raise _unknown(f"the bundle of {version.version} has no Package")
    name = str((package.get("spec") or {}).get("refName") or "")
    installs = client.list(PACKAGING, "PackageInstall", namespace).items
    matching = [one for one in installs if (one["spec"].get("packageRef") or {}).get("refName") == name]
    if len(matching) != 1:
        times = "is not installed" if not matching else f"is installed {len(matching)} times"
        raise _unknown(f"{name} {times} in {namespace}")
    present = client.find(KAPP_CONTROLLER, "App", str(matching[0]["metadata"]["name"]), namespace)
    return desired_app(matching[0], package, present)


def _rendered(client: Client, app: Obj, version: Contents) -> list[Obj]:
    """The resources of a bundle as the App's template steps render them.

    Raises:
        PkgopsError: they cannot be rendered here, or their inputs may not be read.
    """
    from pkgops.platform.carvel.secrets import References
    from pkgops.platform.carvel.template import Templater

    meta, steps = app["metadata"], app["spec"].get("template") or []
    owner = {key: meta[key] for key in _EXPOSED if meta.get(key)}
    with tempfile.TemporaryDirectory(prefix="pkgops-render-") as folder:
        for name, content in version.bundle.items():
            file = Path(folder) / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(content)
        outcome = Templater(References(client, str(meta["namespace"])), owner).run(steps, Path(folder))
    if outcome.error:
        # The output of a tool may contain a value of a Secret.
        reason = "ytt or kbld refuses it" if outcome.stderr else outcome.error
        raise _unknown(f"the ops bundle of {version.version} cannot be rendered here: {reason}")
    return [doc for doc in yaml.parse_all(outcome.stdout, "rendered resources") if doc]


def _options(app: Obj) -> Any:
    from pkgops.platform.carvel.deploy import options_for
    from pkgops.platform.carvel.flags import FlagProblem

    try:
        return options_for(app)[0]
    except FlagProblem as error:
        raise _unknown(f"the App has options of kapp that are not supported here: {error}") from error


def _overlay(text: str, current: Obj, new: Obj, existing: Obj) -> Obj:
    """A resource after an overlay of a rebase rule; the error of a failed one has no value of a Secret."""
    from pkgops.kapp import KappError
    from pkgops.platform.carvel.rebaseoverlay import apply_overlay

    try:
        return apply_overlay(text, current, new, existing)
    except KappError as error:
        if current.get("kind") != "Secret":
            raise
        raise KappError("an overlay of a rebase rule fails") from error


def _record(client: Client, app: Obj) -> str:
    """The name of the kapp app: of the possible names the one that has a record."""
    meta = app["metadata"]
    names = [form.format(meta["name"]) for form in _RECORDS]
    existing = (name for name in names if client.find("v1", "ConfigMap", name, str(meta["namespace"])))
    return next(existing, names[0])


def _check_listed(client: Client, meta: Any, namespace: str) -> None:
    """Make sure that objects removed from the bundle were listed: kapp ignores kinds that may not be listed.

    Raises:
        PkgopsError: one may not be.
    """
    from pkgops.kapp.cluster import Cluster

    for one in Cluster(client).kinds_of(meta, []):
        client.list(one.api_version, one.kind, namespace if one.namespaced else "", labels=meta.selector)


def _plain(obj: Obj) -> Obj:
    """A resource without the fields that the server sets."""
    meta = {key: value for key, value in obj["metadata"].items() if key not in _OF_SERVER}
    return {**{key: value for key, value in obj.items() if key != "status"}, "metadata": meta}


def _unknown(what: str) -> PreflightError:
    return PreflightError(what, next="pkgops status", slug="not-compared-live")
