"""Writing of maps and lists as go-yaml formats them."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from typing import Any

from pkgops.formats.gonumbers import float_notation
from pkgops.formats.goyaml.dialect import Dialect
from pkgops.formats.goyaml.strings import write_text

# A longer key (in UTF-8) is written after ``? ``.
_LONGEST_SIMPLE_KEY = 128
_SPECIAL_FLOATS = {"NaN": ".nan", "+Inf": ".inf", "-Inf": "-.inf"}


def dump(value: Any, dialect: Dialect) -> str:
    """Return a value as one YAML document without ``---``, ending with a line feed.

    Args:
        value: maps, lists and scalars. Maps keep the order of their keys: see :func:`ordered`. A key that is
            a member of an enumeration is written as the member's value, as Python treats the key True as 1.
        dialect: the version of go-yaml.
    """
    writer = _Writer(dialect)
    if isinstance(value, Mapping) and value:
        writer.mapping(value, 0, first="")
    elif isinstance(value, list) and value:
        writer.sequence(value, 0, first="")
    else:
        writer.out.append(writer.leaf(value, dialect.indent, 0) + "\n")
    return "".join(writer.out)


def as_doubles(value: Any) -> Any:
    """Return a value as Go reads it from JSON without a schema: every number is a double."""
    if isinstance(value, Mapping):
        return {str(key): as_doubles(item) for key, item in value.items()}
    if isinstance(value, list):
        return [as_doubles(item) for item in value]
    return float(value) if isinstance(value, int) and not isinstance(value, bool) else value


class _Writer:
    """Appends the pieces of a document to ``out``."""

    def __init__(self, dialect: Dialect) -> None:
        self.out: list[str] = []
        self._dialect = dialect

    def mapping(self, value: Mapping[Any, Any], indent: int, *, first: str) -> None:
        """Write a map with its keys at ``indent``; ``first`` is written before the first one."""
        out, dialect, pad, prefix = self.out, self._dialect, " " * indent, first
        deeper = dialect.indent * (indent // dialect.indent + 1)
        for key, item in value.items():
            shown = self._key(key, indent, deeper)
            out.append(prefix + shown)
            prefix = pad
            if shown.startswith("? "):
                self._beside(item, indent + 1, deeper)
            elif isinstance(item, Mapping) and item:
                out.append("\n")
                self.mapping(item, deeper, first=" " * deeper)
            elif isinstance(item, list) and item:
                out.append("\n")
                inner = deeper if dialect.indents_lists else indent
                self.sequence(item, inner, first=" " * inner)
            else:
                out.append(f" {self.leaf(item, deeper, indent + len(shown) + 1)}\n")

    def sequence(self, value: list[Any], indent: int, *, first: str) -> None:
        """Write a list with its dashes at ``indent``; ``first`` is written before the first one."""
        prefix = first
        for item in value:
            self.out.append(prefix + "-")
            prefix = " " * indent
            self._beside(item, indent + 1, indent + 2)

    def _beside(self, item: Any, column: int, indent: int) -> None:
        """Write a value on the line of its dash, or of the colon of a ``? `` key."""
        if isinstance(item, Mapping) and item:
            self.mapping(item, indent, first=" " * (indent - column))
        elif isinstance(item, list) and item:
            self.sequence(item, indent, first=" " * (indent - column))
        else:
            self.out.append(f" {self.leaf(item, indent, column + 1)}\n")

    def _key(self, key: Any, indent: int, deeper: int) -> str:
        """Return a key with its colon; one that is long or has line breaks is written after ``? ``."""
        dialect = self._dialect
        key = key.value if isinstance(key, Enum) else key
        if not isinstance(key, str):
            return self.leaf(key, deeper, indent) + ":"
        long = len(key.encode("utf-8", "surrogateescape")) > _LONGEST_SIMPLE_KEY
        if long or any(char in dialect.breaks_in_keys for char in key):
            return f"? {write_text(key, dialect, deeper, indent + 2)}\n{' ' * indent}:"
        return write_text(key, dialect, deeper, indent, key=True) + ":"

    def leaf(self, value: Any, indent: int, column: int) -> str:
        """Return a scalar, or an empty map or list."""
        if isinstance(value, str):
            return write_text(value, self._dialect, indent, column)
        if value is None:
            return "null"
        if isinstance(value, bool):
            return "true" if value else "false"
        if isinstance(value, float):
            text = float_notation(value)
            return _SPECIAL_FLOATS.get(text, text)
        if isinstance(value, Mapping):
            return "{}"
        return "[]" if isinstance(value, list) else str(value)
