"""Detect changes of the status alone, which a reconciler makes itself."""

from __future__ import annotations

from pkgops.kube import Obj, WatchEvent
from pkgops.platform.queue import Key

_BOOKKEEPING = ("resourceVersion", "managedFields")


class Changes:
    """Keeps the last version of each object of one kind, to detect what an event changed."""

    def __init__(self) -> None:
        self._last: dict[Key, Obj] = {}

    def is_status_only(self, event: WatchEvent) -> bool:
        """Return whether an event changed the status alone; the object is stored for the next event."""
        obj = event.object
        meta = obj["metadata"]
        key = Key(str(meta.get("namespace", "")), str(meta["name"]))
        if event.type == "DELETED":
            self._last.pop(key, None)
            return False
        before = self._last.get(key)
        self._last[key] = obj
        return before is not None and _without_status(before) == _without_status(obj)


def _without_status(obj: Obj) -> Obj:
    rest = {key: value for key, value in obj.items() if key not in ("status", "metadata")}
    meta = {key: value for key, value in obj["metadata"].items() if key not in _BOOKKEEPING}
    return {**rest, "metadata": meta}
