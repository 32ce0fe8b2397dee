"""Iteration and length."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pkgops.ytt.starlark.bytestrings import byte_length
from pkgops.ytt.starlark.errors import StarlarkError
from pkgops.ytt.starlark.values import Value, type_name


def iterate_or_none(value: Any) -> Iterator[Any] | None:
    """Return an iterator over a value, or None where it is not iterable (a string is not)."""
    if isinstance(value, Value):
        return value.iterate()
    if type(value) is tuple or type(value) is range:
        return iter(value)
    return None


def iterate(value: Any) -> Iterator[Any]:
    """Return an iterator over a value.

    Raises:
        StarlarkError: it is not iterable.
    """
    found = iterate_or_none(value)
    if found is None:
        raise StarlarkError(f"{type_name(value)} value is not iterable")
    return found


def length(value: Any) -> int:
    """Return the number of items, bytes for a string; -1 for a value without a length."""
    if isinstance(value, Value):
        return value.length()
    if type(value) is str:
        return byte_length(value)
    if type(value) is tuple or type(value) is range:
        return len(value)
    return -1
