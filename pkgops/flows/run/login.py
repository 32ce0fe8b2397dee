"""Whether the API servers still know the user while something is followed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

from pkgops.flows.retries import SECONDS
from pkgops.kube import Client, Informer, Unauthorized
from pkgops.pipeline import Watch


class Login:
    """Tells the watches whose credential is not accepted any more: what they listed grows old unseen.

    A credential that is renewed a moment late is waited for.

    Args:
        home: the cluster without which nothing is known.
        client_of: gives the cluster of a namespace.
    """

    def __init__(self, home: Client, client_of: Callable[[str], Client]) -> None:
        self._home = home
        self._client_of = client_of
        self._since: dict[Watch, datetime] = {}

    def lost(self, informers: Mapping[Watch, Informer], now: datetime) -> set[Watch]:
        """Return the watches whose credential has not been accepted for too long.

        Raises:
            Unauthorized: one of them is of the home cluster.
        """
        refused = {
            watch: one.error for watch, one in informers.items() if isinstance(one.error, Unauthorized)
        }
        self._since = {watch: self._since.get(watch, now) for watch in refused}
        lost = {watch for watch, since in self._since.items() if now - since >= timedelta(seconds=SECONDS)}
        for watch in lost:
            if self._client_of(watch.namespace) is self._home:
                raise refused[watch]
        return lost
