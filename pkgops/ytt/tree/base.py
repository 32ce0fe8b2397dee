"""The base classes of all nodes of trees, and functions for any node."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar

from pkgops.values import Value
from pkgops.ytt.tree.position import Position


class Comment(Value):
    """The text of a comment after its ``#``."""

    text: str
    position: Position


class AnnotationCall(Value):
    """The arguments of an annotation as evaluated.

    Attributes:
        args, kwargs: values of the language.
        position: of the comment.
    """

    args: tuple[Any, ...]
    kwargs: dict[str, Any]
    position: Position


Annotations = dict[str, AnnotationCall]


class WrongValueError(ValueError):
    """A node was assigned a value that it cannot contain."""


class Node:
    """Base of all nodes.

    Attributes:
        position: its position in the file.
        comments: that belong to it.
        annotations: by name, as evaluated.
        meta: facts that processing steps attach, by name.
        is_value: whether it may be the value of an item.
    """

    __slots__ = ("annotations", "comments", "meta", "position")
    display: ClassVar[str] = "node"
    is_value: ClassVar[bool] = False

    position: Position
    comments: list[Comment]
    annotations: Annotations
    meta: dict[str, Any] | None

    def children(self) -> list[Any]:
        """The nodes or values directly within."""
        raise NotImplementedError

    def shell(self) -> Node:
        """A copy without children, comments included."""
        raise NotImplementedError

    def copy(self) -> Node:
        """A deep copy."""
        raise NotImplementedError

    def add(self, value: Any) -> None:
        """Add a child, or set the value. Raises WrongValueError for a value of the wrong kind."""
        raise NotImplementedError

    def set_value(self, value: Any) -> None:
        """Replace the value. Raises WrongValueError for nodes that contain items instead."""
        article = "an" if self.display[0] in "aeiou" else "a"
        raise WrongValueError(f"cannot set value on {article} {self.display}")

    def get_meta(self, name: str) -> Any:
        """A fact that was attached, or None."""
        return None if self.meta is None else self.meta.get(name)

    def set_meta(self, name: str, value: Any) -> None:
        """Attach a fact."""
        if self.meta is None:
            self.meta = {}
        self.meta[name] = value

    def _init(self, position: Position) -> None:
        self.position = position
        self.comments = []
        self.annotations = {}
        self.meta = None

    def _inherit(self, other: Node) -> None:
        self.position = other.position
        self.comments = other.comments[:]
        self.annotations = dict(other.annotations) if other.annotations else {}
        self.meta = dict(other.meta) if other.meta else None


class Collection(Node):
    """A node that contains items."""

    __slots__ = ("items",)
    item_type: ClassVar[type[Node]]
    complaint: ClassVar[str]

    items: list[Any]

    def children(self) -> list[Any]:
        return self.items

    def add(self, value: Any) -> None:
        if not isinstance(value, self.item_type):
            raise WrongValueError(f"{self.complaint}; this is a {kind_name(value)}")
        self.items.append(value)

    def shell(self) -> Collection:
        new = type(self).__new__(type(self))
        new._inherit(self)
        new.items = []
        return new

    def copy(self) -> Collection:
        new = self.shell()
        new.items = [item.copy() for item in self.items]
        return new


class Item(Node):
    """A node that contains one value."""

    __slots__ = ("value",)
    complaint: ClassVar[str]

    value: Any

    def children(self) -> list[Any]:
        return [self.value]

    def add(self, value: Any) -> None:
        if isinstance(value, Node) and not value.is_value:
            raise WrongValueError(f"{self.complaint}; this is a {kind_name(value)}")
        self.value = value

    def set_value(self, value: Any) -> None:
        self.value = None
        self.add(value)

    def shell(self) -> Item:
        new = type(self).__new__(type(self))
        new._inherit(self)
        new.value = None
        return new

    def copy(self) -> Item:
        new = self.shell()
        new.value = copy_value(self.value)
        return new


def copy_value(value: Any) -> Any:
    """Copy a value: nodes deeply, plain lists and dictionaries too."""
    if isinstance(value, Node):
        return value.copy()
    if isinstance(value, list):
        return [copy_value(item) for item in value]
    if isinstance(value, dict):
        return {key: copy_value(item) for key, item in value.items()}
    return value


def kind_name(value: Any) -> str:
    """Return the name of a value in messages."""
    if isinstance(value, Node):
        return value.display
    names: dict[type, str] = {
        bool: "boolean", int: "integer", float: "float", str: "string",
        type(None): "null", list: "[]interface {}", dict: "*orderedmap.Map",
    }  # fmt: skip
    return names.get(type(value), type(value).__name__)


def walk(value: Any) -> Iterator[Node]:
    """Yield a node and all nodes below it, from the top."""
    open_nodes = [value] if isinstance(value, Node) else []
    while open_nodes:
        node = open_nodes.pop()
        yield node
        open_nodes += [child for child in reversed(node.children()) if isinstance(child, Node)]
