"""Which objects of an immutable lifecycle are read, and which are deleted. Pure."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from pkgops.kube import Obj

STAMP_ANNOTATION = "pkgops.dev/stamped"
"""When an object of an immutable lifecycle was submitted, and the digest of what was submitted.

Cartographer keeps this in memory and so stamps everything once more after a restart."""


def age_order(obj: Obj) -> tuple[str, str]:
    """Sort key, oldest first: the creation second, then the submission's microsecond.

    Upstream knows only the second; among equals the submission decides here.
    """
    meta = obj["metadata"]
    return (
        str(meta.get("creationTimestamp", "")),
        str((meta.get("annotations") or {}).get(STAMP_ANNOTATION, "")),
    )


def newest_healthy(objects: Sequence[Obj], health: Callable[[Obj], str]) -> Obj | None:
    """Return the newest object whose health is True."""
    healthy = [obj for obj in objects if health(obj) == "True"]
    return max(healthy, key=age_order, default=None)


def surplus(objects: Sequence[Obj], health: Callable[[Obj], str], policy: Obj) -> list[Obj]:
    """Return the objects beyond the retention policy, newest first; unfinished ones are never among them."""
    keep = {"True": int(policy["maxSuccessfulRuns"]), "False": int(policy["maxFailedRuns"])}
    beyond = []
    for obj in sorted(objects, key=age_order, reverse=True):
        status = health(obj)
        if status in keep:
            keep[status] -= 1
            if keep[status] < 0:
                beyond.append(obj)
    return beyond
