"""The objects of an API server in memory: versions, generations, owners, finalizers, watches, managers."""

from __future__ import annotations

import contextlib
import json
import queue
import threading
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import memory_apply
from json_copy import json_copy

Obj = dict[str, Any]
Key = tuple[str, str]  # namespace, name
Change = Callable[[str, Obj], None]
BROKEN: tuple[str, Obj] = ("BROKEN", {})
"""In the queue of a watch: its connection breaks here."""


@dataclass(frozen=True)
class Served:
    """A kind that the server serves."""

    api_version: str
    kind: str
    plural: str
    namespaced: bool = True
    status: bool = True

    @property
    def group(self) -> str:
        return self.api_version.rpartition("/")[0]

    @property
    def resource(self) -> str:
        """The name as messages of the API server spell it, for example ``apps.kappctrl.k14s.io``."""
        return f"{self.plural}.{self.group}" if self.group else self.plural


class Refused(Exception):
    """What the server answers instead of an object; ``retry_after`` is the header of that name."""

    def __init__(self, code: int, reason: str, message: str, retry_after: str = "") -> None:
        super().__init__(message)
        self.code, self.reason, self.message, self.retry_after = code, reason, message, retry_after

    def status(self) -> Obj:
        """Return the Status object of the answer."""
        told = {"code": self.code, "reason": self.reason, "message": self.message}
        return {"kind": "Status", "apiVersion": "v1", "status": "Failure", **told}


class Objects:
    """Every object of the server. Thread-safe; each change has a rising resource version.

    Answers to writes, and events, have the objects themselves, which nobody changes: a change puts another
    in the place of an object.
    """

    def __init__(self, clock: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self.clock = clock
        self.lock = threading.RLock()
        self.version = 1000
        self.oldest = 0
        self.on_change: list[Change] = []
        self._by_kind: dict[Served, dict[Key, Obj]] = {}
        self._fields: dict[str, dict[str, set[memory_apply.Path]]] = {}
        self._written: dict[tuple[str, str], str] = {}
        self._log: list[tuple[int, Served, str, Obj]] = []
        self._watches: list[tuple[Served, queue.Queue[tuple[str, Obj] | None]]] = []
        self._texts: dict[int, tuple[Obj, str]] = {}

    def text(self, obj: Obj) -> str:
        """Return an object that is or was held as JSON, written once."""
        known = self._texts.get(id(obj))
        if known is None or known[0] is not obj:
            known = self._texts[id(obj)] = obj, json.dumps(obj)
        return known[1]

    def get(self, served: Served, namespace: str, name: str) -> Obj:
        """Return an object. Raises Refused 404."""
        return json_copy(self.one_held(served, namespace, name))

    def one_held(self, served: Served, namespace: str, name: str) -> Obj:
        """Return the same object itself, for who does not change it. Raises Refused 404."""
        found = self._of(served).get((namespace, name))
        if found is None:
            raise Refused(404, "NotFound", f'{served.resource} "{name}" not found')
        return found

    def all(self, served: Served, namespace: str = "") -> list[Obj]:
        """Return the objects of a kind, of one namespace or of all, in the order of their names."""
        return [json_copy(obj) for obj in self.held(served, namespace)]

    def holds(self, served: Served, key: Key) -> bool:
        """Tell whether an object is there."""
        return key in self._of(served)

    def held(self, served: Served, namespace: str = "") -> list[Obj]:
        """Return the same objects themselves, for who changes none: a change puts another in their place."""
        with self.lock:
            found = sorted(self._of(served).items())
            return [obj for (space, _), obj in found if namespace in ("", space)]

    def create(self, served: Served, obj: Obj, manager: str = "", *, dry_run: bool = False) -> Obj:
        """Add an object. Raises Refused 409 AlreadyExists, 404 for a namespace that is not there."""
        with self.lock:
            meta = obj.setdefault("metadata", {})
            if not meta.get("name") and meta.get("generateName"):
                meta["name"] = meta["generateName"] + uuid.uuid4().hex[:5]
            key = (meta.get("namespace", ""), meta["name"])
            if key in self._of(served):
                raise Refused(409, "AlreadyExists", f'{served.resource} "{key[1]}" already exists')
            self._must_have_namespace(served, key)
            new = json_copy(obj) | {"apiVersion": served.api_version, "kind": served.kind}
            new["metadata"] |= {"uid": str(uuid.uuid4()), "creationTimestamp": _time(self.clock())}
            new["metadata"]["generation"] = 1
            if served.status:
                new.pop("status", None)
            if dry_run:
                return new
            self._own(new, manager, set(memory_apply.leaves(new)) - memory_apply.IDENTITY)
            return self._keep(served, "ADDED", new)

    def update(self, served: Served, obj: Obj, manager: str = "", *, status: bool = False) -> Obj:
        """Replace an object, or its status alone. Raises Refused 404, 409 Conflict."""
        with self.lock:
            meta = obj["metadata"]
            live = self.get(served, meta.get("namespace", ""), meta["name"])
            given = meta.get("resourceVersion")
            if given and given != live["metadata"]["resourceVersion"]:
                raise _modified(served, meta["name"])
            new = json_copy(live | {"status": obj.get("status")} if status else obj)
            if served.status and not status:
                new["status"] = live.get("status")
            return self._changed(served, live, _without_none(new), manager)

    def merge(
        self,
        served: Served,
        key: Key,
        patch: Obj,
        manager: str = "",
        *,
        status: bool = False,
        dry_run: bool = False,
    ) -> Obj:
        """Apply a JSON merge patch to an object, or to its status alone. Raises Refused 404, 409."""
        with self.lock:
            live = self.get(served, *key)
            given = (patch.get("metadata") or {}).get("resourceVersion")
            if given and given != live["metadata"]["resourceVersion"]:
                raise _modified(served, key[1])
            wanted = {"status": patch.get("status")} if status else dict(patch)
            if served.status and not status:
                wanted.pop("status", None)
            new = _merge_patch(live, wanted)
            return new if dry_run else self._changed(served, live, new, manager)

    def apply(
        self,
        served: Served,
        obj: Obj,
        manager: str,
        *,
        force: bool,
        dry_run: bool = False,
        status: bool = False,
    ) -> Obj:
        """Apply server-side. Raises Refused 409 where another manager owns a field with another value."""
        with self.lock:
            meta = obj["metadata"]
            key = (meta.get("namespace", ""), meta["name"])
            if key not in self._of(served):
                return self.create(served, json_copy(obj), manager, dry_run=dry_run)
            live = self.get(served, *key)
            owners = self._fields.setdefault(live["metadata"]["uid"], {})
            given = set(memory_apply.leaves(obj)) - memory_apply.IDENTITY
            contested = {
                path: other
                for other, fields in owners.items()
                for path in fields & given
                if other != manager and memory_apply.value_at(live, path) != memory_apply.value_at(obj, path)
            }
            if contested and not force:
                told = "\n".join(
                    f'- .{".".join(path)} ("{other}")' for path, other in sorted(contested.items())
                )
                raise Refused(409, "Conflict", f"Apply failed with {len(contested)} conflicts:\n{told}")
            kept = set().union(*(fields for other, fields in owners.items() if other != manager))
            gone = owners.get(manager, set()) - given - kept - memory_apply.IDENTITY
            new = memory_apply.merged(live, obj, gone)
            if served.status and not status and "status" in live:
                new["status"] = live["status"]
            if dry_run:
                return new
            for other, fields in owners.items():
                if other != manager:
                    fields -= set(contested)
            owners[manager] = given
            self._written[live["metadata"]["uid"], manager] = _time(self.clock())
            return self._changed(served, live, new, "")

    def delete(
        self, served: Served, key: Key, *, uid: str = "", orphan: bool = False, dry_run: bool = False
    ) -> Obj:
        """Delete an object, and what it owns; one with finalizers is marked and stays until they are gone."""
        with self.lock:
            live = self.get(served, *key)
            if uid and uid != live["metadata"]["uid"]:
                raise Refused(409, "Conflict", f"Precondition failed: UID in precondition: {uid}")
            if dry_run:
                return live
            if live["metadata"].get("finalizers"):
                if not live["metadata"].get("deletionTimestamp"):
                    live["metadata"]["deletionTimestamp"] = _time(self.clock())
                    return self._keep(served, "MODIFIED", live)
                return live
            if served.kind == "Namespace":
                self._empty(key[1])
            self.drop(served, key, orphan=orphan)
            return live

    def write(self, served: Served, obj: Obj) -> Obj:
        """Put an object as it is, status and generation included, as a recording tells it."""
        with self.lock:
            key = (obj["metadata"].get("namespace", ""), obj["metadata"]["name"])
            type_ = "MODIFIED" if key in self._of(served) else "ADDED"
            new = json_copy(obj)
            given = {"uid": str(uuid.uuid4()), "generation": 1, "creationTimestamp": _time(self.clock())}
            new["metadata"] = given | new["metadata"]
            return self._keep(served, type_, new)

    def drop(self, served: Served, key: Key, *, orphan: bool = False) -> None:
        """Take an object away whatever holds it, and what only it owns unless that is left an orphan."""
        obj = self._of(served).pop(key)
        self.version += 1
        obj = {**obj, "metadata": {**obj["metadata"], "resourceVersion": str(self.version)}}
        self._tell(served, "DELETED", obj)
        for kind, owned, below in list(self.everything()):
            references = below["metadata"].get("ownerReferences") or []
            left = [entry for entry in references if entry["uid"] != obj["metadata"]["uid"]]
            if len(left) < len(references) and not left and not orphan and owned in self._of(kind):
                self.delete(kind, owned)

    def forget_history(self) -> None:
        """Compact: watches and pages from before now are answered with 410 Expired."""
        self.oldest = self.version

    def drop_watches(self) -> None:
        """End every open watch, as a server that is started again does."""
        with self.lock:
            for _, events in self._watches:
                events.put(None)
            self._watches.clear()

    def lose_watches(self) -> None:
        """End every open watch in the middle, with what it did not send yet, as a killed server does."""
        with self.lock:
            for _, events in self._watches:
                with contextlib.suppress(queue.Empty):
                    while True:
                        events.get_nowait()
                events.put(BROKEN)
            self._watches.clear()
            self.forget_history()

    def watch(self, served: Served, since: int) -> queue.Queue[tuple[str, Obj] | None]:
        """Return a queue of a kind's changes after a resource version; None is its end.

        From version 0 on, what is there comes first, as it does from a real server.
        """
        with self.lock:
            if since and since < self.oldest:
                raise Refused(410, "Expired", f"too old resource version: {since} ({self.oldest})")
            events: queue.Queue[tuple[str, Obj] | None] = queue.Queue()
            for obj in () if since else self.held(served):
                events.put(("ADDED", obj))
            for version, kind, type_, obj in self._log if since else ():
                if kind == served and version > since:
                    events.put((type_, obj))
            self._watches.append((served, events))
            return events

    def everything(self) -> Iterator[tuple[Served, Key, Obj]]:
        """Yield every object with its kind and key."""
        for served, objects in list(self._by_kind.items()):
            for key, obj in list(objects.items()):
                yield served, key, obj

    def _of(self, served: Served) -> dict[Key, Obj]:
        return self._by_kind.setdefault(served, {})

    def _must_have_namespace(self, served: Served, key: Key) -> None:
        spaces = next((found for kind, found in self._by_kind.items() if kind.kind == "Namespace"), {})
        if not served.namespaced:
            return
        space = spaces.get(("", key[0]))
        if space is None:
            raise Refused(404, "NotFound", f'namespaces "{key[0]}" not found')
        if space["metadata"].get("deletionTimestamp"):
            told = f"unable to create new content in namespace {key[0]} because it is being terminated"
            raise Refused(403, "Forbidden", f'{served.resource} "{key[1]}" is forbidden: {told}')

    def _changed(self, served: Served, live: Obj, new: Obj, manager: str) -> Obj:
        for field in ("uid", "creationTimestamp", "generation"):
            new["metadata"][field] = live["metadata"][field]
        new["metadata"]["resourceVersion"] = live["metadata"]["resourceVersion"]
        if live["metadata"].get("deletionTimestamp"):
            new["metadata"]["deletionTimestamp"] = live["metadata"]["deletionTimestamp"]
        for obj in (live, new):
            obj["metadata"].pop("managedFields", None)
        if new == live:
            return self.get(served, live["metadata"].get("namespace", ""), live["metadata"]["name"])
        if _content(new) != _content(live):
            new["metadata"]["generation"] += 1
        if manager:
            before = {path: memory_apply.value_at(live, path) for path in memory_apply.leaves(live)}
            touched = {p for p in memory_apply.leaves(new) if memory_apply.value_at(new, p) != before.get(p)}
            self._own(new, manager, touched)
        if new["metadata"].get("deletionTimestamp") and not new["metadata"].get("finalizers"):
            self.drop(served, (new["metadata"].get("namespace", ""), new["metadata"]["name"]))
            return new
        return self._keep(served, "MODIFIED", new)

    def _own(self, obj: Obj, manager: str, fields: set[memory_apply.Path]) -> None:
        owners = self._fields.setdefault(obj["metadata"]["uid"], {})
        for other in owners.values():
            other -= fields
        owners.setdefault(manager, set()).update(fields)
        self._written[obj["metadata"]["uid"], manager] = _time(self.clock())

    def _keep(self, served: Served, type_: str, obj: Obj) -> Obj:
        self.version += 1
        obj["metadata"]["resourceVersion"] = str(self.version)
        owners = self._fields.get(obj["metadata"]["uid"], {})
        obj["metadata"]["managedFields"] = [
            {
                "manager": name,
                "operation": "Apply",
                "time": self._written.get((obj["metadata"]["uid"], name)),
                "fieldsType": "FieldsV1",
                "fieldsV1": memory_apply.tree(fields),
            }
            for name, fields in owners.items()
            if name and fields
        ]
        self._of(served)[(obj["metadata"].get("namespace", ""), obj["metadata"]["name"])] = obj
        self._tell(served, type_, obj)
        return obj

    def _empty(self, namespace: str) -> None:
        for kind, key, _ in list(self.everything()):
            if key[0] == namespace and key in self._of(kind):
                self.delete(kind, key)

    def _tell(self, served: Served, type_: str, obj: Obj) -> None:
        self._log.append((self.version, served, type_, obj))
        for kind, events in self._watches:
            if kind == served:
                events.put((type_, obj))
        for told in self.on_change:
            told(type_, obj)


def _modified(served: Served, name: str) -> Refused:
    told = "the object has been modified; please apply your changes to the latest version and try again"
    return Refused(409, "Conflict", f'Operation cannot be fulfilled on {served.resource} "{name}": {told}')


def _content(obj: Obj) -> Obj:
    return {key: value for key, value in obj.items() if key not in ("metadata", "status")}


def _time(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def _without_none(obj: Obj) -> Obj:
    return {key: value for key, value in obj.items() if value is not None}


def _merge_patch(live: Any, patch: Any) -> Any:
    if not isinstance(patch, dict):
        return json_copy(patch)
    result = dict(live) if isinstance(live, dict) else {}
    for key, value in patch.items():
        if value is None:
            result.pop(key, None)
        else:
            result[key] = _merge_patch(result.get(key), value)
    return result
