"""Carvel's kapp-controller on the local platform: App, PackageRepository, PackageInstall, Package.

Not supported: fetching helm charts, templating with helm, cue and sops, other clusters than this one,
``kapp inspect`` in the status, changing placeholder Secrets (secretgen).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from pkgops.kube import Obj
from pkgops.platform import fieldwarnings
from pkgops.platform.carvel import admission, objects, status
from pkgops.platform.carvel.app import AppReconciler
from pkgops.platform.carvel.packageinstall import GLOBAL_NAMESPACE, InstallReconciler, unexpected_error
from pkgops.platform.carvel.repository import RepositoryReconciler
from pkgops.platform.carvel.secrets import referenced
from pkgops.platform.queue import Key
from pkgops.platform.routes import owner_keys
from pkgops.platform.runtime import Platform

# A worker waits up to a quarter of an hour for the deployed resources of its App.
WORKERS = 8


def register(platform: Platform) -> None:
    """Add the group's controllers to a platform."""
    admission.start(platform.webhooks)
    fieldwarnings.start(platform.webhooks, "carvel")
    app = platform.controller(
        "app",
        objects.APP_API,
        "App",
        AppReconciler(platform).reconcile,
        workers=WORKERS,
        failed=status.unexpected_error,
    )
    platform.controller(
        "packagerepository",
        objects.PACKAGING_API,
        "PackageRepository",
        RepositoryReconciler(platform).reconcile,
        workers=2,
        failed=status.unexpected_error,
    )
    install = platform.controller(
        "packageinstall",
        objects.PACKAGING_API,
        "PackageInstall",
        InstallReconciler(platform).reconcile,
        workers=2,
        failed=lambda install, error, _: unexpected_error(install, error),
    )
    platform.watch(objects.APP_API, "App", install, owner_keys("packaging.carvel.dev", "PackageInstall"))

    def installs(package: Obj) -> Iterable[Key]:
        return _installs_of(platform, package)

    platform.watch(objects.DATA_API, "Package", install, installs)
    for kind in ("Secret", "ConfigMap"):
        platform.watch("v1", kind, app, _users(platform, kind))


def _installs_of(platform: Platform, package: Obj) -> Iterable[Key]:
    own_namespace = str(package["metadata"]["namespace"])
    namespace = "" if own_namespace == GLOBAL_NAMESPACE else own_namespace
    for install in platform.list(objects.PACKAGING_API, "PackageInstall", namespace):
        reference = install["spec"].get("packageRef") or {}
        if reference.get("refName") == package["spec"].get("refName"):
            yield Key(str(install["metadata"]["namespace"]), str(install["metadata"]["name"]))


def _users(platform: Platform, kind: str) -> Callable[[Obj], Iterable[Key]]:
    def users(obj: Obj) -> Iterable[Key]:
        namespace, name = str(obj["metadata"]["namespace"]), str(obj["metadata"]["name"])
        for app in platform.list(objects.APP_API, "App", namespace):
            spec = app["spec"]
            if (kind, name) in set(referenced([spec.get("fetch"), spec.get("template")])):
                yield Key(namespace, str(app["metadata"]["name"]))

    return users
