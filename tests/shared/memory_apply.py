"""Server-side apply as tests need it: which manager owns which field; what it no longer gives goes.

Maps merge by key, lists of objects by ``name``, other lists are one value, as the default of the API server's
merge strategy for custom resources without list types is, apart from the lists with names.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from json_copy import json_copy

Obj = dict[str, Any]
Path = tuple[str, ...]
IDENTITY = {("apiVersion",), ("kind",), ("metadata", "name"), ("metadata", "namespace")}
# What the server itself writes is nobody's to apply.
_SERVERS = {"uid", "resourceVersion", "generation", "creationTimestamp", "managedFields", "deletionTimestamp"}


def leaves(value: Any, path: Path = ()) -> Iterator[Path]:
    """Yield the path of each field that holds one value; an element of a named list is ``name=NAME``."""
    if isinstance(value, dict) and value:
        for key, below in value.items():
            if path == ("metadata",) and key in _SERVERS:
                continue
            yield from leaves(below, (*path, str(key)))
    elif _named(value):
        for element in value:
            yield from leaves(element, (*path, f"name={element['name']}"))
    else:
        yield path


def value_at(obj: Any, path: Path) -> Any:
    """Return the value at a path; None where there is none."""
    for key in path:
        obj = _step(obj, key)
        if obj is None:
            return None
    return obj


def tree(fields: set[Path]) -> Obj:
    """Return fields as ``fieldsV1`` has them: ``f:KEY`` in a map, ``k:{"name":"NAME"}`` in a list."""
    result: Obj = {}
    for path in sorted(fields):
        below = result
        for key in path:
            step = f'k:{{"name":"{key[5:]}"}}' if key.startswith("name=") else f"f:{key}"
            below = below.setdefault(step, {})
    return result


def merged(live: Obj, applied: Obj, gone: set[Path]) -> Obj:
    """Return an object with what was applied set, and the fields that nobody gives any more removed."""
    result = json_copy(live)
    for path in sorted(gone, key=len, reverse=True):
        _remove(result, path)
    return _laid_over(result, applied)


def _laid_over(live: Any, applied: Any) -> Any:
    if isinstance(live, dict) and isinstance(applied, dict):
        return live | {key: _laid_over(live.get(key), value) for key, value in applied.items()}
    if _named(live) and _named(applied):
        given = {element["name"]: element for element in applied}
        kept = [_laid_over(element, given.pop(element["name"], {})) for element in live]
        return kept + json_copy(list(given.values()))
    return json_copy(applied)


def _named(value: Any) -> bool:
    return bool(value) and isinstance(value, list) and all(isinstance(e, dict) and "name" in e for e in value)


def _step(obj: Any, key: str) -> Any:
    if isinstance(obj, dict):
        return obj.get(key)
    if isinstance(obj, list) and key.startswith("name="):
        return next((element for element in obj if element.get("name") == key[5:]), None)
    return None


def _remove(obj: Obj, path: Path) -> None:
    holder = value_at(obj, path[:-1])
    if isinstance(holder, dict):
        holder.pop(path[-1], None)
    if isinstance(holder, list):
        holder[:] = [element for element in holder if f"name={element.get('name')}" != path[-1]]
    # A map or an element that held nothing else goes with its last field.
    if len(path) > 1 and holder in ({}, [], {"name": path[-2][5:]}):
        _remove(obj, path[:-1])
