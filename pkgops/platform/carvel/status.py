"""The status of Apps and PackageRepositories after each step. Pure.

As with kapp-controller, there is at most one condition at a time, without timestamps.
"""

from __future__ import annotations

import copy
from datetime import datetime
from typing import Any

from pkgops.kapp import AppMeta
from pkgops.kube import Obj
from pkgops.platform.carvel.outcome import Outcome, failed
from pkgops.platform.conditions import timestamp

Status = dict[str, Any]


def started(obj: Obj, condition: str) -> Status:
    """Return the status at the start of a reconciliation; ``condition`` is Reconciling or Deleting."""
    status = copy.deepcopy(obj.get("status") or {})
    status["observedGeneration"] = obj["metadata"]["generation"]
    return _with_condition(status, condition, condition)


def paused(obj: Obj, description: str) -> Status:
    """Return the status of an object that is not reconciled; its condition is kept."""
    status = copy.deepcopy(obj.get("status") or {})
    return {**status, "observedGeneration": obj["metadata"]["generation"], "friendlyDescription": description}


def step_started(status: Status, step: str, now: datetime) -> Status:
    """Return the status with the start time of a step."""
    return {**status, step: {**(status.get(step) or {}), "startedAt": timestamp(now)}}


def fetched(status: Status, outcome: Outcome, now: datetime) -> Status:
    """Return the status with the outcome of fetching."""
    started = (status.get("fetch") or {}).get("startedAt")
    return {**status, "fetch": _step(outcome, now, startedAt=started, stdout=outcome.stdout)}


def templated(status: Status, outcome: Outcome, now: datetime) -> Status:
    """Return the status with the outcome of templating, without its output."""
    return {**status, "template": _step(outcome, now)}


def deployed(status: Status, outcome: Outcome, now: datetime, meta: AppMeta | None = None) -> Status:
    """Return the status with the outcome of a deployment so far, and its ``associatedResources``."""
    before = status.get("deploy") or {}
    friendly = outcome.friendly()
    step = _step(friendly, now, startedAt=before.get("startedAt"), stdout=friendly.stdout)
    step["finished"] = outcome.finished
    if meta is not None and meta.last_change.namespaces:
        step["kapp"] = {"associatedResources": _associated(meta)}
    elif before.get("kapp"):
        step["kapp"] = before["kapp"]
    return {**status, "deploy": step}


def completed(status: Status, outcome: Outcome) -> Status:
    """Return the status at the end of a reconciliation: condition, counters, and error message."""
    if outcome.error:
        return _failure(status, outcome, "ReconcileFailed", "Reconcile failed")
    result = _with_condition(status, "ReconcileSucceeded", "Reconcile succeeded")
    result["consecutiveReconcileSuccesses"] = int(status.get("consecutiveReconcileSuccesses") or 0) + 1
    for key in ("consecutiveReconcileFailures", "usefulErrorMessage"):
        result.pop(key, None)
    return result


def delete_failed(status: Status, outcome: Outcome) -> Status:
    """Return the status after a deletion that failed."""
    return _failure(status, outcome, "DeleteFailed", "Delete failed")


def delete_ended(status: Status, now: datetime) -> Status:
    """Return the status with the end time of a deletion that failed, from which its retry is scheduled."""
    return {**status, "deploy": {**(status.get("deploy") or {}), "updatedAt": timestamp(now)}}


def unexpected_error(obj: Obj, error: str, now: datetime) -> Status:
    """Return the status of an object whose reconciliation ended with an unexpected error."""
    outcome = failed(error)
    if obj["metadata"].get("deletionTimestamp"):
        return delete_failed(delete_ended(started(obj, "Deleting"), now), outcome)
    return completed(started(obj, "Reconciling"), outcome)


def _failure(status: Status, outcome: Outcome, condition: str, description: str) -> Status:
    result = _with_condition(status, condition, f"{description}: {outcome.error}", outcome.error)
    result["consecutiveReconcileFailures"] = int(status.get("consecutiveReconcileFailures") or 0) + 1
    result.pop("consecutiveReconcileSuccesses", None)
    result["usefulErrorMessage"] = outcome.useful_error
    return result


def _with_condition(status: Status, type: str, description: str, message: str = "") -> Status:
    entry = {"type": type, "status": "True", **({"message": message} if message else {})}
    return {**status, "conditions": [entry], "friendlyDescription": description}


def _step(outcome: Outcome, now: datetime, **more: Any) -> dict[str, Any]:
    texts = {"stderr": outcome.stderr, "error": outcome.error, **more}
    kept = {key: value for key, value in texts.items() if value}
    return {**kept, "exitCode": outcome.exit_code, "updatedAt": timestamp(now)}


def _associated(meta: AppMeta) -> dict[str, Any]:
    kinds = [{"group": group, "kind": kind} for group, kind in meta.used_gks or ()]
    return {
        "groupKinds": kinds,
        "label": meta.selector,
        "namespaces": list(meta.last_change.namespaces),
    }
