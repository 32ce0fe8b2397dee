"""The clusters of a target: the workload's, and those of environments on contexts of their own."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from pkgops.errors import UsageError
from pkgops.kube import Client
from pkgops.pipeline import Scope
from pkgops.settings import EnvironmentSetting
from pkgops.values import Value, replace


def nothing() -> None:
    """Do nothing."""


class Clusters(Value):
    """The clients of a target's clusters, by environment, namespace or name; each cluster is connected once.

    A namespace is on one cluster: that of the environment that has it, else that of the workload.

    Attributes:
        workload: the client of the workload's cluster.
        environments: all that are configured.
        connected: returns the client of a context.
        idle: called each second in which a command that waits sees no change.
    """

    workload: Client
    environments: tuple[EnvironmentSetting, ...]
    connected: Callable[[str], Client]
    idle: Callable[[], object] = nothing

    def of(self, environment: EnvironmentSetting) -> Client:
        """Return the client of an environment's cluster.

        Raises:
            UsageError: there is no such context.
        """
        return self.connected(environment.context) if environment.context else self.workload

    def of_namespace(self, namespace: str) -> Client:
        """Return the client of a namespace's cluster; of the workload's without a namespace.

        Raises:
            UsageError: there is no such context.
        """
        matching = (one for one in self.environments if one.namespace == namespace)
        return next((self.of(one) for one in matching), self.workload)

    def on_workload_cluster(self, namespace: str) -> bool:
        """Return whether a namespace is on the cluster of the workload. Raises as ``of_namespace`` does."""
        return self.of_namespace(namespace) is self.workload

    def preferring(self, environments: Sequence[EnvironmentSetting]) -> Clusters:
        """Return the same clusters, but a namespace of several environments belongs to one of these."""
        return replace(self, environments=(*environments, *self.environments))

    def named(self, name: str) -> Client:
        """Return the client of the cluster with that name; of the workload's for an unknown one."""
        return next((client for client in self.all() if client.name == name), self.workload)

    def all(self) -> list[Client]:
        """Return the clients of all clusters, the workload's first, each once."""
        clients = {
            id(client): client for client in (self.workload, *(self.of(one) for one in self.environments))
        }
        return list(clients.values())

    @property
    def one(self) -> bool:
        """Whether every environment is on the cluster of the workload."""
        return len(self.all()) == 1

    def scope(self, namespace: str, name: str, environments: Sequence[EnvironmentSetting]) -> Scope:
        """Return the scope of a workload (all of the namespace without a name) and some environments.

        Raises:
            UsageError: a namespace of theirs is on two clusters, and objects are identified by namespaces.
        """
        self._check([(namespace, "the workload", self.workload)], environments)
        return Scope(namespace, name, tuple((one.name, one.namespace) for one in environments))

    def _check(
        self, places: Iterable[tuple[str, str, Client]], environments: Sequence[EnvironmentSetting]
    ) -> None:
        seen = {namespace: (who, client) for namespace, who, client in places}
        for one in environments:
            who, client = seen.setdefault(one.namespace, (one.name, self.of(one)))
            if client is not self.of(one):
                raise UsageError(
                    f"{who} and {one.name} both have namespace {one.namespace}, on two clusters",
                    why="pkgops identifies their objects by the namespace",
                    next=f"give {one.name} another namespace in pkgops.environments",
                    slug="same-namespace",
                )
