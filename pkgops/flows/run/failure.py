"""A failed run as an error: the cause, the evidence, the end of the failing container's log."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from pkgops.errors import PkgopsError, StepFailed
from pkgops.flows import unreadable
from pkgops.flows.clusters import Clusters
from pkgops.flows.next_command import after_install
from pkgops.flows.run import outcome as outcomes
from pkgops.flows.run.outcome import Outcome
from pkgops.kube import Invalid, NotFound, Obj
from pkgops.model import Blockage, CauseCode, ObjectRef, Snapshot
from pkgops.readiness import containers

LOG_LINES = 40
"""How much of a failed container's log is shown: test runners end with counts, after the errors."""
PODS_GONE = frozenset({CauseCode.RUN_TIMEOUT, CauseCode.RUN_CANCELLED, CauseCode.POD_LOST})
"""Causes with which the pod, and its log, are deleted."""


def explain(
    clusters: Clusters,
    outcome: Outcome,
    kept: Callable[[str], str] = lambda _: "",
    *,
    installed: bool = False,
) -> PkgopsError:
    """Return the error for an outcome that is not success.

    Args:
        clusters: where logs are read.
        outcome: how the run ended.
        kept: returns the end of a stage's log that was read while it ran, for deleted pods.
        installed: the templates were just applied, so that applying them again would not help.
    """
    error = outcomes.failure(outcome) or StepFailed("the run failed", next="pkgops why")
    blockage = outcome.blockage
    if installed and blockage is not None:
        error.next = after_install(blockage) or error.next
    pod = _pod(outcome.snapshot, blockage) if blockage else None
    tail = log_end(clusters, pod) if pod else ""
    if not tail and blockage is not None and blockage.code in PODS_GONE:
        tail = kept(blockage.stage)
    if tail:
        error.why = "\n".join(part for part in (error.why, tail) if part)
    return error


def log_end(clusters: Clusters, ref: ObjectRef) -> str:
    """Return the last lines of the log of a pod's failed container, headed by its name; empty without one.

    Where it cannot be read, the reason is returned instead: this error does not replace the explained one.
    """
    try:
        client = clusters.of_namespace(ref.namespace)
        pod = client.find("v1", "Pod", ref.name, ref.namespace)
        container = failed_container(pod) if pod else ""
        if not container:
            return ""
        lines = list(client.logs(ref.namespace, ref.name, container, tail=LOG_LINES))
    except (NotFound, Invalid):
        # The pod was deleted, or the container never started.
        return ""
    except PkgopsError as error:
        return f"--- the log of {ref}\nunknown: {unreadable.reason(error, ref.namespace)}"
    return headed(ref, container, lines)


def headed(ref: ObjectRef, container: str, lines: Sequence[str]) -> str:
    """Return the last lines of a log under a line with the container's name."""
    return "\n".join([f"--- end of the log of {ref}, container {container}", *lines])


def failed_container(pod: Obj) -> str:
    """Return the name of the first container that ended with an error, also repeatedly."""
    for entry in containers.statuses(pod):
        for state in (entry.get("state") or {}, entry.get("lastState") or {}):
            if (state.get("terminated") or {}).get("exitCode"):
                return str(entry["name"])
    return ""


def _pod(snapshot: Snapshot, blockage: Blockage) -> ObjectRef | None:
    if blockage.object is not None and blockage.object.kind == "Pod":
        return blockage.object
    for stage in snapshot.all_stages:
        if (stage.scope, stage.name) == (blockage.scope, blockage.stage):
            return next(iter(stage.pods), None)
    return None
