"""Document sets as text: YAML, JSON, or with positions."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from pkgops.formats.goyaml import YTT, dump
from pkgops.ytt.tree.base import Node
from pkgops.ytt.tree.convert import to_nodes, to_plain
from pkgops.ytt.tree.nodes import Array, Document, Map


def to_yaml(value: Any) -> str:
    """Return a plain value (dictionaries, lists, scalars) as one YAML document without a marker."""
    return dump(value, YTT)


def printable(documents: Iterable[Document]) -> list[Document]:
    """Return the documents that have something to print."""
    return [document for document in documents if not (document.injected or document.is_empty())]


def as_yaml(documents: Iterable[Document]) -> str:
    """Return documents as YAML, ``---`` between them.

    Raises:
        ValueError: a document contains a value that YAML does not support.
    """
    return "---\n".join(to_yaml(to_plain(document.value)) for document in printable(documents))


def as_json(documents: Iterable[Document]) -> str:
    """Return documents as JSON, one after the other."""
    from pkgops.formats.gojson import to_json

    return "".join(to_json(to_plain(document.value)) for document in printable(documents))


def as_positions(documents: Iterable[Document]) -> str:
    """Return documents with the file and line that every node comes from."""
    printer = _PositionPrinter()
    for document in printable(documents):
        printer.document(document)
    return "".join(printer.out)


class _PositionPrinter:
    def __init__(self) -> None:
        self.out: list[str] = []
        self.width = 0

    def document(self, document: Document) -> None:
        self._line(document, "[doc]")
        self._value(document.value, "  ")

    def _line(self, node: Node | None, text: str) -> None:
        prefix = ""
        if node is None or node.position.known:
            prefix = self._pad(node.position.compact() if node is not None else "")
        self.out.append(f"{prefix}{text}\n")

    def _pad(self, text: str) -> str:
        if len(text) > self.width:
            self.width = len(text) + 10
        return f"{text:>{self.width}} | "

    def _value(self, value: Any, indent: str) -> None:
        if isinstance(value, Map):
            for item in value.items:
                self._item(item, indent, f"{key_text(item.key)}:")
        elif isinstance(value, Array):
            for index, element in enumerate(value.items):
                self._item(element, indent, f"[{index}]")
        else:
            self._line(None, indent + to_yaml(value)[:-1])

    def _item(self, item: Any, indent: str, label: str) -> None:
        value = to_nodes(item.value, item.position) if isinstance(item.value, dict) else item.value
        leaf = None if isinstance(value, Node) else to_yaml(value)[:-1]
        if leaf is None or "\n" in leaf:
            self._line(item, indent + label)
            self._value(value, indent + "  ")
        else:
            self._line(item, f"{indent}{label} {leaf}")


def key_text(key: Any) -> str:
    """Return a key as the program shows it: one that is not a string as by Go's ``%s``."""
    if isinstance(key, str):
        return key
    if key is None:
        return "%!s(<nil>)"
    if isinstance(key, bool):
        return f"%!s(bool={to_yaml(key)[:-1]})"
    kind = "float64" if isinstance(key, float) else "int" if key < 1 << 63 else "uint64"
    return f"%!s({kind}={to_yaml(key)[:-1]})"
