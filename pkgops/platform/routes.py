"""Map watch events of objects to the keys that have to be reconciled."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable

from pkgops.kube import Obj, WatchEvent
from pkgops.platform.changes import Changes
from pkgops.platform.controller import Controller
from pkgops.platform.queue import Key

log = logging.getLogger(__name__)

Mapper = Callable[[Obj], Iterable[Key]]
OnMappingFailure = Callable[[str, Obj, Exception], None]
"""Called with the name of a controller, an object whose change could not be mapped to keys, and the error."""


def own_key(obj: Obj) -> Iterable[Key]:
    """Map an object to its own key."""
    meta = obj["metadata"]
    return (Key(str(meta.get("namespace", "")), str(meta["name"])),)


def owner_keys(group: str, kind: str) -> Mapper:
    """Return a mapper from an object to the keys of its owners of a kind; ``group`` may include a version."""
    api_group = group.partition("/")[0]

    def mapper(obj: Obj) -> Iterable[Key]:
        meta = obj["metadata"]
        for owner in meta.get("ownerReferences") or []:
            if owner["kind"] == kind and owner["apiVersion"].rpartition("/")[0] == api_group:
                yield Key(str(meta.get("namespace", "")), owner["name"])

    return mapper


class KindRoutes:
    """Controllers and mappers for watch events of one kind; exceptions of mappers are logged and reported."""

    def __init__(self, on_failure: OnMappingFailure) -> None:
        self._on_failure = on_failure
        self._routes: list[tuple[Controller, Mapper, bool]] = []
        self._changes = Changes()

    def add(self, controller: Controller, mapper: Mapper, own_status: bool) -> None:
        """Add a controller; with ``own_status`` it is the one that writes the status of the objects."""
        self._routes.append((controller, mapper, own_status))

    def route(self, event: WatchEvent) -> None:
        """Queue the keys to which an event's object maps."""
        of_status_alone = self._changes.is_status_only(event)
        for controller, mapper, own_status in list(self._routes):
            queue = controller.enqueue_own if own_status and of_status_alone else controller.enqueue
            self._queue(controller, mapper, event.object, queue)
            if own_status and event.type == "DELETED":
                for key in own_key(event.object):
                    controller.forget(key)

    def enqueue(self, controller: Controller, mapper: Mapper, obj: Obj) -> None:
        """Queue the keys to which an object maps on one controller, without an event."""
        self._queue(controller, mapper, obj, controller.enqueue)

    def _queue(self, controller: Controller, mapper: Mapper, obj: Obj, queue: Callable[[Key], None]) -> None:
        try:
            for key in mapper(obj):
                queue(key)
        except Exception as error:
            log.exception("mapping %s for %s", obj.get("kind"), controller.name)
            self._on_failure(controller.name, obj, error)
