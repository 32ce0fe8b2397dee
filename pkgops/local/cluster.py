"""What the rest of pkgops knows of a local cluster that runs."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from pkgops.local.instance import Instance


@dataclass(frozen=True)
class LocalCluster:
    """A running local cluster.

    Attributes:
        name: the instance's name.
        kubeconfig: the administrator's kubeconfig; its only context is the cluster's.
        context: the name of that context.
        address: where its registry, Git server and API server listen.
        registry: ``host:port``, as it stands in image names.
    """

    name: str
    kubeconfig: Path
    context: str
    address: str
    registry: str
    git: str

    @classmethod
    def of(cls, instance: Instance) -> LocalCluster:
        """Describe an instance."""
        return cls(
            instance.name,
            instance.kubeconfig,
            instance.owner,
            instance.address,
            instance.registry,
            instance.git,
        )

    def git_url(self, name: str) -> str:
        """Return the URL of a repository on the cluster's Git server."""
        return f"{self.git}/{name}.git"
