"""The App: resources that are fetched, templated and deployed as one kapp app."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from pkgops.kube import Obj
from pkgops.platform.carvel import objects, status, timer
from pkgops.platform.carvel.deploy import Deployer, for_app, prepared
from pkgops.platform.carvel.fetch import Fetcher
from pkgops.platform.carvel.outcome import Outcome, failed
from pkgops.platform.carvel.reconcile_steps import Reconciliation, Steps
from pkgops.platform.carvel.secrets import References, referenced
from pkgops.platform.carvel.template import Templater
from pkgops.platform.queue import Key
from pkgops.platform.runtime import Platform

DEFAULT_PERIOD = timedelta(seconds=30)
Versions = dict[tuple[str, str], str]


class AppReconciler:
    """Reconciles Apps."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform
        # Which versions of Secrets and ConfigMaps were read: only so that a change is reconciled at once.
        # After a restart the next periodic reconciliation reads what changed meanwhile.
        self._read_versions: dict[Key, Versions] = {}

    def reconcile(self, key: Key) -> float | None:
        """Reconcile one App if it is due; return the seconds until it is due again."""
        app = self._platform.get(objects.APP_API, "App", key.name, key.namespace)
        if app is None:
            self._read_versions.pop(key, None)
            return None
        spec = app["spec"]
        if app["metadata"].get("deletionTimestamp"):
            self._delete(app)
        elif spec.get("canceled") or spec.get("paused"):
            self._platform.save_status(app, status.paused(app, "Canceled/paused"))
            return None
        elif self._references_changed(key, app) or timer.is_due(app, self._platform.now(), DEFAULT_PERIOD):
            Reconciliation(self._platform, app, self._steps(app)).deploy()
        newest = self._platform.get(objects.APP_API, "App", key.name, key.namespace)
        return timer.until_due(newest, self._platform.now(), DEFAULT_PERIOD) if newest else None

    def _delete(self, app: Obj) -> None:
        if objects.APP_FINALIZER not in (app["metadata"].get("finalizers") or []):
            return
        if timer.has_failed(app) and not timer.is_due(app, self._platform.now(), DEFAULT_PERIOD):
            return
        keep = bool(app["spec"].get("noopDelete")) or self._namespaces_terminate(app)
        Reconciliation(self._platform, app, self._steps(app)).delete(keep_resources=keep)

    def _steps(self, app: Obj) -> Steps:
        spec, meta = app["spec"], app["metadata"]
        references = References(self._platform.client, str(meta["namespace"]))
        fetcher = Fetcher(references)
        templater = Templater(references, {key: meta.get(key) for key in _EXPOSED if meta.get(key)})
        deleting = bool(meta.get("deletionTimestamp"))

        def fetch(folder: Path) -> tuple[Path, Outcome]:
            return fetcher.fetch(spec.get("fetch") or [], folder)

        def template(folder: Path) -> Outcome:
            return templater.run(spec.get("template") or [], folder)

        def deployer() -> Deployer | Outcome:
            if len(spec.get("deploy") or []) != 1:
                return failed("Expected exactly one deploy option")
            if spec["deploy"][0].get("kapp") is None:
                return failed("Unsupported way to deploy")
            platform = self._platform
            return prepared(
                lambda: for_app(app, platform.client, platform.now, lambda: self._cancelled(app, deleting)),
                "Deleting" if deleting else "Deploying",
            )

        return Steps(finalizer=objects.APP_FINALIZER, fetch=fetch, template=template, deployer=deployer)

    def _cancelled(self, app: Obj, deleting: bool) -> bool:
        meta = app["metadata"]
        newest = self._platform.get(objects.APP_API, "App", meta["name"], meta["namespace"])
        if newest is None:
            return True
        if newest["spec"].get("canceled"):
            return True
        return not deleting and bool(newest["metadata"].get("deletionTimestamp"))

    def _references_changed(self, key: Key, app: Obj) -> bool:
        versions: Versions = {}
        for kind, name in referenced([app["spec"].get("fetch"), app["spec"].get("template")]):
            obj = self._platform.get("v1", kind, name, key.namespace)
            versions[kind, name] = str(obj["metadata"]["resourceVersion"]) if obj else ""
        before = self._read_versions.get(key)
        self._read_versions[key] = versions
        return before is not None and before != versions

    def _namespaces_terminate(self, app: Obj) -> bool:
        """Return whether all namespaces of the App are being deleted, so that its resources need not be.

        Without this an App would block the deletion of its namespace: its service account is deleted already.
        """
        deployed = ((app.get("status") or {}).get("deploy") or {}).get("kapp") or {}
        namespaces = (deployed.get("associatedResources") or {}).get("namespaces") or []
        all_namespaces = {str(app["metadata"]["namespace"]), *namespaces}
        return "(cluster)" not in all_namespaces and all(map(self._is_terminating, all_namespaces))

    def _is_terminating(self, name: str) -> bool:
        namespace = self._platform.get("v1", "Namespace", name)
        return namespace is None or (namespace.get("status") or {}).get("phase") == "Terminating"


_EXPOSED = ("name", "namespace", "uid", "labels", "annotations")
