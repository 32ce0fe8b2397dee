"""Maps and lists as go-yaml lays them out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from pkgops.goyaml.dialect import Dialect
from pkgops.goyaml.numbers import format_double
from pkgops.goyaml.scalars import BREAKS, write_text

# A longer key (in UTF-8) stands behind a question mark of its own.
_LONGEST_SIMPLE_KEY = 128


def dump(value: Any, dialect: Dialect) -> str:
    """Return a value as one YAML document without ``---``, ending with a line feed.

    Args:
        value: what JSON can hold. Maps keep the order of their keys: see :func:`ordered`.
        dialect: the version of go-yaml.
    """
    if isinstance(value, Mapping | list) and value:
        return "".join(f"{line}\n" for line in _lines(value, 0, dialect))
    return _scalar(value, dialect, dialect.indent, 0) + "\n"


def _lines(value: Mapping[str, Any] | list[Any], indent: int, dialect: Dialect) -> Iterator[str]:
    if isinstance(value, list):
        for item in value:
            yield from _after(" " * indent + "- ", item, indent + 2, dialect)
        return
    for key, item in value.items():
        yield from _entry(key, item, indent, dialect)


def _after(head: str, value: Any, indent: int, dialect: Dialect) -> Iterator[str]:
    """The lines of a value of which the first one follows ``head``."""
    if isinstance(value, Mapping | list) and value:
        lines = _lines(value, indent, dialect)
        yield head.ljust(indent) + next(lines)[indent:]
        yield from lines
    else:
        yield from (head + _scalar(value, dialect, indent, len(head))).split("\n")


def _entry(key: str, value: Any, indent: int, dialect: Dialect) -> Iterator[str]:
    pad, deeper = " " * indent, dialect.indent * (indent // dialect.indent + 1)
    if len(key.encode()) > _LONGEST_SIMPLE_KEY or set(BREAKS) & set(key):
        yield from f"{pad}? {write_text(key, dialect, deeper, indent + 2)}".split("\n")
        yield from _after(f"{pad}: ", value, deeper, dialect)
        return
    head = f"{pad}{write_text(key, dialect, deeper, indent, key=True)}:"
    if isinstance(value, Mapping | list) and value:
        yield head
        flush = isinstance(value, list) and not dialect.indents_lists
        yield from _lines(value, indent if flush else deeper, dialect)
    else:
        yield from f"{head} {_scalar(value, dialect, deeper, len(head) + 1)}".split("\n")


def _scalar(value: Any, dialect: Dialect, indent: int, column: int) -> str:
    if isinstance(value, str):
        return write_text(value, dialect, indent, column)
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    if isinstance(value, float):
        return format_double(value)
    if isinstance(value, Mapping):
        return "{}"
    return "[]" if isinstance(value, list) else str(value)
