"""The positions of the parts of a document in its text."""

from __future__ import annotations

from typing import Any, NamedTuple

Path = tuple[str, ...]
"""The keys, and indexes of list items from 0, from a document's root to a value."""


class Mark(NamedTuple):
    """A position in a file; line and column begin with 1."""

    source: str
    line: int
    column: int

    def __str__(self) -> str:
        """``file:line:column``, as editors and compilers write it."""
        return f"{self.source}:{self.line}:{self.column}"


class Positioned(NamedTuple):
    """A document as plain values, and the mark of every key of its maps and every item of its lists."""

    value: Any
    marks: dict[Path, Mark]
