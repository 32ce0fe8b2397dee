"""How long requests are retried after temporary errors of an API server, and what is reported meanwhile."""

from __future__ import annotations

import threading

from pkgops.errors import PkgopsError
from pkgops.flows.ports import Ports
from pkgops.kube import ApiError, Waiting

SECONDS = 20.0
"""For how many seconds a temporary error is retried, in addition to what a run waits for."""

STARTED_SECONDS = 180.0
"""For how many seconds where all parts of the local cluster have answered the command, as in ``up``.

The API server of a slow machine may leave a read unanswered, which ends after a minute: time for a third one.
"""


def reporting(cluster: str, ports: Ports) -> Waiting:
    """Return a function that reports once that an API server does not answer; any thread may call it."""
    first = threading.Lock()

    def waiting(failure: PkgopsError) -> None:
        # Never released: later calls do not report again.
        if first.acquire(blocking=False):
            ports.note(sentence(cluster, failure))

    return waiting


def sentence(cluster: str, failure: PkgopsError) -> str:
    """Return how an API server failed, in one line."""
    if isinstance(failure, ApiError):
        did, why = "cannot serve the request for now", f"HTTP {failure.status}: {failure.message}"
    else:
        did, why = "does not answer", failure.why or failure.summary
    return f"the API server of {cluster} {did} ({' '.join(why.split())}), retrying"
