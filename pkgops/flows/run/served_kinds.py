"""The version in which each kind is watched on its cluster, and the clusters that do not answer now."""

from __future__ import annotations

import time

from pkgops.errors import PkgopsError
from pkgops.flows.list_objects import served
from pkgops.kube import Client
from pkgops.pipeline import Watch

AGAIN_SECONDS = 15.0
"""How long no request is sent to the cluster of an environment that did not answer."""


class ServedKinds:
    """Finds the version of a kind that is served; only the cluster of the workload must answer."""

    def __init__(self, workload: Client) -> None:
        self.failed: dict[Watch, PkgopsError] = {}
        self._workload = workload
        self._down: dict[int, tuple[PkgopsError, float]] = {}

    def version(self, client: Client, watch: Watch) -> str:
        """Return the version to watch; empty while the cluster of an environment does not answer.

        Raises:
            PkgopsError: the cluster of the workload does not answer.
        """
        known = self._down.get(id(client))
        if known is not None and time.monotonic() < known[1]:
            self.failed[watch] = known[0]
            return ""
        try:
            version = served(client, watch)
        except PkgopsError as error:
            if client is self._workload:
                raise
            self.failed[watch] = error
            self._down[id(client)] = error, time.monotonic() + AGAIN_SECONDS
            return ""
        self.failed.pop(watch, None)
        return version
