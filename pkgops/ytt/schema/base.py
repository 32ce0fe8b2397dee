"""The base of all types of data values."""

from __future__ import annotations

from typing import Any, ClassVar

from pkgops.values import Value, made
from pkgops.ytt.schema.problems import Problem
from pkgops.ytt.tree.base import Item, Node, kind_name
from pkgops.ytt.tree.position import Position


class Documentation(Value, frozen=False):
    """The documentation of a value in a schema."""

    title: str = ""
    description: str = ""
    deprecated: bool = False
    examples: list[tuple[str, Any]] = made(default_factory=list)


class Type(Value, frozen=False, kw_only=True):
    """Base of all types.

    Attributes:
        position: where the schema defines it.
        documentation: title, description and more.
    """

    position: Position
    documentation: Documentation = made(default_factory=Documentation)
    item_type: ClassVar[bool] = False

    def name(self) -> str:
        """Its name in messages."""
        raise NotImplementedError

    def default(self) -> Any:
        """The value where none is given."""
        raise NotImplementedError

    def set_default(self, value: Any) -> None:
        """Change the default."""

    def assign(self, node: Node) -> list[Problem]:
        """Attach types to a tree and add missing values; returns nodes of the wrong kind."""
        raise NotImplementedError

    def check(self, node: Node) -> list[Problem]:
        """Check one node, not those below it."""
        raise NotImplementedError

    def expected(self) -> str:
        """The type and where it is defined, for messages."""
        shown = self.name() if self.position.known else ""
        return f"{shown} (by {self.position.compact()})"


def mismatch(found: Node, wanted: Type) -> Problem:
    """A node of the wrong kind."""
    value = found.value if isinstance(found, Item) else found
    return Problem(position=found.position, expected=wanted.expected(), found=kind_name(value))
