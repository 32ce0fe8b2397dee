"""The place of a workload in an environment: where its records are, and what runs there."""

from __future__ import annotations

from pkgops.flows import probe, read_snapshot
from pkgops.flows.list_objects import list_objects
from pkgops.flows.ports import Ports
from pkgops.flows.releases import release
from pkgops.flows.releases.place import Place
from pkgops.flows.releases.release import Release
from pkgops.flows.target import Target
from pkgops.pipeline import Scope
from pkgops.settings import EnvironmentSetting


def place_of(target: Target, setting: EnvironmentSetting, workload: str) -> Place:
    """Return where the records of a workload in an environment are."""
    settings = target.settings
    name = f"{settings.workload_namespace}/{workload}"
    client = target.clusters.of(setting)
    return Place(
        client=client,
        namespace=setting.namespace,
        environment=setting.name,
        workload=name,
        keep=settings.kept_releases,
        role=probe.role_of(target, setting.name),
    )


def runs_now(target: Target, setting: EnvironmentSetting, workload: str, ports: Ports) -> Release:
    """Return what an environment runs, read from its own cluster only: that of another one may be down.

    Raises:
        PkgopsError: it cannot be read.
    """
    scope = Scope(target.settings.workload_namespace, workload, ((setting.name, setting.namespace),))
    snapshot = list_objects(target.clusters.of(setting), scope).snapshot(ports.now())
    return release.running(read_snapshot.environment(snapshot, setting.name))
