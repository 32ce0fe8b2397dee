"""From text to nodes."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

from pkgops.formats.goyaml.resolve import ScalarError, resolve, resolve_strict, resolve_tagged
from pkgops.values import Value
from pkgops.ytt.tree.base import Comment, Node, copy_value
from pkgops.ytt.tree.comments import assign_comments
from pkgops.ytt.tree.events import Event, EventReader, RawComment
from pkgops.ytt.tree.nodes import Array, ArrayItem, Document, DocumentSet, Map, MapItem
from pkgops.ytt.tree.position import UNKNOWN, Position
from pkgops.ytt.tree.syntax import YamlError

_STARTS_WITH_MARKER = re.compile(r"\s*---\s+")
_MAX_DEPTH = 120
_MAX_ALIASED_NODES = 200_000


class ReadError(ValueError):
    """The text is not acceptable YAML; the message is ytt's and contains the line."""


class ReadOptions(Value):
    """How to read.

    Attributes:
        comments: whether comments matter.
        strict: whether plain scalars that could mean two things are refused.
    """

    comments: bool = True
    strict: bool = False


def read(text: str, name: str, options: ReadOptions | None = None) -> DocumentSet:
    """Read all documents of a text.

    Args:
        text: YAML.
        name: of the file, for positions.
        options: how to read.

    Raises:
        ReadError: it is not YAML, or not acceptable.
    """
    marked = _STARTS_WITH_MARKER.match(text) is not None
    reader = _Reader(text if marked else "---\n" + text, name, 1 if marked else 0, options or ReadOptions())
    try:
        documents = reader.documents()
    except YamlError as error:
        line = error.line - (0 if marked else 1)
        raise ReadError(
            f"yaml: line {line}: {error.problem}" if error.line else f"yaml: {error.problem}"
        ) from None
    except ScalarError as error:
        raise ReadError(f"yaml: {error}") from None
    if not marked and documents and not documents[0].position.known:
        documents[0].position = Position(name, 1)
    result = DocumentSet(documents)
    result.source = text
    _place_collections(result, None)
    return result


def _place_collections(node: Node, parent: Node | None) -> None:
    """Set the position of maps and arrays to that of their parent."""
    if parent is not None and isinstance(node, (Map, Array)):
        node.position = parent.position
    for child in node.children():
        if isinstance(child, Node):
            _place_collections(child, node)


class _Reader:
    def __init__(self, text: str, name: str, correction: int, options: ReadOptions) -> None:
        self.events = EventReader(text)
        self.stream: Iterator[Event] = self.events.read()
        self.lines = text.split("\n")
        self.name = name
        self.correction = correction
        self.options = options
        self.anchors: dict[str, Any] = {}
        self.aliased = 0
        self.resolve: Callable[[str], Any] = resolve_strict if options.strict else resolve

    def documents(self) -> list[Document]:
        found: list[Document] = []
        pending: list[Comment] = []
        for event in self.stream:
            if event.kind != "document":
                continue
            self.anchors = {}
            before = self._take_comments()
            document = Document(self._value(next(self.stream), 0), self._document_position(event, found))
            document.comments = pending
            pending = self._assign(document, before)
            found.append(document)
        pending = pending + self._comments(self._take_comments())
        if pending and self.options.comments:
            last = Document()
            last.comments, last.injected = pending, True
            found.append(last)
        return found

    def _take_comments(self) -> list[RawComment]:
        taken = self.events.comments[:]
        self.events.comments.clear()
        return taken

    def _assign(self, document: Document, before: list[RawComment]) -> list[Comment]:
        next(self.stream)
        if not self.options.comments:
            return []
        return assign_comments(document, self._comments(before + self._take_comments()))

    def _comments(self, raw: list[RawComment]) -> list[Comment]:
        return [Comment(comment.text, self._position(comment.line)) for comment in raw]

    def _position(self, line: int) -> Position:
        return Position(self.name, line + self.correction, self.lines[line] if line < len(self.lines) else "")

    def _document_position(self, event: Event, found: list[Document]) -> Position:
        if not found and event.line + self.correction == 0:
            return UNKNOWN
        return self._position(event.line)

    def _value(self, event: Event, depth: int) -> Any:
        if depth > _MAX_DEPTH:
            raise YamlError(f"exceeded max depth of {_MAX_DEPTH}", event.line)
        if event.kind == "scalar":
            value = self._scalar(event)
        elif event.kind == "alias":
            return self._alias(event)
        elif event.kind == "[":
            value = self._array(event, depth)
        else:
            value = self._map(event, depth)
        if event.anchor:
            self.anchors[event.anchor] = value
        return value

    def _scalar(self, event: Event) -> Any:
        if event.tag:
            return resolve_tagged(event.tag, event.value)
        if not event.plain:
            return event.value
        return self.resolve(event.value) if event.value or self.options.strict else None

    def _alias(self, event: Event) -> Any:
        if event.value not in self.anchors:
            raise YamlError(f"unknown anchor '{event.value}' referenced", 0)
        value = self.anchors[event.value]
        if value is _OPEN:
            raise YamlError(f"anchor '{event.value}' value contains itself", 0)
        self.aliased += _size(value)
        if self.aliased > _MAX_ALIASED_NODES:
            raise YamlError("document contains excessive aliasing", 0)
        return copy_value(value)

    def _array(self, event: Event, depth: int) -> Array:
        result = Array(position=UNKNOWN)
        self._open(event)
        for item in self.stream:
            if item.kind == "end":
                break
            position = self._position(item.item_line)
            result.items.append(ArrayItem(self._value(item, depth + 1), position))
        return result

    def _open(self, event: Event) -> None:
        if event.anchor:
            self.anchors[event.anchor] = _OPEN

    def _map(self, event: Event, depth: int) -> Map:
        result = Map(position=Position(self.name))
        self._open(event)
        for item in self.stream:
            if item.kind == "end":
                break
            if item.kind == "scalar" and item.value == "<<" and (item.plain or item.tag.endswith(":merge")):
                result.items += self._merged(self._value(next(self.stream), depth + 1))
                continue
            key = self._value(item, depth + 1)
            if isinstance(key, Node):
                raise YamlError(f"invalid map key: {key.display}", item.line + 1)
            value = self._value(next(self.stream), depth + 1)
            result.items.append(MapItem(key, value, self._position(item.line)))
        return result

    def _merged(self, source: Any) -> list[MapItem]:
        """Return the items of a merge key; like ytt, of a sequence of maps only an empty one is accepted."""
        if isinstance(source, Array) and not source.items:
            return []
        if not isinstance(source, Map):
            raise YamlError("map merge requires map or sequence of maps as the value", 0)
        return source.items


_OPEN: Any = object()


def _size(value: Any) -> int:
    return 1 + sum(_size(child) for child in value.children()) if isinstance(value, Node) else 1
