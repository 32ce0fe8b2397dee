"""The clusters of a target: the workload's, and those of environments on contexts of their own."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from pkgops.errors import UsageError
from pkgops.kube import Client
from pkgops.pipeline import Scope
from pkgops.settings import EnvironmentSetting
from pkgops.values import Value, replace


class Clusters(Value):
    """Gives the way to the cluster of anything that is followed, each cluster connected once.

    A namespace is on one cluster: that of the environment that has it, else that of the workload.

    Attributes:
        home: the way to the cluster of the workload.
        environments: all that are configured.
        connected: gives the way to a context.
    """

    home: Client
    environments: tuple[EnvironmentSetting, ...]
    connected: Callable[[str], Client]

    def of(self, environment: EnvironmentSetting) -> Client:
        """Return the way to an environment's cluster.

        Raises:
            UsageError: there is no such context.
        """
        return self.connected(environment.context) if environment.context else self.home

    def of_namespace(self, namespace: str) -> Client:
        """Return the way to the cluster of a namespace; that of the workload without one.

        Raises:
            UsageError: there is no such context.
        """
        matching = (one for one in self.environments if one.namespace == namespace)
        return next((self.of(one) for one in matching), self.home)

    def at_home(self, namespace: str) -> bool:
        """Tell whether a namespace is on the cluster of the workload. Raises as ``of_namespace`` does."""
        return self.of_namespace(namespace) is self.home

    def preferring(self, environments: Sequence[EnvironmentSetting]) -> Clusters:
        """Return the same, where a namespace of several environments is that of these."""
        return replace(self, environments=(*environments, *self.environments))

    def named(self, name: str) -> Client:
        """Return the way to the cluster of that name, as answers have it; that of the workload by default."""
        return next((client for client in self.all() if client.name == name), self.home)

    def all(self) -> list[Client]:
        """Return the ways to all clusters, the workload's first, each once."""
        clients = {id(client): client for client in (self.home, *(self.of(one) for one in self.environments))}
        return list(clients.values())

    @property
    def one(self) -> bool:
        """Whether all is on the cluster of the workload."""
        return len(self.all()) == 1

    def scope(self, namespace: str, name: str, environments: Sequence[EnvironmentSetting]) -> Scope:
        """Return what to follow of a workload (all of the namespace without a name) and some environments.

        Raises:
            UsageError: a namespace of theirs is on two clusters, and objects are identified by namespaces.
        """
        self._check([(namespace, "the workload", self.home)], environments)
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
                    why="pkgops tells their objects apart by the namespace",
                    next=f"give {one.name} another namespace in pkgops.environments",
                    slug="same-namespace",
                )
