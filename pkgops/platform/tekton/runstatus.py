"""The status of a run from its start to its end. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from pkgops.kube import Obj
from pkgops.platform.conditions import condition, condition_of, find_condition, timestamp

SUCCEEDED = "Succeeded"
# The feature flags of this platform in `status.provenance`.
FEATURE_FLAGS: Obj = {
    "awaitSidecarReadiness": True,
    "coschedule": "workspaces",
    "enableAPIFields": "beta",
    "enableProvenanceInStatus": True,
    "enforceNonfalsifiability": "none",
    "maxResultSize": 4096,
    "resultExtractionMethod": "termination-message",
    "runningInEnvWithInjectedSidecars": False,
    "sendCloudEventsForRuns": False,
    "verificationNoMatchPolicy": "ignore",
}


def succeeded(run: Obj) -> Obj:
    """Return the ``Succeeded`` condition, empty before the first reconciliation."""
    return condition_of(run, SUCCEEDED) or {}


MANAGER = "tekton.dev/pipeline"


def is_managed_externally(run: Obj) -> bool:
    """Return whether ``spec.managedBy`` of a run names another controller."""
    return run["spec"].get("managedBy") not in (None, "", MANAGER)


def is_done(run: Obj) -> bool:
    """Return whether a run has succeeded or failed."""
    return succeeded(run).get("status") in ("True", "False")


def with_condition(status: Obj, value: str, reason: str, message: str, now: datetime) -> Obj:
    """Return the status with its condition; as in Tekton, its time changes with every field."""
    new = condition(SUCCEEDED, value, reason, message, now)
    old = find_condition(status.get("conditions") or [], SUCCEEDED)
    if old and all(old.get(key) == new[key] for key in ("status", "reason", "message")):
        new = old
    return {**status, "conditions": [new]}


def of_task_run(status: Obj) -> Obj:
    """Return the status of a TaskRun with ``podName``, which is required also before there is a pod."""
    return {"podName": "", **status}


def started(status: Obj, now: datetime) -> Obj:
    """Return the status at the first reconciliation, with the start time, from which timeouts count."""
    status = {
        **status,
        "startTime": status.get("startTime") or timestamp(now),
        "provenance": {"featureFlags": FEATURE_FLAGS},
    }
    return with_condition(status, "Unknown", "Started", "", now)


def with_results(run: Obj, status: Obj, results: Sequence[Obj]) -> Obj:
    """Return the status with results; also as ``taskResults`` if the TaskRun was created in v1beta1.

    There is no conversion between the versions here, and templates for v1beta1 read ``taskResults``.
    """
    if not results:
        return status
    managers = run["metadata"].get("managedFields") or []
    old = any(entry.get("apiVersion") == "tekton.dev/v1beta1" for entry in managers)
    return {**status, "results": list(results), **({"taskResults": list(results)} if old else {})}


def ended(status: Obj, value: str, reason: str, message: str, now: datetime) -> Obj:
    """Return the status at the end of a run."""
    status = with_condition(status, value, reason, message, now)
    return {**status, "completionTime": timestamp(now)}


def retried(status: Obj, now: datetime) -> Obj:
    """Return the status before a retry; the previous status is appended to ``retriesStatus``."""
    before = {key: value for key, value in status.items() if key != "retriesStatus"}
    message = (find_condition(status.get("conditions") or [], SUCCEEDED) or {}).get("message", "")
    # Without the resolved Task, since references to the retry count have another value in the next attempt.
    kept = {key: value for key, value in status.items() if key == "provenance"}
    kept["retriesStatus"] = [*(status.get("retriesStatus") or []), before]
    return with_condition(kept, "Unknown", "ToBeRetried", message, now)


def killed_steps(steps: Sequence[Obj], reason: str, now: datetime) -> list[Obj]:
    """Return the steps' states after their pod was deleted: steps that had not terminated have now."""
    return [_killed(step, reason, now) for step in steps]


def _killed(step: Obj, reason: str, now: datetime) -> Obj:
    if "terminated" in step:
        return step
    running = step.get("running") or {}
    rest: dict[str, Any] = {key: value for key, value in step.items() if key not in ("running", "waiting")}
    ended = {"exitCode": 1, "reason": reason, "finishedAt": timestamp(now)}
    ended["startedAt"] = running.get("startedAt") or timestamp(now)
    return {**rest, "terminated": ended, "terminationReason": reason}
