"""Read the pipeline once: the Snapshot of a workload and its environments now."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pkgops.errors import PreflightError, UsageError
from pkgops.flows import environment_path, unreadable, workloads
from pkgops.flows.list_objects import list_objects
from pkgops.flows.ports import Ports
from pkgops.flows.target import Target
from pkgops.kube import Forbidden
from pkgops.model import Environment, Snapshot, Stage

if TYPE_CHECKING:
    from pkgops.pipeline import Tracker
    from pkgops.settings import EnvironmentSetting


def name_of(target: Target, given: str | None) -> str:
    """Return the name of the selected workload.

    Raises:
        UsageError: there is no workload of that name; the message contains the most similar name, or that it
            is a deliverable.
        PreflightError: the cluster has no Cartographer.
    """
    settings = target.settings
    namespace = settings.workload_namespace
    if not target.client.serves(workloads.API, "Workload"):
        raise PreflightError(
            f"{target.name} does not serve workloads ({workloads.API})",
            next="install Cartographer, or run pkgops up",
            slug="missing-kinds",
        )
    try:
        known = workloads.names(target.client, namespace)
    except Forbidden as error:
        if not unreadable.refusal(error):
            raise
        # Whether it exists is unknown; its other objects are still read.
        return given or settings.workload
    if given and not known and workloads.delivered(target.client, namespace, given):
        raise UsageError(
            f"{given} in namespace {namespace} is a deliverable without a workload",
            why="its package is built elsewhere, or written to Git",
            next=f"pkgops why {given}",
            slug="no-workload",
        )
    return workloads.choose(known, given, settings.workload, namespace)


def read_snapshot(target: Target, name: str, ports: Ports) -> Snapshot:
    """Return the Snapshot of one workload now."""
    return tracker(target, name).snapshot(ports.now())


def tracker(target: Target, name: str = "") -> Tracker:
    """Return a Tracker with all objects of a workload (or, without a name, of all in the namespace)."""
    settings = target.settings
    clusters = target.clusters
    scope = clusters.scope(settings.workload_namespace, name, settings.environments)
    if clusters.one:
        return list_objects(clusters.workload, scope)

    from pkgops.flows.run.watch import RunWatch

    with RunWatch(clusters, scope) as watch:
        watch.sync()
        return watch.tracker


def environment_setting(target: Target, name: str) -> EnvironmentSetting:
    """Return the configured environment of this name.

    Raises:
        UsageError: there is no such environment; the message contains the most similar name.
    """
    return environment_path.setting(target.settings.environments, name)


def stages_in(target: Target, snapshot: Snapshot, name: str) -> tuple[Stage, ...]:
    """Return the stages of an environment, or all where none is named.

    Raises:
        UsageError: there is no such environment; names the nearest.
    """
    if not name:
        return snapshot.all_stages
    environment_setting(target, name)
    return tuple(stage for stage in snapshot.all_stages if stage.scope == name)


def environment(snapshot: Snapshot, name: str) -> Environment | None:
    """Return an environment of a Snapshot, or None where nothing was delivered there."""
    return next((env for env in snapshot.environments if env.name == name), None)
