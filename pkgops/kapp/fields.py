"""Paths into an object, and the edits that kapp's rules make along them."""

from __future__ import annotations

import copy
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from pkgops.kapp.errors import KappError
from pkgops.kapp.identity import Obj


class Every:
    """All items of a list (``{allIndexes: true}``)."""


@dataclass(frozen=True, slots=True)
class Matching:
    """All keys of a map that match a regular expression (``{regex: ...}``)."""

    pattern: str


Part = str | int | Every | Matching
Path = tuple[Part, ...]
_MISSING = object()


def parse_path(raw: Any) -> Path:
    """Return the Path of a rule's ``path``.

    Raises:
        KappError: a part is neither a key, an index, allIndexes nor a regex.
    """
    if not isinstance(raw, list):
        raise KappError(f"Expected path to be a list, but was: {raw!r}")
    return tuple(_part(part) for part in raw)


def _part(raw: Any) -> Part:
    if isinstance(raw, str):
        return raw
    if isinstance(raw, dict) and raw.get("allIndexes"):
        return Every()
    if isinstance(raw, dict) and isinstance(raw.get("index"), int):
        return int(raw["index"])
    if isinstance(raw, dict) and isinstance(raw.get("regex"), str):
        return Matching(str(raw["regex"]))
    raise KappError(f"Unknown path part: {raw!r}")


def lookup(obj: Any, path: Sequence[str | int]) -> Any:
    """Return the value at a concrete path, or the module's ``_MISSING``."""
    for part in path:
        if isinstance(part, str):
            obj = obj.get(part, _MISSING) if isinstance(obj, dict) else _MISSING
        else:
            obj = obj[part] if isinstance(obj, list) and part < len(obj) else _MISSING
        if obj is _MISSING:
            return _MISSING
    return obj


def has(obj: Any, path: Sequence[str | int]) -> bool:
    """Return whether a concrete path exists."""
    return lookup(obj, path) is not _MISSING


def concrete(obj: Any, path: Path) -> Iterator[tuple[str | int, ...]]:
    """Yield the concrete paths that a path with wildcards matches in an object."""
    if not path:
        yield ()
        return
    for key in _keys(obj, path[0]):
        below = lookup(obj, (key,))
        rest = () if below is _MISSING else below
        for tail in concrete(rest, path[1:]):
            yield (key, *tail)


def _keys(obj: Any, part: Part) -> list[str | int]:
    if isinstance(part, Every):
        return list(range(len(obj))) if isinstance(obj, list) else []
    if isinstance(part, Matching):
        keys = obj if isinstance(obj, dict) else {}
        return [key for key in keys if re.search(part.pattern, key)]
    return [part]


def remove(obj: Obj, path: Path) -> None:
    """Delete a field in place; nothing happens where it is absent."""
    for place in list(concrete(obj, path)):
        parent = lookup(obj, place[:-1])
        if isinstance(parent, dict):
            parent.pop(str(place[-1]), None)


def copy_field(target: Obj, path: Path, sources: Iterable[Obj]) -> None:
    """Set a field of ``target`` in place to its value in the first of ``sources`` that has it.

    Missing maps on the way are created; missing list items are not (as in kapp's FieldCopyMod).
    """
    candidates = list(sources)
    places = {place for root in (target, *candidates) for place in concrete(root, path)}
    for place in sorted(places, key=str):
        for source in candidates:
            value = lookup(source, place)
            if value is not _MISSING:
                _put(target, place, copy.deepcopy(value))
                break


def merge_strings(target: Obj, path: Path, values: dict[str, str], *, create: bool = True) -> None:
    """Add string pairs to the map at ``path`` in place.

    Args:
        target: the object to change.
        path: where the map is.
        values: what to add.
        create: whether to make the map where it is absent.
    """
    for place in list(concrete(target, path)):
        found = lookup(target, place)
        if isinstance(found, dict):
            found.update(values)
        elif create and (found is _MISSING or found is None):
            _put(target, place, dict(values))


def _put(target: Any, place: tuple[str | int, ...], value: Any) -> None:
    for index, part in enumerate(place[:-1]):
        below = lookup(target, (part,))
        if below is _MISSING or below is None:
            if not isinstance(target, dict) or any(isinstance(rest, int) for rest in place[index:]):
                return
            below = target[part] = {}
        target = below
    if isinstance(target, dict):
        target[place[-1]] = value
