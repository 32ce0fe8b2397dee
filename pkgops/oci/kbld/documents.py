"""The documents of kbld's input: resources and configuration, each item of a list separately."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pkgops.errors import UsageError
from pkgops.formats import yaml

STDIN = "stdin"
"""kbld's name of its standard input."""


class BadDocument(UsageError):
    """A document that is no resource, with kbld's message."""

    slug = "kbld-document"


def described(path: str) -> str:
    """Return kbld's name of a file."""
    return f"file '{path}'"


def documents(text: str, source: str) -> Iterator[dict[str, Any]]:
    """Return the documents of a text; empty ones count as none.

    Args:
        text: YAML.
        source: kbld's name of its source.

    Raises:
        BadDocument: a document is no map.
        PkgopsError: it is not YAML.
    """
    for number, document in enumerate(yaml.parse_all(text, source), 1):
        if document is not None and not isinstance(document, dict):
            raise BadDocument(
                f"Parsing {source} doc {number}: error unmarshaling JSON: while decoding JSON: json: "
                f"cannot unmarshal {_go(document)} into Go value of type map[string]interface {{}}"
            )
        items = (document or {}).get("items")
        if not isinstance(items, list):
            yield from [document] if document else []
        elif all(isinstance(item, dict) for item in items):
            yield from items
        else:
            raise BadDocument(f"Parsing {source} doc {number}: items member should be an object")


def _go(value: object) -> str:
    """Return Go's name of the type of a JSON value."""
    if isinstance(value, list):
        return "array"
    return "string" if isinstance(value, str) else "bool" if isinstance(value, bool) else "number"
