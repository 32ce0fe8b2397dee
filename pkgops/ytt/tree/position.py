"""A position in a file."""

from __future__ import annotations

from pkgops.values import Value, replace


class Position(Value):
    """A line of a file.

    Attributes:
        file: name of the file as given, empty where there is none.
        line: 1-based; 0 where it is not known.
        text: the line itself, where it is known.
        from_memory: the value did not come from a file, ``text`` describes it.
    """

    file: str = ""
    line: int = 0
    text: str = ""
    from_memory: bool = False

    @property
    def known(self) -> bool:
        """Whether the line is known."""
        return self.line > 0

    def compact(self) -> str:
        """``file:12``; a question mark for an unknown line."""
        prefix = f"{self.file}:" if self.file else ""
        return f"{prefix}{self.line or '?'}"

    def sentence(self) -> str:
        """``line file:12``."""
        return "line " + self.compact()

    def beside(self, other: Position) -> bool:
        """Return whether both are in the same file, at most one line apart."""
        return self.known and other.known and self.file == other.file and abs(self.line - other.line) <= 1

    def moved(self, lines: int) -> Position:
        """The position ``lines`` further down."""
        return replace(self, line=self.line + lines)


UNKNOWN = Position()
