"""Kubernetes Events of owners: objects that were applied, outputs and health that changed."""

from __future__ import annotations

from collections.abc import Sequence

from pkgops.kube import Obj
from pkgops.platform.carto.realized import Realized
from pkgops.platform.conditions import find_condition
from pkgops.platform.runtime import Platform

# The real controller reports Deliverables under the Workload's component name too.
_COMPONENT = "Workload"


def record_events(
    platform: Platform,
    owner: Obj,
    results: Sequence[Realized],
    previous: Sequence[Obj],
    entries: Sequence[Obj],
) -> None:
    """Record the events of one reconcile.

    Args:
        platform: records the events.
        owner: the Workload or Deliverable.
        results: the results of its resources.
        previous: ``status.resources`` before the reconcile.
        entries: ``status.resources`` after it.
    """
    before = {entry["name"]: entry for entry in previous}
    after = {entry["name"]: entry for entry in entries}
    for result in results:
        for reason, message in _events(result, before.get(result.name, {}), after[result.name]):
            platform.event(owner, "Normal", reason, message, _COMPONENT)


def _events(result: Realized, before: Obj, after: Obj) -> list[tuple[str, str]]:
    object_name = f"{result.plural}/{result.stamped['metadata']['name']}" if result.stamped else "<nil>"
    events: list[tuple[str, str]] = []
    if result.written:
        events.append(("StampedObjectApplied", f"{result.written} object [{object_name}]"))
    if result.output and _digests(before) != _digests(after):
        what = (
            "passed through a new output" if result.pass_through else f"found a new output in [{object_name}]"
        )
        events.append(("ResourceOutputChanged", f"[{result.name}] {what}"))
    status = _health(after)
    if status and status != _health(before) and (before or status != "Unknown"):
        message = f"[{result.name}] found healthy status in [{object_name}] changed to [{status}]"
        events.append(("ResourceHealthyStatusChanged", message))
    return events


def _digests(entry: Obj) -> list[tuple[str, str]]:
    return [(output["name"], output["digest"]) for output in entry.get("outputs") or []]


def _health(entry: Obj) -> str:
    condition = find_condition(entry.get("conditions") or [], "Healthy")
    return str(condition["status"]) if condition else ""
