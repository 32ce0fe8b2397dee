"""Objects with one slip each, at every place of a type: a name that it has not, a value of another type."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pkgops.platform.gotypes import ListOf, MapOf, Struct, Type

Path = tuple[str, ...]
WRONG: dict[str, Any] = {"string": 5, "bool": "yes", "int": "3", "int32": "3", "int64": "3"}


def places(wanted: Type, path: Path = (), within: tuple[str, ...] = ()) -> Iterator[tuple[Path, Type]]:
    """Yield every place of a type: a struct that is within itself is looked at once."""
    if isinstance(wanted, ListOf):
        yield from places(wanted.item, (*path, "[]"), within)
    elif isinstance(wanted, MapOf):
        yield from places(wanted.item, (*path, "key"), within)
    elif isinstance(wanted, Struct):
        if wanted.name in within:
            return
        yield path, wanted
        for key, below in wanted.all_fields().items():
            yield from places(below, (*path, key), (*within, wanted.name))
    else:
        yield path, wanted


def at(path: Path, value: Any) -> Any:
    """Return an object that has a value at a path, and nothing else."""
    for key in reversed(path):
        value = [value] if key == "[]" else {key: value}
    return value


def misnamed(wanted: Type) -> Iterator[tuple[Path, Any]]:
    """Yield the place of each struct and an object with a field that it does not have."""
    for path, found in places(wanted):
        if isinstance(found, Struct):
            yield path, at(path, {"slipx": "x"})


def mistyped(wanted: Type) -> Iterator[tuple[Path, Any]]:
    """Yield the place of each value that does not decode itself, and an object with one of another type."""
    for path, found in places(wanted):
        if isinstance(found, str) and found.partition("|")[0] in WRONG:
            yield path, at(path, WRONG[found.partition("|")[0]])
        elif isinstance(found, Struct) and path:
            yield path, at(path, "x")
