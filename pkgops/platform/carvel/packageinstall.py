"""Reconcile PackageInstalls: select a version of a package and create or update its App."""

from __future__ import annotations

import copy
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from pkgops.kube import NotFound, Obj
from pkgops.platform.carvel import objects
from pkgops.platform.carvel.desired import desired_app
from pkgops.platform.carvel.fieldfaults import aggregate, required
from pkgops.platform.carvel.outcome import SEE_DETAILS
from pkgops.platform.carvel.placeholder import with_placeholder
from pkgops.platform.carvel.selection import NoVersion, refused_downgrade, select
from pkgops.platform.queue import Key
from pkgops.platform.runtime import Platform

GLOBAL_NAMESPACE = "kapp-controller-packaging-global"
EXCLUDE_GLOBAL = "kapp-controller.carvel.dev/exclude-global-packages"
RETRY_SECONDS = 10.0
Status = dict[str, Any]


@dataclass(frozen=True, slots=True)
class InstallReconciler:
    """Reconciles PackageInstalls."""

    platform: Platform

    def reconcile(self, key: Key) -> float | None:
        """Reconcile one PackageInstall; return the seconds after which to reconcile it again, if any."""
        install = self.platform.get(objects.PACKAGING_API, "PackageInstall", key.name, key.namespace)
        if install is None:
            return None
        if install["metadata"].get("deletionTimestamp"):
            self._delete(install)
            return None
        blocked = objects.block_deletion(self.platform, install, objects.INSTALL_FINALIZER)
        if blocked is None:
            return None
        status, again = self._reconcile(blocked)
        self._save(blocked, status)
        return again

    def _reconcile(self, install: Obj) -> tuple[Status, float | None]:
        status = reconciling(install)
        missing = _missing_secrets(install)
        if missing:
            return finished(status, missing), None
        try:
            package = select(install, self._visible(str(install["metadata"]["namespace"])), self._kubernetes)
        except NoVersion as error:
            return finished(status, str(error)), RETRY_SECONDS
        version = str(package["spec"]["version"])
        status["version"] = version
        refusal = refused_downgrade(install, version)
        if refusal:
            return finished({**status, "usefulErrorMessage": refusal}, SEE_DETAILS), None
        status["lastAttemptedVersion"] = version
        return self._reconcile_app(install, package, status), None

    def _kubernetes(self) -> str:
        version = str(self.platform.client.version().get("gitVersion", "v0.0.0"))
        return version.removeprefix("v").partition("-")[0].partition("+")[0]

    def _visible(self, namespace: str) -> Iterable[Obj]:
        packages = {obj["metadata"]["name"]: obj for obj in self._packages(namespace)}
        own_namespace = self.platform.get("v1", "Namespace", namespace) or {"metadata": {}}
        if EXCLUDE_GLOBAL not in (own_namespace["metadata"].get("annotations") or {}):
            for obj in self._packages(GLOBAL_NAMESPACE):
                packages.setdefault(obj["metadata"]["name"], obj)
        return packages.values()

    def _packages(self, namespace: str) -> list[Obj]:
        return self.platform.list(objects.DATA_API, "Package", namespace)

    def _reconcile_app(self, install: Obj, package: Obj, status: Status) -> Status:
        existing = self._app(install)
        desired = desired_app(install, self._with_placeholders(install, package), existing)
        if existing is None:
            self.platform.create(desired)
            return status
        result = mirrored(status, existing)
        if desired != existing:
            self.platform.observe(self.platform.client.update(desired))
        return result

    def _with_placeholders(self, install: Obj, package: Obj) -> Obj:
        result = copy.deepcopy(package)
        spec = result["spec"].get("template", {}).get("spec") or {}
        if spec.get("fetch"):
            client = self.platform.client
            spec["fetch"] = [
                with_placeholder(client, install, source, index) for index, source in enumerate(spec["fetch"])
            ]
        return result

    def _app(self, install: Obj) -> Obj | None:
        meta = install["metadata"]
        return self.platform.get(objects.APP_API, "App", meta["name"], meta["namespace"])

    def _delete(self, install: Obj) -> None:
        if objects.INSTALL_FINALIZER not in (install["metadata"].get("finalizers") or []):
            return
        app = self._app(install)
        if app is not None:
            app = objects.edit(self.platform, app, lambda changed: _prepare_deletion(changed, install))
        if app is None:
            objects.unblock_deletion(self.platform, install, objects.INSTALL_FINALIZER)
            return
        meta = app["metadata"]
        if not meta.get("deletionTimestamp"):
            if not self.platform.client.delete(objects.APP_API, "App", meta["name"], meta["namespace"]):
                objects.unblock_deletion(self.platform, install, objects.INSTALL_FINALIZER)
            return
        self._save(install, deleting(install, app))

    def _save(self, install: Obj, status: Status) -> None:
        try:
            self.platform.save_status(install, status)
        except NotFound:
            return


def _prepare_deletion(app: Obj, install: Obj) -> None:
    """Copy the fields of the install that affect deletion into the App."""
    for key in ("serviceAccountName", "cluster", "noopDelete", "paused", "canceled", "defaultNamespace"):
        value = install["spec"].get(key)
        if value:
            app["spec"][key] = value
        else:
            app["spec"].pop(key, None)


def _missing_secrets(install: Obj) -> str:
    faults = [
        required(f"spec.values[{index}].secretRef")
        for index, value in enumerate(install["spec"].get("values") or [])
        if not value.get("secretRef")
    ]
    return f"Invalid fields: {aggregate(faults)}" if faults else ""


def reconciling(install: Obj) -> Status:
    """Return the status of an install while it is reconciled."""
    status = copy.deepcopy(install.get("status") or {})
    status.pop("usefulErrorMessage", None)
    return _with(status, install, "Reconciling")


def finished(status: Status, error: str = "") -> Status:
    """Return the status of an install that is reconciled, or failed with ``error``."""
    if not error:
        condition = {"type": "ReconcileSucceeded", "status": "True"}
        return {**status, "conditions": [condition], "friendlyDescription": "Reconcile succeeded"}
    condition = {"type": "ReconcileFailed", "status": "True", "message": error}
    text = shortened(f"Reconcile failed: {error}")
    return {**status, "conditions": [condition], "friendlyDescription": text}


def unexpected_error(install: Obj, error: str) -> Status:
    """Return the status of an install whose reconciliation ended with an unexpected error."""
    if not install["metadata"].get("deletionTimestamp"):
        return finished(reconciling(install), error)
    condition = {"type": "DeleteFailed", "status": "True", "message": error}
    text = shortened(f"Delete failed: {error}")
    return {**reconciling(install), "conditions": [condition], "friendlyDescription": text}


def mirrored(status: Status, app: Obj) -> Status:
    """Return the status of an install with the conditions of its App, if those are current."""
    app_status = app.get("status") or {}
    if app["metadata"].get("generation") != app_status.get("observedGeneration"):
        return status
    types = {str(item.get("type")) for item in app_status.get("conditions") or []}
    if "ReconcileSucceeded" in types:
        return finished(status)
    if "ReconcileFailed" in types:
        error = app_status.get("usefulErrorMessage", "")
        return finished({**status, "usefulErrorMessage": error}, SEE_DETAILS)
    return status


def deleting(install: Obj, app: Obj) -> Status:
    """Return the status of an install that is being deleted, with the conditions of its App."""
    status = copy.deepcopy(install.get("status") or {})
    app_status = app.get("status") or {}
    types = {str(item.get("type")) for item in app_status.get("conditions") or []}
    if "DeleteFailed" in types:
        condition = {"type": "DeleteFailed", "status": "True", "message": SEE_DETAILS}
        status["usefulErrorMessage"] = app_status.get("usefulErrorMessage", "")
        text = shortened(f"Delete failed: {SEE_DETAILS}")
        return {**status, "conditions": [condition], "friendlyDescription": text}
    return _with(status, install, "Deleting") if "Deleting" in types else status


def shortened(text: str) -> str:
    """Return the first line of a text, at most 80 characters, with ``...`` where it is truncated."""
    line, _, rest = text.partition("\n")
    if len(line) > 80:
        return f"{line[:80]}..."
    return f"{line}..." if rest else line


def _with(status: Status, install: Obj, condition: str) -> Status:
    return {
        **status,
        "observedGeneration": install["metadata"]["generation"],
        "conditions": [{"type": condition, "status": "True"}],
        "friendlyDescription": condition,
    }
