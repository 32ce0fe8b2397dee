"""Which object of an immutable lifecycle the output is read from, and which ones are deleted. Pure."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from pkgops.kube import Obj

STAMP_ANNOTATION = "pkgops.dev/stamped"
"""Annotation with creation time and rendering digest of an object of an immutable lifecycle.

Cartographer keeps this in memory and so stamps everything once more after a restart."""


def age_order(obj: Obj) -> tuple[str, str]:
    """Return the sort key, oldest first: ``creationTimestamp``, then the microsecond of the annotation.

    Upstream sorts by ``creationTimestamp`` alone, which has seconds.
    """
    meta = obj["metadata"]
    return (
        str(meta.get("creationTimestamp", "")),
        str((meta.get("annotations") or {}).get(STAMP_ANNOTATION, "")),
    )


def newest_healthy(objects: Sequence[Obj], health: Callable[[Obj], str]) -> Obj | None:
    """Return the newest object whose health is True, or None."""
    healthy = [obj for obj in objects if health(obj) == "True"]
    return max(healthy, key=age_order, default=None)


def surplus(objects: Sequence[Obj], health: Callable[[Obj], str], policy: Obj) -> list[Obj]:
    """Return the objects to delete by a retention policy, newest first; unfinished objects are kept."""
    keep = {"True": int(policy["maxSuccessfulRuns"]), "False": int(policy["maxFailedRuns"])}
    beyond = []
    for obj in sorted(objects, key=age_order, reverse=True):
        status = health(obj)
        if status in keep:
            keep[status] -= 1
            if keep[status] < 0:
                beyond.append(obj)
    return beyond
