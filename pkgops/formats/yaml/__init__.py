"""Reading and writing of YAML. Common configuration is read without ruamel, which is slow to import."""

from __future__ import annotations

from collections.abc import Iterable
from types import ModuleType
from typing import Any

from pkgops.formats.yaml.positions import Positioned


def parse(text: str, source: str) -> Any:
    """Parse one YAML document into plain Python values.

    Raises:
        UsageError: not YAML; the message has ``source``, line and column.
    """
    plain = _plain()
    document = plain.read(text, source) if plain else None
    if document is not None:
        return document.value
    from pkgops.formats.yaml import whole

    return whole.parse(text, source)


def _plain() -> ModuleType | None:
    """Return the reader of plain YAML; None without its library, as in images, which contain only ruamel."""
    try:
        from pkgops.formats.yaml import plain
    except ModuleNotFoundError:
        return None
    return plain


def parse_positioned(text: str, source: str) -> Positioned:
    """Parse one YAML document, with the position of each key of its maps and each item of its lists.

    Raises:
        UsageError: not YAML, or a key twice; the message has ``source``, line and column.
    """
    from pkgops.formats.yaml import plain

    document = plain.read(text, source)
    if document is not None:
        return document
    from pkgops.formats.yaml import whole

    return whole.parse_positioned(text, source)


def parse_all(text: str, source: str) -> list[Any]:
    """Parse all documents of a stream into plain Python values; empty documents are left out.

    Raises:
        UsageError: not YAML; the message has ``source``, line and column.
    """
    plain = _plain()
    documents: list[Any] | None = plain.read_all(text) if plain else None
    if documents is not None:
        return documents
    from pkgops.formats.yaml import whole

    return whole.parse_all(text, source)


def dump_all(documents: Iterable[Any]) -> str:
    """Return plain values as a YAML stream in block style, keys in their order.

    Multi-line strings are block literals; strings that YAML 1.1 would read as another type are quoted, since
    many readers (Go's among them) still implement it.
    """
    from pkgops.formats.yaml import whole

    return whole.dump_all(documents)
