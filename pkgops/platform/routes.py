"""From a change of an object to the keys that have to be reconciled."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable

from pkgops.kube import Obj, WatchEvent
from pkgops.platform.changes import Changes
from pkgops.platform.controller import Controller
from pkgops.platform.queue import Key

log = logging.getLogger(__name__)

Mapper = Callable[[Obj], Iterable[Key]]
Unmapped = Callable[[str, Obj, Exception], None]
"""Is told which controller does not learn of a change of an object, and why."""


def own_key(obj: Obj) -> Iterable[Key]:
    """Map an object to its own key."""
    meta = obj["metadata"]
    return (Key(str(meta.get("namespace", "")), str(meta["name"])),)


def owner_keys(group: str, kind: str) -> Mapper:
    """Return a mapper from an object to its owners of a kind; ``group`` may carry a version."""
    wanted = group.partition("/")[0]

    def mapper(obj: Obj) -> Iterable[Key]:
        meta = obj["metadata"]
        for owner in meta.get("ownerReferences") or []:
            if owner["kind"] == kind and owner["apiVersion"].rpartition("/")[0] == wanted:
                yield Key(str(meta.get("namespace", "")), owner["name"])

    return mapper


class KindRoutes:
    """Where the changes of one kind lead; a mapper that fails is logged and told on the object."""

    def __init__(self, unmapped: Unmapped) -> None:
        self._unmapped = unmapped
        self._routes: list[tuple[Controller, Mapper, bool]] = []
        self._changes = Changes()

    def add(self, controller: Controller, mapper: Mapper, own_status: bool) -> None:
        """Lead to a controller too; with ``own_status`` it is the one that writes the objects' status."""
        self._routes.append((controller, mapper, own_status))

    def route(self, event: WatchEvent) -> None:
        """Queue what an event concerns."""
        of_status_alone = self._changes.is_status_only(event)
        for controller, mapper, own_status in list(self._routes):
            queue = controller.enqueue_own if own_status and of_status_alone else controller.enqueue
            self._queue(controller, mapper, event.object, queue)
            if own_status and event.type == "DELETED":
                for key in own_key(event.object):
                    controller.forget(key)

    def lead(self, controller: Controller, mapper: Mapper, obj: Obj) -> None:
        """Queue the keys that an object maps to, whether it has changed or not."""
        self._queue(controller, mapper, obj, controller.enqueue)

    def _queue(self, controller: Controller, mapper: Mapper, obj: Obj, queue: Callable[[Key], None]) -> None:
        try:
            for key in mapper(obj):
                queue(key)
        except Exception as error:
            log.exception("mapping %s for %s", obj.get("kind"), controller.name)
            self._unmapped(controller.name, obj, error)
