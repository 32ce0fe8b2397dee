"""How long temporary errors of an API server are tried again, and what is reported meanwhile."""

from __future__ import annotations

import threading

from pkgops.errors import PkgopsError
from pkgops.flows.ports import Ports
from pkgops.kube import ApiError, Waiting

SECONDS = 20.0
"""For so long is a temporary error tried again, besides what a run waits for."""

STARTED_SECONDS = 180.0
"""For so long where all parts of the local cluster have answered the command, as ``up`` has.

The API server of a slow machine may leave a read unanswered, which ends after a minute: time for a third one.
"""


def telling(cluster: str, ports: Ports) -> Waiting:
    """Return what reports once that an API server does not answer; any number of threads may call it."""
    first = threading.Lock()

    def waiting(failure: PkgopsError) -> None:
        # Never given back: for all later ones it has been reported.
        if first.acquire(blocking=False):
            ports.note(sentence(cluster, failure))

    return waiting


def sentence(cluster: str, failure: PkgopsError) -> str:
    """What an API server does instead of what it was asked for, in one line."""
    if isinstance(failure, ApiError):
        did, why = "cannot do for now what it is asked for", f"HTTP {failure.status}: {failure.message}"
    else:
        did, why = "does not answer", failure.why or failure.summary
    return f"the API server of {cluster} {did} ({' '.join(why.split())}), trying again"
