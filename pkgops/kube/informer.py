"""List and watch one kind for as long as wanted: resumes after drops, 410 Gone and API restarts."""

from __future__ import annotations

import contextlib
import logging
import random
import threading
from collections import deque
from collections.abc import Callable

from pkgops.errors import PkgopsError
from pkgops.kube.client import Client
from pkgops.kube.errors import Gone, NotFound
from pkgops.kube.types import Obj, WatchEvent
from pkgops.kube.watch import Watch

log = logging.getLogger(__name__)

Key = tuple[str, str]
MAX_PAUSE = 5.0
RECENT = 256


class Informer:
    """A local copy of all objects of one kind, kept current by a thread.

    ``on_event`` is called from that thread, in the order of changes: ADDED for what is new to this
    copy, MODIFIED, DELETED (also for what vanished while the connection was broken). What did not
    change across a reconnection is not reported again. The objects are shared: do not change them.
    """

    def __init__(
        self,
        client: Client,
        api_version: str,
        kind: str,
        namespace: str = "",
        *,
        labels: str = "",
        fields: str = "",
        on_event: Callable[[WatchEvent], None] | None = None,
    ) -> None:
        self._client = client
        self.api_version = api_version
        self.kind = kind
        self._namespace = namespace
        self._labels = labels
        self._fields = fields
        self._on_event = on_event or _ignore
        self._store: dict[Key, Obj] = {}
        self._deleted: deque[str | None] = deque(maxlen=RECENT)
        self._version = ""
        self._synced = threading.Event()
        self._stop = threading.Event()
        self._watch: Watch | None = None
        self._thread = threading.Thread(target=self._run, name=f"informer-{kind}", daemon=True)
        self.error: PkgopsError | None = None

    def start(self) -> Informer:
        """Start following; returns itself."""
        self._thread.start()
        return self

    def stop(self) -> None:
        """Stop following; may be called more than once and from any thread."""
        self._stop.set()
        watch = self._watch
        if watch is not None:
            watch.stop()

    def wait_synced(self, timeout: float | None = None) -> bool:
        """Wait until the first list has arrived; False if that took longer than ``timeout`` seconds."""
        return self._synced.wait(timeout)

    def get(self, namespace: str, name: str) -> Obj | None:
        """Return one object of the copy."""
        return self._store.get((namespace, name))

    def objects(self) -> list[Obj]:
        """Return all objects of the copy."""
        return list(self._store.values())

    def observe(self, obj: Obj) -> None:
        """Take over the answer of a write, so that this copy is never behind its own process.

        The answer to the write that removed the last finalizer may come after the event of the
        deletion: it must not bring the object back.
        """
        key = _key(obj)
        if obj["metadata"].get("uid") not in self._deleted and self._is_newer(key, obj):
            self._store[key] = obj

    def _is_newer(self, key: Key, obj: Obj) -> bool:
        known = self._store.get(key)
        return known is None or _version(obj) >= _version(known)

    def _run(self) -> None:
        failures = 0
        while not self._stop.is_set():
            try:
                self._follow()
                failures = 0
            except Gone:
                self._version = ""
            except PkgopsError as error:
                self.error = error
                # A kind that is not served (yet) counts as an empty list, which the error tells from others;
                # it may be installed later.
                if isinstance(error, NotFound):
                    self._replace([])
                failures += 1
                log.debug("watch of %s: %s", self.kind, error)
                self._stop.wait(min(MAX_PAUSE, 0.1 * 2**failures) * random.uniform(0.5, 1.0))  # noqa: S311

    def _follow(self) -> None:
        if not self._version:
            listed = self._client.list(
                self.api_version, self.kind, self._namespace, labels=self._labels, fields=self._fields
            )
            self._replace(listed.items)
            self._version = listed.resource_version
        self.error = None
        watch = self._client.watch(
            self.api_version,
            self.kind,
            self._namespace,
            resource_version=self._version,
            labels=self._labels,
            fields=self._fields,
            stop=self._stop,
        )
        self._watch = watch
        with contextlib.closing(watch):
            for event in watch:
                self._take(event)

    def _take(self, event: WatchEvent) -> None:
        self._version = str(event.object["metadata"].get("resourceVersion", self._version))
        if event.type == "BOOKMARK":
            return
        key = _key(event.object)
        if event.type == "DELETED":
            self._deleted.append(event.object["metadata"].get("uid"))
            self._store.pop(key, None)
        elif self._is_newer(key, event.object):
            self._store[key] = event.object
        self._on_event(event)

    def _replace(self, items: list[Obj]) -> None:
        fresh = {_key(item): item for item in items}
        gone = [obj for key, obj in self._store.items() if key not in fresh]
        self._deleted.extend(obj["metadata"].get("uid") for obj in gone)
        old = self._store
        self._store = fresh
        for obj in gone:
            self._on_event(WatchEvent("DELETED", obj))
        for key, obj in fresh.items():
            before = old.get(key)
            if before is None:
                self._on_event(WatchEvent("ADDED", obj))
            elif before["metadata"].get("resourceVersion") != obj["metadata"].get("resourceVersion"):
                self._on_event(WatchEvent("MODIFIED", obj))
        self._synced.set()


def _version(obj: Obj) -> int:
    # Opaque by contract, but a rising number on every API server that stores in etcd.
    text = str(obj["metadata"].get("resourceVersion", "0"))
    return int(text) if text.isdigit() else 0


def _ignore(event: WatchEvent) -> None:
    pass


def _key(obj: Obj) -> Key:
    meta = obj["metadata"]
    return (str(meta.get("namespace", "")), str(meta["name"]))
