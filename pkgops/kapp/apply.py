"""Apply one change on the cluster, by the strategy of the resource's annotations."""

from __future__ import annotations

import time

from pkgops.kapp.change import Change, Differ, is_orphaned
from pkgops.kapp.cluster import Cluster, is_invalid
from pkgops.kapp.errors import KappError
from pkgops.kapp.identity import (
    CREATE_STRATEGY,
    DELETE_STRATEGY,
    DISABLE_ORIGINAL,
    UPDATE_STRATEGY,
    Obj,
    annotations_of,
)
from pkgops.kube import AlreadyExists, Conflict, NotFound

ATTEMPTS = 10
MAX_ANNOTATION = 262_144
_CREATE = ("", "fallback-on-update", "fallback-on-update-or-noop")
_UPDATE = ("", "fallback-on-replace", "always-replace", "skip")


def apply_change(cluster: Cluster, differ: Differ, change: Change, update_strategy: str = "") -> None:
    """Create, update or delete the resource of a change.

    Args:
        cluster: the cluster.
        differ: the rules.
        change: the change.
        update_strategy: the update strategy of a resource without the annotation.

    Raises:
        KappError: the server refused, or the resource has an unknown strategy.
    """
    if change.op == "create":
        _create(cluster, differ, change)
    elif change.op == "update":
        _update(cluster, differ, change, update_strategy)
    elif change.op == "delete":
        orphaned = is_orphaned(change)
        if not orphaned:
            _strategy(change.existing or change.resource, DELETE_STRATEGY, ("",), "delete")
        (cluster.orphan if orphaned else cluster.delete)(change.resource)
    elif change.op == "exists" and cluster.current(change.resource) is None:
        raise KappError(f"External resource doesn't exist: {change.text}")


def _create(cluster: Cluster, differ: Differ, change: Change) -> None:
    strategy = _strategy(change.resource, CREATE_STRATEGY, _CREATE, "create")
    try:
        saved = cluster.create(change.resource)
    except AlreadyExists as error:
        if not strategy:
            raise KappError(
                f"Creating resource {change.text}:\n  API server says:\n    {error.message}"
            ) from error
        _update_after_conflict(cluster, differ, change, may_be_noop=strategy.endswith("noop"))
        return
    _remember(cluster, differ, change, saved)


def _update_after_conflict(cluster: Cluster, differ: Differ, change: Change, *, may_be_noop: bool) -> None:
    for _ in range(ATTEMPTS):
        again = differ.upsert(_applied(change), cluster.current(change.resource))
        if again.op == "noop" and may_be_noop:
            return
        try:
            saved = cluster.update(again.resource)
        except (Conflict, NotFound):
            continue
        _remember(cluster, differ, change, saved)
        return
    raise KappError(
        "Failed to update (after trying to create) due to resource conflict (tried multiple times)"
    )


def _update(cluster: Cluster, differ: Differ, change: Change, default: str) -> None:
    strategy = _strategy(change.resource, UPDATE_STRATEGY, _UPDATE, "update", default)
    if strategy == "skip":
        return
    if strategy == "always-replace":
        _replace(cluster, differ, change)
        return
    try:
        saved = _update_plain(cluster, differ, change)
    except KappError as error:
        if strategy != "fallback-on-replace" or not is_invalid(error):
            raise
        _replace(cluster, differ, change)
        return
    _remember(cluster, differ, change, saved)


def _update_plain(cluster: Cluster, differ: Differ, change: Change) -> Obj:
    current = change
    for _ in range(ATTEMPTS):
        try:
            return cluster.update(current.resource)
        except Conflict:
            current = differ.upsert(_applied(change), cluster.current(change.resource))
    raise KappError("Failed to update due to resource conflict (tried multiple times)")


def _replace(cluster: Cluster, differ: Differ, change: Change) -> None:
    existing = change.existing or change.resource
    cluster.delete(existing)
    while not cluster.gone(existing):
        time.sleep(0.2)
    _remember(cluster, differ, change, cluster.create(_applied(change)))


def _remember(cluster: Cluster, differ: Differ, change: Change, saved: Obj) -> None:
    """Annotate the resource with what was applied, computed once against what the server first stored."""
    if DISABLE_ORIGINAL in annotations_of(saved):
        return
    notes = differ.record(saved, _applied(change))
    if any(len(value) > MAX_ANNOTATION for value in notes.values()):
        return
    current: Obj | None = saved
    for _ in range(ATTEMPTS):
        if current is None:
            return
        meta = {**current["metadata"], "annotations": {**annotations_of(current), **notes}}
        try:
            cluster.update({**current, "metadata": meta})
        except Conflict:
            current = cluster.current(saved)
        else:
            return
    raise KappError("Saving record of last applied resource: the resource changes all the time")


def _applied(change: Change) -> Obj:
    if change.applied is None:
        raise KappError(f"Internal inconsistency: nothing to apply for {change.text}")
    return change.applied


def _strategy(obj: Obj, key: str, known: tuple[str, ...], word: str, default: str = "") -> str:
    strategy = annotations_of(obj).get(key, default)
    if strategy not in known:
        raise KappError(f"Unknown {word} strategy: {strategy}")
    return strategy
