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
    """Where the records of an environment are, and of which workload they are meant.

    Attributes:
        client: the cluster.
        namespace: the environment's.
        environment: the environment's name.
        workload: namespace and name.
        keep: how many of them stay.
        role: what ``doctor --rbac`` calls the rights to change the environment; empty where it has none.
    """

    client: Client
    namespace: str
    environment: str
    workload: str
    keep: int = DEFAULT_KEPT
    role: str = ""

    def remedy(self, error: PkgopsError) -> str:
        """Say which Role lacks where an error is a refusal; as the end of a sentence, empty for others."""
        return role_remedy(self.role) if isinstance(error, Forbidden) else ""

    def read(self) -> tuple[list[Record], list[str]]:
        """Return the workload's records, the newest first, and the names of ConfigMaps that hold none."""
        found, unreadable = recordmap.listed(self.client, self.namespace, LABEL, release.parse)
        mine = [one for one in found if one.workload == self.workload]
        return release.in_order(mine), unreadable


def role_remedy(role: str) -> str:
    """Say which Role to ask for, as the end of a sentence; empty where there is none."""
    return f"; pkgops doctor --rbac {role} prints the Role" if role else ""
