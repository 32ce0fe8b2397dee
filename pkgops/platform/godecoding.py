"""Decoding errors of Go: a field whose value has another type than the field. Pure.

Source: Go's ``encoding/json``, which returns the first error.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pkgops.platform.gotypes import ListOf, MapOf, Struct, Type

KINDS = {str: "string", bool: "bool", int: "number", float: "number", list: "array", dict: "object"}
"""The names of JSON types in messages."""

SCALARS = {"string": str, "bool": bool, "int": int, "int32": int, "int64": int, "any": object}


def check_value(value: object, go_type: Type, owner: str, path: str, package: str = "v1") -> None:
    """Check that a value can be decoded into a Go type.

    Args:
        value: the value.
        go_type: the type.
        owner: the name of the struct of which it is a field.
        path: the path of the field.
        package: the Go package of the API version.

    Raises:
        ValueError: a field has a value of another type; the text is Go's message.
    """
    if value is None:
        return
    if not _fits(value, go_type):
        raise _mistyped(value, owner, path, _go(go_type), package)
    for part, inner, holder, place in _parts(value, go_type, owner, path):
        check_value(part, inner, holder, place, package)


def _fits(value: object, go_type: Type) -> bool:
    if isinstance(go_type, ListOf):
        return isinstance(value, list)
    if isinstance(go_type, Struct | MapOf):
        return isinstance(value, dict)
    python = SCALARS[go_type.partition("|")[0]]
    return isinstance(value, python) and not (python is int and isinstance(value, bool))


def _parts(value: Any, go_type: Type, owner: str, path: str) -> Iterator[tuple[object, Type, str, str]]:
    """Yield the items or fields of a value: value, type, name of its struct, and its path in messages."""
    if isinstance(go_type, ListOf):
        yield from ((item, go_type.item, owner, path) for item in value)
    elif isinstance(go_type, MapOf):
        yield from ((item, go_type.item, owner, path) for item in value.values())
    elif isinstance(go_type, Struct):
        for key, part in value.items():
            place, inner = go_type.place(key)
            if inner is not None:
                yield part, inner, go_type.name.rpartition(".")[2], f"{path}.{place}"


def _go(go_type: Type) -> str:
    if isinstance(go_type, ListOf):
        return go_type.go or f"[]{_go(go_type.item)}"
    if isinstance(go_type, MapOf):
        return go_type.go or f"map[string]{_go(go_type.item)}"
    return go_type.name if isinstance(go_type, Struct) else go_type.rpartition("|")[2]


def _mistyped(value: object, owner: str, path: str, go: str, package: str) -> ValueError:
    kind, go_type = KINDS[type(value)], go.replace("~", package)
    return ValueError(f"json: cannot unmarshal {kind} into Go struct field {owner}.{path} of type {go_type}")


def unknown_paths(value: object, go_type: Type, place: str) -> Iterator[str]:
    """Yield the paths of fields that a value has and its type has not; Go ignores the case of names.

    The value has passed `check_value`; ``place`` is its path.
    """
    if isinstance(go_type, Struct) and isinstance(value, dict):
        fields = {key.lower(): below for key, below in go_type.all_fields().items()}
        for key, part in value.items():
            below = fields.get(key.lower())
            if below is None:
                yield f"{place}.{key}"
            else:
                yield from unknown_paths(part, below, f"{place}.{key}")
    elif isinstance(go_type, ListOf) and isinstance(value, list):
        for index, part in enumerate(value):
            yield from unknown_paths(part, go_type.item, f"{place}[{index}]")
    elif isinstance(go_type, MapOf) and isinstance(value, dict):
        for key, part in value.items():
            yield from unknown_paths(part, go_type.item, f"{place}.{key}")
