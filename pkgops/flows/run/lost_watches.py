"""Watches that have failed for too long: their objects may have changed since."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from pkgops.errors import PkgopsError, PreflightError
from pkgops.flows import retries
from pkgops.flows.clusters import Clusters
from pkgops.kube import ClusterDeleted, Unauthorized, Unreachable, is_temporary
from pkgops.pipeline import Watch

if TYPE_CHECKING:
    from pkgops.kube import Informer

LOGIN = timedelta(seconds=retries.SECONDS)
"""How long a credential that is renewed late is waited for."""
ANSWER = timedelta(seconds=retries.STARTED_SECONDS)
"""How long a restarting API server is waited for; until then its last lists count."""


class LostWatches:
    """Finds the lost watches, by how long they have failed without interruption.

    Without the workload's cluster nothing is known, so its errors are raised.
    """

    def __init__(self, clusters: Clusters) -> None:
        self._clusters = clusters
        self._since: dict[Watch, datetime] = {}

    def among(self, informers: Mapping[Watch, Informer], now: datetime) -> set[Watch]:
        """Return the lost watches: not answered, or refused to this user.

        Raises:
            Unauthorized: the workload's cluster does not accept the user any more, so that waiting does not
                help.
            PreflightError: there is no credential any more, or its cluster was deleted.
        """
        for watch, one in informers.items():
            if isinstance(one.error, ClusterDeleted) and self._clusters.on_workload_cluster(watch.namespace):
                raise one.error
        errors = {watch: one.error for watch, one in informers.items() if _lasts(one.error)}
        self._since = {watch: self._since.get(watch, now) for watch in errors}
        lost = {watch for watch, since in self._since.items() if now - since >= _allowed(errors[watch])}
        for watch in lost:
            error = errors[watch]
            if error is not None and _of_login(error) and self._clusters.on_workload_cluster(watch.namespace):
                raise error
        return lost


def _of_login(error: PkgopsError | None) -> bool:
    """Whether an error is about credentials: refused, or missing (a program, a file)."""
    other = isinstance(error, PreflightError) and not isinstance(error, Unreachable)
    return other or isinstance(error, Unauthorized)


def _lasts(error: PkgopsError | None) -> bool:
    return _of_login(error) or is_temporary(error)


def _allowed(error: PkgopsError | None) -> timedelta:
    return LOGIN if _of_login(error) else ANSWER
