"""The nodes: document set, documents, maps with their items, arrays with theirs.

Scalars are Python values in them; so are plain lists and dictionaries that templates computed.
"""

from __future__ import annotations

from typing import Any

from pkgops.ytt.tree.base import Collection, Item
from pkgops.ytt.tree.keys import same_key
from pkgops.ytt.tree.position import UNKNOWN, Position


class Document(Item):
    """One document. ``injected`` marks one that contains only trailing comments."""

    __slots__ = ("injected",)
    display = "document"
    complaint = "documents can only contain arrays, maps, or scalars"

    injected: bool

    def __init__(self, value: Any = None, position: Position = UNKNOWN) -> None:
        self._init(position)
        self.value = value
        self.injected = False

    def shell(self) -> Document:
        new = Document(None, self.position)
        new._inherit(self)
        new.injected = self.injected
        return new

    def is_empty(self) -> bool:
        """Whether there is nothing to print."""
        if isinstance(self.value, (Map, Array)):
            return not self.value.items
        return self.value is None


class MapItem(Item):
    """A key with its value."""

    __slots__ = ("key",)
    display = "map item"
    complaint = "map items can only contain arrays, maps, or scalars"

    key: Any

    def __init__(self, key: Any, value: Any = None, position: Position = UNKNOWN) -> None:
        self._init(position)
        self.key = key
        self.value = value

    def shell(self) -> MapItem:
        new = MapItem(self.key, None, self.position)
        new._inherit(self)
        return new


class ArrayItem(Item):
    """An item of an array."""

    __slots__ = ()
    display = "array item"
    complaint = "array items can only contain maps, arrays, or scalars"

    def __init__(self, value: Any = None, position: Position = UNKNOWN) -> None:
        self._init(position)
        self.value = value


class DocumentSet(Collection):
    """All documents of a file."""

    __slots__ = ("source",)
    display = "document set"
    item_type = Document
    complaint = "document sets can only contain documents"

    items: list[Document]
    source: str

    def __init__(self, items: list[Document] | None = None, position: Position = UNKNOWN) -> None:
        self._init(position)
        self.items = items if items is not None else []
        self.source = ""

    def shell(self) -> DocumentSet:
        new = DocumentSet([], self.position)
        new._inherit(self)
        new.source = self.source
        return new


class Map(Collection):
    """A map, in order."""

    __slots__ = ()
    display = "map"
    is_value = True
    item_type = MapItem
    complaint = "maps can only contain map items"

    items: list[MapItem]

    def __init__(self, items: list[MapItem] | None = None, position: Position = UNKNOWN) -> None:
        self._init(position)
        self.items = items if items is not None else []

    def find(self, key: Any) -> MapItem | None:
        """The item with this key, or None."""
        return next((item for item in self.items if same_key(item.key, key)), None)


class Array(Collection):
    """An array."""

    __slots__ = ()
    display = "array"
    is_value = True
    item_type = ArrayItem
    complaint = "arrays can only contain array items"

    items: list[ArrayItem]

    def __init__(self, items: list[ArrayItem] | None = None, position: Position = UNKNOWN) -> None:
        self._init(position)
        self.items = items if items is not None else []
