"""Where the records of releases are."""

from __future__ import annotations

from dataclasses import dataclass

from pkgops.errors import PkgopsError
from pkgops.flows.releases import recordmap, release
from pkgops.flows.releases.release import LABEL, Record
from pkgops.kube import Client, Forbidden
from pkgops.settings.schema import DEFAULT_KEPT


@dataclass(frozen=True, kw_only=True)
class Place:
    """Where the records of a workload in an environment are.

    Attributes:
        client: the cluster.
        namespace: the environment's.
        environment: the environment's name.
        workload: namespace and name.
        keep: how many of them are kept.
        role: the Role of ``doctor --rbac`` with the permissions to change the environment; empty where there
            is none.
    """

    client: Client
    namespace: str
    environment: str
    workload: str
    keep: int = DEFAULT_KEPT
    role: str = ""

    def remedy(self, error: PkgopsError) -> str:
        """Return which Role is missing for a refusal, as the end of a sentence; empty for other errors."""
        return role_remedy(self.role) if isinstance(error, Forbidden) else ""

    def read(self) -> tuple[list[Record], list[str]]:
        """Return the workload's records, the newest first, and the names of ConfigMaps that contain none."""
        found, unreadable = recordmap.listed(self.client, self.namespace, LABEL, release.parse)
        mine = [one for one in found if one.workload == self.workload]
        return release.in_order(mine), unreadable


def role_remedy(role: str) -> str:
    """Return which Role to request, as the end of a sentence, or an empty text."""
    return f"; pkgops doctor --rbac {role} prints the Role" if role else ""
