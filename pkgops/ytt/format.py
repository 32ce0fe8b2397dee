"""``ytt fmt``: formatting of a YAML template with its comments."""

from __future__ import annotations

from typing import Any

from pkgops.values import Value
from pkgops.ytt.errors import YttError
from pkgops.ytt.tree.base import Item, Node
from pkgops.ytt.tree.nodes import Document, DocumentSet, MapItem
from pkgops.ytt.tree.output import as_yaml
from pkgops.ytt.tree.reader import ReadError, ReadOptions, read

_STEP = "  "


class _Piece(Value, kw_only=True):
    """A line, or the beginning of one.

    Attributes:
        text: of the line.
        indent: before it.
        opens: whether the following node may be on the same line.
        space: between the two.
        joins: whether it may be on the line of the node that opened.
    """

    text: str
    indent: str = ""
    opens: bool = False
    space: str = ""
    joins: bool = False


_SPACER = None


def formatted(text: str, *, strict: bool = False) -> str:
    """Return a formatted template, comments included.

    Raises:
        YttError: it is not YAML.
    """
    try:
        documents = read(text, "", ReadOptions(strict=strict))
    except ReadError as error:
        raise YttError(str(error)) from None
    layout = _Layout()
    layout.documents(documents)
    return "".join(layout.out)


class _Layout:
    def __init__(self) -> None:
        self.out: list[str] = []
        self._last: _Piece | None = _Piece(text="")

    def documents(self, documents: DocumentSet) -> None:
        for index, document in enumerate(documents.items):
            suffix, full = self._comments(document, "", first=index == 0)
            if index or suffix:
                self._add(_Piece(text="---" + suffix))
            if document.value is not None:
                self._value(document.value, "")
            self._after(full)

    def _value(self, value: Any, indent: str) -> None:
        if not isinstance(value, Node):
            self._add(_Piece(text=_scalar(value), indent=indent, joins=True))
            return
        for index, item in enumerate(value.children()):
            suffix, full = self._comments(item, indent, first=index == 0)
            self._item(item, indent, suffix)
            self._after(full)

    def _item(self, item: Item, indent: str, suffix: str) -> None:
        start = "-"
        if isinstance(item, MapItem):
            start = f"{item.key if isinstance(item.key, str) else _scalar(item.key)}:"
        leaf = not isinstance(item.value, Node)
        shown = _scalar(item.value) if leaf else ""
        if leaf and "\n" not in shown:
            scalar = "" if suffix and item.value is None else f" {shown}"
            self._add(_Piece(text=f"{start}{scalar}{suffix}", indent=indent, joins=True))
            return
        opens = not suffix and (leaf or not isinstance(item, MapItem))
        self._add(_Piece(text=start + suffix, indent=indent, opens=opens, space=" ", joins=True))
        self._value(item.value, indent + _STEP)

    def _comments(self, node: Node, indent: str, *, first: bool) -> tuple[str, bool]:
        """Write the comments above a node; return the one on its line, and whether there were some above."""
        suffix, full = "", False
        for comment in node.comments:
            if node.position.known and comment.position.line == node.position.line:
                suffix = f" #{comment.text}"
                continue
            if not full and not first:
                self._last = _SPACER
            full = True
            self._add(_Piece(text=f"#{comment.text}", indent=indent))
        return suffix, full

    def _after(self, full: bool) -> None:
        if full:
            self._last = _SPACER

    def _add(self, piece: _Piece) -> None:
        last = self._last
        if last is _SPACER:
            self.out.append("\n")
        if last is not _SPACER and last.opens:
            self.out.append(last.space if piece.joins else f"\n{piece.indent}")
        else:
            self.out.append(piece.indent)
        self.out.append(piece.text.replace("\n", "\n" + piece.indent[: -len(_STEP)]))
        if not piece.opens:
            self.out.append("\n")
        self._last = piece


def _scalar(value: Any) -> str:
    return "null" if value is None else as_yaml([Document(value)]).removesuffix("\n")
