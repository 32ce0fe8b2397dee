"""The times at which an App or PackageRepository is due to be reconciled. Pure."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from pkgops.kube import Obj
from pkgops.platform.durations import parse_duration

MINIMUM = timedelta(seconds=30)
_FAILED = ("ReconcileFailed", "DeleteFailed")


def sync_period(obj: Obj, default: timedelta) -> timedelta:
    """Return the sync period of an object: that of its spec, or the default; at least 30 s."""
    try:
        period = timedelta(seconds=parse_duration(str(obj["spec"]["syncPeriod"])))
    except (KeyError, ValueError):
        period = default
    return max(period, MINIMUM)


def retry_period(obj: Obj, default: timedelta) -> timedelta:
    """Return how long to wait after failures: 2^n seconds, at most the sync period."""
    failures = int(_status(obj).get("consecutiveReconcileFailures") or 0)
    longest = sync_period(obj, default)
    return min(timedelta(seconds=2**failures), longest) if 0 < failures < 30 else longest


def period(obj: Obj, default: timedelta) -> timedelta:
    """Return the time between the last reconciliation of an object and the next."""
    return retry_period(obj, default) if has_failed(obj) else sync_period(obj, default)


def is_due(obj: Obj, now: datetime, default: timedelta) -> bool:
    """Return whether an object is to be reconciled now."""
    if _status(obj).get("observedGeneration") != obj["metadata"].get("generation"):
        return True
    last = last_work(obj)
    return last is None or is_interrupted(obj) or now - last >= period(obj, default)


def is_interrupted(obj: Obj) -> bool:
    """Return whether a reconciliation of an object was started and not finished.

    Valid only between reconciliations, while neither the caller nor another thread reconciles the object.
    """
    return any(item.get("type") == "Reconciling" for item in _status(obj).get("conditions") or [])


def until_due(obj: Obj, now: datetime, default: timedelta) -> float:
    """Return the seconds until an object is due, at least 0.5."""
    last = last_work(obj)
    left = period(obj, default) - (now - last) if last else timedelta(0)
    return max(left.total_seconds(), 0.5)


def has_failed(obj: Obj) -> bool:
    """Return whether the last reconciliation or deletion of an object failed."""
    return any(item.get("type") in _FAILED for item in _status(obj).get("conditions") or [])


def has_failed_to_delete(obj: Obj) -> bool:
    """Return whether the last attempt to delete an object failed."""
    return any(item.get("type") == "DeleteFailed" for item in _status(obj).get("conditions") or [])


def last_work(obj: Obj) -> datetime | None:
    """Return when the latest step ended, None if no step has."""
    texts = [(_status(obj).get(step) or {}).get("updatedAt") for step in ("fetch", "template", "deploy")]
    times = [datetime.fromisoformat(text.replace("Z", "+00:00")) for text in texts if text]
    return max(times, default=None)


def _status(obj: Obj) -> dict[str, Any]:
    return dict(obj.get("status") or {})
