"""Plain values as JSON, byte for byte as Go's encoding/json writes them: keys sorted, no spaces."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from typing import Any

from pkgops.formats.gonumbers import float_notation

_ESCAPES = {"\u2028": "\\u2028", "\u2029": "\\u2029", "\x7f": "\x7f"}
_HTML = {"<": "\\u003c", ">": "\\u003e", "&": "\\u0026"}
_SPECIAL = re.compile("[\u2028\u2029<>&\ud800-\udfff]")


def to_json(value: Any, *, indent: int = 0, escape_html: bool = True) -> str:
    """Return a plain value as JSON.

    Args:
        value: dictionaries with string keys, lists, scalars.
        indent: spaces for each level; 0 for everything on one line.
        escape_html: write ``<``, ``>`` and ``&`` as escapes.

    Raises:
        ValueError: a key is not a string, or a number is not finite.
    """
    writer = _Writer(indent, escape_html=escape_html)
    writer.write(value, 0)
    return "".join(writer.out)


class _Writer:
    def __init__(self, indent: int, *, escape_html: bool) -> None:
        self.out: list[str] = []
        self._indent = indent
        self._escape_html = escape_html

    def write(self, value: Any, level: int) -> None:
        if isinstance(value, Mapping):
            self._object(value, level)
        elif isinstance(value, list):
            self._items("[", "]", [("", item) for item in value], level)
        elif isinstance(value, str):
            self.out.append(self._string(value))
        elif isinstance(value, float):
            self.out.append(number(value))
        else:
            self.out.append(json.dumps(value))

    def _object(self, value: Mapping[Any, Any], level: int) -> None:
        if not all(isinstance(key, str) for key in value):
            raise ValueError("Expected key to be string")
        colon = ": " if self._indent else ":"
        pairs = [(self._string(key) + colon, value[key]) for key in sorted(value)]
        self._items("{", "}", pairs, level)

    def _items(self, opening: str, closing: str, items: list[tuple[str, Any]], level: int) -> None:
        out = self.out
        out.append(opening)
        for number_, (prefix, item) in enumerate(items):
            out.append(("," if number_ else "") + self._break(level + 1) + prefix)
            self.write(item, level + 1)
        out.append((self._break(level) if items else "") + closing)

    def _break(self, level: int) -> str:
        return "\n" + " " * (self._indent * level) if self._indent else ""

    def _string(self, value: str) -> str:
        text = json.dumps(value, ensure_ascii=False)
        text = text.replace("\\b", "\\u0008").replace("\\f", "\\u000c") if "\\" in text else text
        return _SPECIAL.sub(self._escape, text)

    def _escape(self, match: re.Match[str]) -> str:
        char = match.group(0)
        if char in _HTML:
            return _HTML[char] if self._escape_html else char
        return _ESCAPES.get(char, "\\ufffd")


def number(value: float) -> str:
    """Return a float in Go's JSON notation.

    Raises:
        ValueError: it is not finite.
    """
    if not math.isfinite(value):
        raise ValueError(f"json: unsupported value: {float_notation(value, 21)}")
    if value and (abs(value) < 1e-6 or abs(value) >= 1e21):
        return float_notation(value, -400).replace("e-0", "e-")
    text = float_notation(value, 21)
    return text if "e" not in text else f"{value:.17f}".rstrip("0").rstrip(".")
