"""Reconcile PackageRepositories: apply the packages of a bundle in their namespace."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from pkgops.errors import PkgopsError
from pkgops.formats import yaml
from pkgops.kapp import Options
from pkgops.kube import Obj
from pkgops.platform.carvel import objects, packages, status, timer
from pkgops.platform.carvel.deploy import Deployer
from pkgops.platform.carvel.fetch import Fetcher
from pkgops.platform.carvel.outcome import Outcome, failed, tool_failed
from pkgops.platform.carvel.placeholder import with_placeholder
from pkgops.platform.carvel.reconcile_steps import Reconciliation, Steps
from pkgops.platform.carvel.secrets import References
from pkgops.platform.carvel.template import STEP, Templater, kbld
from pkgops.platform.queue import Key
from pkgops.platform.runtime import Platform

DEFAULT_PERIOD = timedelta(minutes=10)
LOCK = ".imgpkg/images.yml"
NO_PACKAGES = "Invalid package repository content: must contain 'packages/' directory but did not"
OPTIONS = Options(
    wait=False,
    override_ownership=True,
    check_existing=False,
    changes_to_keep=5,
    overlay=packages.keep_identical,
)


@dataclass(frozen=True, slots=True)
class RepositoryReconciler:
    """Reconciles PackageRepositories."""

    platform: Platform

    def reconcile(self, key: Key) -> float | None:
        """Reconcile one PackageRepository if it is due; return the seconds until it is due again."""
        repository = self._get(key)
        if repository is None:
            return None
        now = self.platform.now()
        if repository["spec"].get("paused"):
            # As in kapp-controller this is checked before the deletion: a paused repository is not deleted.
            self.platform.save_status(repository, status.paused(repository, "Paused"))
            return None
        if repository["metadata"].get("deletionTimestamp"):
            self._delete(repository)
        elif timer.is_due(repository, now, DEFAULT_PERIOD):
            Reconciliation(self.platform, repository, self._steps(repository)).deploy()
        newest = self._get(key)
        return timer.until_due(newest, self.platform.now(), DEFAULT_PERIOD) if newest else None

    def _get(self, key: Key) -> Obj | None:
        return self.platform.get(objects.PACKAGING_API, "PackageRepository", key.name, key.namespace)

    def _delete(self, repository: Obj) -> None:
        if objects.REPOSITORY_FINALIZER not in (repository["metadata"].get("finalizers") or []):
            return
        if not timer.has_failed(repository) or timer.is_due(repository, self.platform.now(), DEFAULT_PERIOD):
            Reconciliation(self.platform, repository, self._steps(repository)).delete()

    def _steps(self, repository: Obj) -> Steps:
        meta = repository["metadata"]
        name, namespace = str(meta["name"]), str(meta["namespace"])
        references = References(self.platform.client, namespace)
        source = with_placeholder(self.platform.client, repository, dict(repository["spec"]["fetch"]), 0)

        def fetch(folder: Path) -> tuple[Path, Outcome]:
            return Fetcher(references).fetch([source], folder)

        def template(folder: Path) -> Outcome:
            return render(folder, source, f"{namespace}/{name}", Templater(references, {}))

        def deployer() -> Deployer:
            platform = self.platform
            client, now = platform.client, platform.now
            return Deployer(
                client=client,
                name=f"{name}.pkgr",
                namespace=namespace,
                now=now,
                cancelled=lambda: False,
                options=OPTIONS,
            )

        return Steps(
            finalizer=objects.REPOSITORY_FINALIZER,
            fetch=fetch,
            template=template,
            deployer=deployer,
            shows_resources=False,
        )


def render(folder: Path, source: dict[str, Any], repository: str, templater: Templater) -> Outcome:
    """Return the packages of a fetched repository, with images resolved by the bundle's lock file."""
    if not (folder / "packages").is_dir():
        return failed(NO_PACKAGES)
    rendered = templater.ytt({"paths": ["packages"], "ignoreUnknownComments": True}, folder, None)
    if rendered.error:
        return rendered
    try:
        published = packages.published(yaml.parse_all(rendered.stdout, "packages"), repository)
    except PkgopsError as error:
        return tool_failed(STEP, f"ytt: Error: {error.what}\n")
    text = yaml.dump_all([*published, packages.rebase_config()])
    if source.get("imgpkgBundle") is None:
        return Outcome(stdout=text)
    return kbld({"paths": ["-", LOCK]}, folder, text)
