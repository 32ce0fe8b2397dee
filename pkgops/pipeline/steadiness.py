"""How long what serves has been healthy, by what its objects tell."""

from __future__ import annotations

from collections.abc import Iterator

from pkgops.pipeline import kinds
from pkgops.pipeline.object_store import ObjectStore
from pkgops.readiness import revision
from pkgops.readiness.base import condition, meta


def ready_revisions(world: ObjectStore, namespace: str) -> Iterator[tuple[str, str]]:
    """Yield names and images of Revisions that are ready, also of those that no traffic goes to any more."""
    for obj in world.all(kinds.REVISION.group, kinds.REVISION.kind, namespace):
        ready = condition(obj, "Ready")
        if ready is not None and ready.status == "True":
            yield str(meta(obj).get("name")), revision.image(obj)
