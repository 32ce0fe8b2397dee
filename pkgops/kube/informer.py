"""List and watch one kind until stopped: resumes after lost connections, 410 Gone and server restarts."""

from __future__ import annotations

import contextlib
import logging
import random
import threading
from collections import deque
from collections.abc import Callable

from pkgops.errors import PkgopsError
from pkgops.kube.client import Client
from pkgops.kube.errors import Forbidden, Gone, NotFound
from pkgops.kube.types import Obj, WatchEvent
from pkgops.kube.watch import Watch

log = logging.getLogger(__name__)

Key = tuple[str, str]
MAX_PAUSE = 5.0
RECENT = 256


class Informer:
    """A local copy of all objects of one kind, kept current by a thread.

    ``on_event`` is called from that thread, in the order of changes: ADDED for objects that were not reported
    yet, MODIFIED, DELETED (also for objects that were deleted while the connection was broken). What did not
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
        self._stop = threading.Event()
        self._client = client.until(self._stop)
        self.api_version = api_version
        self.kind = kind
        self._namespace = namespace
        self._labels = labels
        self._fields = fields
        self._on_event = on_event or _ignore
        self._store: dict[Key, Obj] = {}
        # The versions that on_event was called with. The copy's may differ: the response of a write is stored
        # without an event, and its own event is lost where the server ends before it is sent.
        self._reported: dict[Key, str] = {}
        self._lock = threading.Lock()
        self._deleted: deque[str | None] = deque(maxlen=RECENT)
        self._version = ""
        self._synced = threading.Event()
        self._watch: Watch | None = None
        self._thread = threading.Thread(target=self._run, name=f"informer-{kind}", daemon=True)
        self.error: PkgopsError | None = None

    def start(self) -> Informer:
        """Start the thread; returns itself."""
        self._thread.start()
        return self

    def stop(self) -> None:
        """Stop the thread; may be called more than once and from any thread."""
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
        """Store the response of a write, so that this copy is never older than its own process' writes.

        The response to the write that removed the last finalizer may come after the event of the
        deletion: it does not add the object again.
        """
        with self._lock:
            if obj["metadata"].get("uid") not in self._deleted:
                self._keep_newest(obj)

    def _keep_newest(self, obj: Obj) -> None:
        known = self._store.get(_key(obj))
        if known is None or _version(obj) >= _version(known):
            self._store[_key(obj)] = obj

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
                # A kind that is not served (yet) counts as an empty list, with ``error`` set; it may be
                # installed later.
                if isinstance(error, NotFound):
                    self._not_served()
                failures += 1
                log.debug("watch of %s: %s", self.kind, error)
                self._stop.wait(min(MAX_PAUSE, 0.1 * 2**failures) * random.uniform(0.5, 1.0))  # noqa: S311

    def _not_served(self) -> None:
        # Whatever exists once the kind is served again has to be listed: a watch reports only changes.
        self._version = ""
        # A server that starts does not serve all paths yet, so this does not mean that there are no objects.
        if not self._store or self._is_ready():
            self._replace([], "")

    def _is_ready(self) -> bool:
        try:
            return self._client.ready()
        except Forbidden:
            return True
        except PkgopsError:
            return False

    def _follow(self) -> None:
        if not self._version:
            listed = self._client.list(
                self.api_version, self.kind, self._namespace, labels=self._labels, fields=self._fields
            )
            self._replace(listed.items, listed.resource_version)
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
        # Not before the server has answered: until then readers get the last known error.
        self.error = None
        with contextlib.closing(watch):
            for event in watch:
                self._take(event)

    def _take(self, event: WatchEvent) -> None:
        version = str(event.object["metadata"].get("resourceVersion", self._version))
        self._version = version
        if event.type == "BOOKMARK":
            return
        key = _key(event.object)
        with self._lock:
            if event.type == "DELETED":
                self._deleted.append(event.object["metadata"].get("uid"))
                self._store.pop(key, None)
                self._reported.pop(key, None)
            else:
                self._keep_newest(event.object)
                self._reported[key] = version
        self._on_event(event)

    def _replace(self, items: list[Obj], listed: str) -> None:
        """Replace the copy by a list; ``listed`` is its resource version, empty where there is no list."""
        with self._lock:
            events = self._replaced({_key(item): item for item in items}, listed)
        for event in events:
            self._on_event(event)
        self._synced.set()

    def _replaced(self, fresh: dict[Key, Obj], listed: str) -> list[WatchEvent]:
        old, reported = self._store, self._reported
        # Written by this process after the list was made: its event is still to come.
        kept = {key: obj for key, obj in old.items() if self._is_written_after(key, obj, listed)}
        self._store = fresh | kept
        self._reported = {key: _text(obj) for key, obj in fresh.items()}
        gone = [obj for key, obj in old.items() if key not in self._store]
        self._deleted.extend(obj["metadata"].get("uid") for obj in gone)
        return [
            *(WatchEvent("DELETED", obj) for obj in gone),
            *(
                WatchEvent("MODIFIED" if key in reported else "ADDED", obj)
                for key, obj in fresh.items()
                if reported.get(key) != _text(obj)
            ),
        ]

    def _is_written_after(self, key: Key, obj: Obj, listed: str) -> bool:
        return self._reported.get(key) != _text(obj) and listed.isdigit() and _version(obj) > int(listed)


def _text(obj: Obj) -> str:
    return str(obj["metadata"].get("resourceVersion", "0"))


def _version(obj: Obj) -> int:
    # Opaque by contract, but a rising number on every API server that stores in etcd.
    text = _text(obj)
    return int(text) if text.isdigit() else 0


def _ignore(event: WatchEvent) -> None:
    pass


def _key(obj: Obj) -> Key:
    meta = obj["metadata"]
    return (str(meta.get("namespace", "")), str(meta["name"]))
