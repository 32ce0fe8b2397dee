"""The objects that were read from a cluster, each in its last version, with indices."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from typing import Any, TypeVar

from pkgops.model import ObjectRef, Unreadable
from pkgops.readiness.base import meta

T = TypeVar("T")
Obj = dict[str, Any]
Key = tuple[str, str, str, str]
"""Group, kind, namespace, name."""


class ObjectStore:
    """A pure store: the same last versions of the objects give the same ObjectStore, whatever came before.

    It also has which kinds cannot be read in which namespace: their objects are unknown, not absent.
    """

    def __init__(self) -> None:
        self._objects: dict[Key, Obj] = {}
        self._kinds: dict[tuple[str, str], dict[Key, None]] = defaultdict(dict)
        self._children: dict[str, dict[Key, None]] = defaultdict(dict)
        self._events: dict[tuple[str, str, str], dict[Key, None]] = defaultdict(dict)
        self._memo: dict[object, Any] = {}
        self._unreadable: dict[tuple[str, str, str], Unreadable] = {}

    def apply(self, type: str, obj: Obj) -> None:
        """Apply one watch event; duplicates and older versions of the same object change nothing."""
        key = _key(obj)
        known = self._objects.get(key)
        if type == "DELETED":
            if known is not None and _uid(known) == _uid(obj):
                self._discard(key)
            return
        if known is not None:
            if _uid(known) == _uid(obj) and _version(obj) < _version(known):
                return
            self._discard(key)
        self._remember(key, obj)

    def set_unreadable(self, found: Iterable[Unreadable]) -> None:
        """Set which kinds cannot be read now, replacing those before."""
        self._unreadable = {item.key: item for item in found}

    @property
    def unreadable(self) -> tuple[Unreadable, ...]:
        """Every kind that cannot be read, by namespace, group and kind."""
        return tuple(sorted(self._unreadable.values(), key=lambda item: (item.namespace, item.key)))

    def gap(self, group: str, kind: str, namespace: str) -> Unreadable | None:
        """Why a kind cannot be read in a namespace; None where it was read."""
        return self._unreadable.get((group, kind, namespace))

    def memo(self, key: object, make: Callable[[], T]) -> T:
        """The result of ``make``, cached by ``key`` until the next event: for indices over many objects."""
        if key not in self._memo:
            self._memo[key] = make()
        kept: T = self._memo[key]
        return kept

    def _remember(self, key: Key, obj: Obj) -> None:
        self._memo.clear()
        self._objects[key] = obj
        self._kinds[key[:2]][key] = None
        for owner in meta(obj).get("ownerReferences") or ():
            self._children[str(owner.get("uid"))][key] = None
        if key[1] == "Event":
            self._events[_involved(obj)][key] = None

    def _discard(self, key: Key) -> None:
        self._memo.clear()
        obj = self._objects.pop(key)
        self._kinds[key[:2]].pop(key, None)
        for owner in meta(obj).get("ownerReferences") or ():
            self._children[str(owner.get("uid"))].pop(key, None)
        if key[1] == "Event":
            self._events[_involved(obj)].pop(key, None)

    def get(self, group: str, kind: str, namespace: str, name: str) -> Obj | None:
        """One object, or None."""
        return self._objects.get((group, kind, namespace, name))

    def find(self, ref: ObjectRef | None) -> Obj | None:
        """The object of a reference, in whatever version it was read."""
        return self._objects.get(ref.key) if ref else None

    def all(self, group: str, kind: str, namespace: str | None = None) -> list[Obj]:
        """All objects of a kind, sorted by namespace and name."""
        known = self.memo(("all", group, kind), lambda: sorted(self._kinds.get((group, kind), ())))
        return [self._objects[key] for key in known if namespace is None or key[2] == namespace]

    def children(self, obj: Obj, group: str = "", kind: str = "") -> list[Obj]:
        """Objects with an owner reference to ``obj``, newest first."""
        keys = self._children.get(_uid(obj), {})
        objects = [self._objects[key] for key in keys if not kind or key[:2] == (group, kind)]
        return newest_first(objects)

    def descendants(self, obj: Obj) -> list[Obj]:
        """Objects whose owner references lead to ``obj``, over any number of steps."""
        objects = self.children(obj)
        return objects + [below for child in objects for below in self.descendants(child)]

    def labelled(
        self, group: str, kind: str, labels: dict[str, str], namespace: str | None = None
    ) -> list[Obj]:
        """Objects of a kind that carry all these labels, newest first."""
        if not labels:
            return newest_first(self.all(group, kind, namespace))
        first = next(iter(labels.items()))
        objects = self.memo((group, kind, first[0]), lambda: self._by_label(group, kind, first[0])).get(
            first[1], []
        )
        here = (obj for obj in objects if namespace is None or meta(obj).get("namespace", "") == namespace)
        return newest_first(obj for obj in here if carries(obj, labels))

    def _by_label(self, group: str, kind: str, label: str) -> dict[str, list[Obj]]:
        index: dict[str, list[Obj]] = defaultdict(list)
        for obj in self.all(group, kind):
            index[str((meta(obj).get("labels") or {}).get(label))].append(obj)
        return index

    def events(self, ref: ObjectRef) -> list[Obj]:
        """Events about an object, the latest first."""
        keys = self._events.get((ref.kind, ref.namespace, ref.name), {})
        return sorted((self._objects[key] for key in keys), key=event_time, reverse=True)

    def __iter__(self) -> Iterator[Obj]:
        """All objects, in no particular order."""
        return iter(list(self._objects.values()))

    def __len__(self) -> int:
        """How many objects are known."""
        return len(self._objects)


def newest_first(objects: Iterable[Obj]) -> list[Obj]:
    """Sort by creation, then by name, newest first (times have a resolution of one second)."""
    return sorted(
        objects,
        key=lambda obj: (str(meta(obj).get("creationTimestamp") or ""), str(meta(obj).get("name"))),
        reverse=True,
    )


def event_time(event: Obj) -> str:
    """The last time of an Event, as text that sorts."""
    series = event.get("series") or {}
    for moment in (series.get("lastObservedTime"), event.get("lastTimestamp"), event.get("eventTime")):
        if moment:
            return str(moment)
    return str(meta(event).get("creationTimestamp") or "")


def _involved(event: Obj) -> tuple[str, str, str]:
    about = event.get("involvedObject") or event.get("regarding") or {}
    return str(about.get("kind") or ""), str(about.get("namespace") or ""), str(about.get("name") or "")


def carries(obj: Obj, labels: dict[str, str]) -> bool:
    """Whether an object has all of these labels."""
    own = meta(obj).get("labels") or {}
    return all(own.get(key) == value for key, value in labels.items())


def _key(obj: Obj) -> Key:
    # The same as ObjectRef.key, which takes several times as long: this runs for every object of a list.
    group = str(obj.get("apiVersion") or "").rpartition("/")[0]
    about = meta(obj)
    return group, obj.get("kind", ""), about.get("namespace", ""), about.get("name", "")


def _uid(obj: Obj) -> str:
    return str(meta(obj).get("uid") or "")


def _version(obj: Obj) -> int:
    text = str(meta(obj).get("resourceVersion") or "0")
    return int(text) if text.isdigit() else 0
