"""Which cluster a command works on; the only module that treats the local cluster differently.

It starts the local cluster when that is the target, and uses its registry, Git server and images as
defaults of the templates' values, with the origin ``local cluster``.
"""

from __future__ import annotations

import shlex
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from pkgops import commandline
from pkgops.errors import PreflightError, UsageError
from pkgops.flows import project, push, retries, workloads
from pkgops.flows.clusters import Clusters, nothing
from pkgops.flows.local_cluster import (
    Repairs,
    answering,
    connect_local,
    existing,
    repair_cluster,
    start_cluster,
    with_language,
)
from pkgops.flows.local_values import local_values
from pkgops.flows.naming import name_of
from pkgops.flows.ports import Ports
from pkgops.kube import Client, Waiting, connect
from pkgops.kube.incluster import CONTEXT as IN_CLUSTER
from pkgops.model.revision import short_commit
from pkgops.settings import Origin, Settings
from pkgops.values import Value, made, replace

if TYPE_CHECKING:
    from pkgops.local import LocalCluster

LOCAL = Origin("local cluster")


class Target(Value, kw_only=True):
    """A cluster to work on.

    Attributes:
        name: its name for messages.
        client: its client.
        settings: the configuration, completed with the values of this cluster.
        confirms: whether the user must confirm changes.
        local: the local cluster, where it is the target.
        ports: gets a note where a cluster does not answer for a while.
        idle: as in ``Clusters``.
    """

    name: str
    client: Client
    settings: Settings
    confirms: bool
    local: LocalCluster | None = None
    ports: Ports = made(default_factory=Ports)
    idle: Callable[[], object] = nothing
    _others: dict[str, Client] = made(default_factory=dict)

    @property
    def clusters(self) -> Clusters:
        """The clients of all clusters of this target."""
        return Clusters(self.client, tuple(self.settings.environments), self._connected, self.idle)

    def _connected(self, context: str) -> Client:
        if context == self.settings.context:
            return self.client
        if context not in self._others:
            self._others[context] = _connect(self.settings.kubeconfig, context, self.ports)
        return self._others[context]

    def of_workload(self, name: str) -> Target:
        """Return the target with the data values of a workload that the configuration does not name.

        A workload that pkgops submitted with the shipped templates contains its values; for other templates
        the templates must have the workload.
        """
        if not name or name == self.settings.workload or self.settings.templates:
            return self
        first = self.settings.environments[0]
        values = workloads.values_of(self.client, self.clusters.of(first), self.settings, name)
        return replace(self, settings=self.settings.with_overrides(values, Origin("workload", name)))

    def with_settings(self, settings: Settings) -> Target:
        """Return the same cluster with other settings, completed with the values of the cluster."""
        if self.local is None:
            return replace(self, settings=settings)
        settings = project.with_found_language(settings)
        cluster = with_language(self.local, settings, self.ports)
        completed = settings.with_defaults(local_values(cluster, settings), LOCAL)
        return replace(self, settings=completed, local=cluster)

    def check_source(self, folder: Path) -> None:
        """Make sure that a folder can be pushed, before anything changes.

        Raises:
            RefusedError: the target has no Git server of its own, and none for pushes is configured, or no
                branch of the user's own.
            UsageError: there is no such folder.
            ToolFailed: the Git server does not answer.
        """
        place = None if self.local else push.configured(self.settings)
        if self.local is None and place is None:
            raise push.no_git_server(folder, self.name)
        if place is not None:
            from pkgops import local

            push.check_branch(place, local.default_branch(place.url))
        if not folder.is_dir():
            raise UsageError(
                f"{folder} is not a folder", next="name the folder of the sources", slug="source"
            )

    def following_source(self) -> Target:
        """Return the target with its own Git server as the source, to which folders are pushed."""
        if self.local is None:
            return self
        git = {"url": self.local.git_url(push.repository(self.settings)), "branch": "main"}
        settings = self.settings.with_overrides({"git": git}, Origin("option", "--source"))
        return replace(self, settings=settings)

    def push_source(self, folder: Path, ports: Ports, *, again: bool = False) -> str:
        """Push a folder's content to the cluster's Git server as a new commit, and return the commit.

        Unchanged content is no new commit, unless it is to be pushed ``again``.

        Raises:
            RefusedError, UsageError, ToolFailed: as ``check_source``.
        """
        from pkgops import local

        place = None if self.local else push.configured(self.settings)
        if self.local is not None:
            name = push.repository(self.settings)
            before = local.other_folder(folder, name, cluster=self.local)
            commit = local.push_snapshot(folder, name, cluster=self.local, again=again)
            if before is not None:
                ports.note(
                    f"{self.settings.workload} came from {before} until now: two applications need "
                    "two names, workload.name of one of them"
                )
            where = "the local Git server"
        elif place is not None:
            commit = local.push_snapshot_to(folder, place.url, place.branch, again=again)
            where = f"branch {place.branch} of {place.url}"
        else:
            raise push.no_git_server(folder, self.name)
        shown = folder if folder.name else folder.resolve()
        ports.note(f"{shown} is commit {short_commit(commit)} on {where}", commit=commit)
        return commit


def resolve(settings: Settings, ports: Ports, *, start: bool = True, read_only: bool = False) -> Target:
    """Return the target cluster.

    Args:
        settings: which cluster, and the values to complete.
        ports: gets each part of the local cluster that had to be started.
        start: create the local cluster where it does not exist. An existing one is repaired in any case.
        read_only: change nothing on this machine: neither make a local cluster nor repair one (a dry run).

    Raises:
        UsageError: no such context.
        PreflightError: there is no local cluster and none may be made, or it would have to be repaired.
    """
    commandline.works_on(kubectl_of(settings))
    if settings.context:
        client = _connect(settings.kubeconfig, settings.context, ports)
        return Target(
            name=name_of(settings.context), client=client, settings=settings, confirms=True, ports=ports
        )
    if read_only:
        _refuse_to_start_cluster(ports)
    waiting = retries.reporting(name_of(""), ports)
    if read_only:
        return _local(settings, ports, waiting, start=False)
    repairs = Repairs(waiting, lambda: repair_cluster(settings, ports), ports)
    return replace(_local(settings, ports, repairs.waiting, start=start), idle=repairs.idle)


def kubectl_of(settings: Settings) -> dict[str, str]:
    """Return how kubectl is called for the cluster of each environment; without a name for the workload's."""
    contexts = {one.name: one.context or settings.context for one in settings.environments}
    return {name: _called(settings, context) for name, context in {"": settings.context, **contexts}.items()}


def _called(settings: Settings, context: str) -> str:
    if not context:
        return "pkgops local kubectl"
    words = ["kubectl"]
    if settings.kubeconfig:
        words += ["--kubeconfig", str(settings.kubeconfig)]
    if context != IN_CLUSTER:
        words += ["--context", context]
    return shlex.join(words)


def _refuse_to_start_cluster(ports: Ports) -> None:
    """Make sure that the local cluster answers, for a command that must not start it."""
    cluster = existing()
    if cluster is None or answering(cluster, retries.reporting(name_of(""), ports)) is None:
        raise PreflightError(
            "there is no cluster on this machine yet" if cluster is None else f"{name_of('')} does not run",
            why="a dry run starts nothing: its changes are compared with the objects of a cluster",
            next="pkgops local up, then the same command; or name another cluster with --context",
            slug="no-local-cluster" if cluster is None else "local-stopped",
        )


def with_local_values(settings: Settings) -> Settings:
    """Return settings with the values of the local cluster, without starting anything.

    Unchanged where another cluster is the target, or the local one does not exist yet.
    """
    cluster = None if settings.context else existing()
    settings = settings if settings.context else project.with_found_language(settings)
    return settings.with_defaults(local_values(cluster, settings), LOCAL) if cluster else settings


def _local(settings: Settings, ports: Ports, waiting: Waiting, *, start: bool) -> Target:
    settings = project.with_found_language(settings)
    cluster = existing()
    if cluster is None and not start:
        raise PreflightError(
            "there is no cluster on this machine yet",
            next="pkgops up, or name another cluster with --context",
            slug="no-local-cluster",
        )
    client = None if start or cluster is None else answering(cluster, waiting)
    if cluster is None or client is None:
        cluster = with_language(start_cluster(settings, ports), settings, ports)
        client = connect_local(cluster, waiting, retries.STARTED_SECONDS)
    completed = settings.with_defaults(local_values(cluster, settings), LOCAL)
    return Target(
        name=f"the local cluster {cluster.name}",
        client=client,
        settings=completed,
        confirms=False,
        local=cluster,
        ports=ports,
    )


def _connect(kubeconfig: Path | None, context: str, ports: Ports) -> Client:
    waiting = retries.reporting(name_of(context), ports)
    return connect(kubeconfig, context, retry_seconds=retries.SECONDS, waiting=waiting)
