"""Problems of a Workload or Deliverable itself: blueprint, permissions, not observed."""

from __future__ import annotations

from datetime import datetime, timedelta

from pkgops.model import CauseCode, Condition, State
from pkgops.pipeline import kinds
from pkgops.pipeline.diagnosis.facts import age, missing_account
from pkgops.pipeline.object_store import Obj, ObjectStore
from pkgops.readiness import owner as owners
from pkgops.readiness.base import conditions, created, find, meta, spec

OwnerProblem = tuple[CauseCode, State, str, str, Condition | None]
"""Cause, state, message, the detail of the cause's sentence, and the condition that reports it."""

_OWNER_CONDITIONS = ("SupplyChainReady", "DeliveryReady", "ResourcesSubmitted")


def problem(store: ObjectStore, owner: Obj, now: datetime, silent: timedelta) -> OwnerProblem | None:
    """Return the problem in an owner's conditions (blueprint, service account, not observed), or None."""
    waiting = owners.not_observed(owner)
    if waiting:
        since = waiting.since
        if since is None or now - since < silent:
            return None
        return CauseCode.CONTROLLER_SILENT, State.WAITING, waiting.message, "cartographer-controller", None
    entries = conditions(owner)
    if find(entries, "Ready") is None:
        return None
    for entry in entries:
        if entry.status != "False" or entry.type not in _OWNER_CONDITIONS:
            continue
        code = owners.classify(entry)
        if entry.type == "ResourcesSubmitted" and code is not CauseCode.SERVICE_ACCOUNT_MISSING:
            continue
        return (
            code or CauseCode.BLUEPRINT_NOT_READY,
            State.WAITING if code is CauseCode.TEMPORARY_ERROR else State.FAILED,
            entry.message,
            _owner_extra(store, owner, code, entry),
            entry,
        )
    return None


def _owner_extra(store: ObjectStore, owner: Obj, code: CauseCode | None, entry: Condition) -> str:
    if code is CauseCode.SERVICE_ACCOUNT_MISSING:
        return missing_account(entry.message) or str(spec(owner).get("serviceAccountName") or "default")
    kind = kinds.blueprint_of(str(owner.get("kind")))
    if gap := store.gap(kind.group, kind.kind, ""):
        return f" (which there are is unknown: {gap.sentence})"
    plans = store.all(kind.group, kind.kind)
    if code is CauseCode.NO_BLUEPRINT:
        there = [f"{meta(p).get('name')} selects {_selector(p)}" for p in plans]
        return f" (there is: {'; '.join(there)})" if there else f" (there is no {kind.kind})"
    if code is CauseCode.SEVERAL_BLUEPRINTS:
        labels = meta(owner).get("labels") or {}
        same = [str(meta(p).get("name")) for p in plans if _selects(p, labels)]
        return f" ({', '.join(same)})" if same else ""
    return ""


def _selector(plan: Obj) -> str:
    selector = spec(plan).get("selector") or {}
    return ",".join(f"{key}={value}" for key, value in sorted(selector.items())) or "other fields"


def _selects(plan: Obj, labels: dict[str, str]) -> bool:
    selector = spec(plan).get("selector") or {}
    return bool(selector) and all(labels.get(key) == value for key, value in selector.items())


def owner_age(owner: Obj, now: datetime) -> str:
    """How long ago the owner was created."""
    made = created(owner)
    return age(now - made) if made else "some time"
