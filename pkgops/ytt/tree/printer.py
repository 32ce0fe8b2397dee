"""Plain values as YAML text, byte for byte as go-yaml version 2 writes it."""

from __future__ import annotations

import base64
import functools
import re
from typing import Any

from pkgops.ytt.starlark.text import float_notation
from pkgops.ytt.tree.keys import node_key
from pkgops.ytt.tree.scalars import is_plain_string

_SIMPLE = re.compile(r"[A-Za-z_/$][\w/$.()@%+*=^~<>;-]*(?: [\w/$.()@%+*=^~<>;-]+)*", re.ASCII)
_BREAKS = "\n\r\x85\u2028\u2029"
_BREAK = re.compile("[\n\u2028\u2029]")
_BREAK_RUN = re.compile("[\u2028\u2029]+(?!'?$)")
_LONGEST_KEY = 128
_BASE64_LINE = 70
_NOT_PRINTABLE = "[^\n\x20-\x7e\xa0-\ud7ff\ue000-\ufefe\uff00-\ufffd]"
_FIRST = frozenset("#,[]{}&*!|>'\"%@`")
_ESCAPES = {
    "\0": "\\0", "\a": "\\a", "\b": "\\b", "\t": "\\t", "\n": "\\n", "\v": "\\v", "\f": "\\f",
    "\r": "\\r", "\x1b": "\\e", '"': '\\"', "\\": "\\\\", "\x85": "\\N", "\u2028": "\\L", "\u2029": "\\P",
}  # fmt: skip
_ESCAPED = r'["\\\x85\u2028\u2029\n]|' + _NOT_PRINTABLE


def to_yaml(value: Any) -> str:
    """Return a plain value (dictionaries, lists, scalars) as one YAML document without a marker."""
    out: list[str] = []
    if isinstance(value, dict) and value:
        _mapping(value, 0, out, first="")
    elif isinstance(value, list) and value:
        _sequence(value, 0, out, first="")
    else:
        out.append(_leaf(value, 0) + "\n")
    return "".join(out)


def _mapping(value: dict[Any, Any], indent: int, out: list[str], *, first: str) -> None:
    pad = " " * indent
    prefix = first
    for key, item in value.items():
        shown = _key(node_key(key), indent)
        out.append(prefix + shown)
        prefix = pad
        if "\n" in shown:
            _nested(item, indent, out)
        elif isinstance(item, dict) and item:
            out.append("\n")
            _mapping(item, indent + 2, out, first=pad + "  ")
        elif isinstance(item, list) and item:
            out.append("\n")
            _sequence(item, indent, out, first=pad)
        else:
            out.append(f" {_leaf(item, indent)}\n")


def _nested(item: Any, indent: int, out: list[str]) -> None:
    """Write a value that begins on the line of its dash, or of the colon of a key on lines of its own."""
    if isinstance(item, dict) and item:
        _mapping(item, indent + 2, out, first=" ")
    elif isinstance(item, list) and item:
        _sequence(item, indent + 2, out, first=" ")
    else:
        out.append(f" {_leaf(item, indent)}\n")


def _sequence(value: list[Any], indent: int, out: list[str], *, first: str) -> None:
    prefix = first
    for item in value:
        out.append(prefix + "-")
        prefix = " " * indent
        _nested(item, indent, out)


def _key(key: Any, indent: int) -> str:
    """Return a key with its colon; one that is long or has line breaks stands after a question mark."""
    if not isinstance(key, str):
        return _leaf(key, indent) + ":"
    if len(key.encode("utf-8", "surrogateescape")) <= _LONGEST_KEY and not _BREAK.search(key):
        return _string(key, indent) + ":"
    return f"? {_string(key, indent)}\n{' ' * indent}:"


def _leaf(value: Any, indent: int) -> str:
    if isinstance(value, str):
        return _string(value, indent)
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, float):
        return _float(value)
    return "{}" if isinstance(value, dict) else "[]"


def _float(value: float) -> str:
    text = float_notation(value, 6)
    return {"NaN": ".nan", "+Inf": ".inf", "-Inf": "-.inf"}.get(text, text)


def _string(value: str, indent: int) -> str:
    if not _is_utf8(value):
        return _binary(value, indent)
    if "\n" not in value:
        found = _line(value) if len(value) < _CACHED_LENGTH else _one_line(value)
        return _indented(found, indent) if _BREAK.search(found) else found
    return _literal(value, indent) if _Facts(value).block_allowed else _double_quoted(value)


def _indented(text: str, indent: int) -> str:
    return _BREAK_RUN.sub(lambda match: match.group(0) + " " * (indent + 2), text)


def _binary(value: str, indent: int) -> str:
    """Return text that is not UTF-8 in base64, as a block where it is longer than a line."""
    data = base64.b64encode(value.encode("utf-8", "surrogateescape")).decode()
    if len(data) <= _BASE64_LINE:
        return f"!!binary {data}"
    pad = "\n" + " " * (indent + 2)
    lines = (data[start : start + _BASE64_LINE] for start in range(0, len(data), _BASE64_LINE))
    return f"!!binary |{pad}" + pad.join(lines)


def _one_line(value: str) -> str:
    """Return a string without line breaks in the style that go-yaml gives it."""
    if _SIMPLE.fullmatch(value) and is_plain_string(value):
        return value
    facts = _Facts(value)
    if value and is_plain_string(value):
        if facts.plain_allowed:
            return value
        return _single_quoted(value) if facts.single_allowed else _double_quoted(value)
    return _double_quoted(value)


_CACHED_LENGTH = 80
_line = functools.lru_cache(4096)(_one_line)


def _is_utf8(value: str) -> bool:
    if value.isascii():
        return True
    try:
        value.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True


class _Facts:
    """Which styles a string allows, as libyaml's emitter decides."""

    def __init__(self, value: str) -> None:
        special = _has_special(value)
        breaks = any(char in value for char in _BREAKS)
        leading, trailing = value[:1], value[-1:]
        space_break = re.search(f" [{_BREAKS}]", value) is not None
        break_space = re.search(f"[{_BREAKS}] ", value) is not None
        edge = leading in _BREAKS + " " or trailing in _BREAKS + " " if value else False
        self.block_allowed = bool(value) and trailing != " " and not space_break and not special
        self.single_allowed = not break_space and not space_break and not special
        self.plain_allowed = not (
            edge or break_space or space_break or special or breaks or _has_indicators(value)
        )


def _has_special(value: str) -> bool:
    """Whether a string has characters that are escaped in double quotes."""
    if value.isascii():
        return not value.replace("\n", "").isprintable()
    return re.search(_NOT_PRINTABLE, value) is not None


def _has_indicators(value: str) -> bool:
    if value[:3] in ("---", "...") or value[:1] in _FIRST:
        return True
    if value and value[0] in "?:-" and (len(value) == 1 or value[1] in " \t" + _BREAKS):
        return True
    return re.search(r":(?:[ \t\n\r]|$)|(?<=[ \t\n\r])#", value) is not None


def _single_quoted(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"


def _double_quoted(value: str) -> str:
    if value.isascii() and value.isprintable() and '"' not in value and "\\" not in value:
        return f'"{value}"'
    return '"' + re.sub(_ESCAPED, _escape, value) + '"'


def _escape(match: re.Match[str]) -> str:
    char = match.group(0)
    if char in _ESCAPES:
        return _ESCAPES[char]
    code = ord(char)
    if code <= 0xFF:
        return f"\\x{code:02X}"
    return f"\\u{code:04X}" if code <= 0xFFFF else f"\\U{code:08X}"


def _literal(value: str, indent: int) -> str:
    hint = "2" if value[0] in " " + _BREAKS else ""
    chomp = "" if value[-1] in _BREAKS else "-"
    if value[-1] in _BREAKS and (len(value) == 1 or value[-2] in _BREAKS):
        chomp = "+"
    pad = " " * (indent + 2)
    body = value.removesuffix("\n")
    lines = [pad + _indented(line, indent) if line else "" for line in body.split("\n")]
    return f"|{hint}{chomp}\n" + "\n".join(lines)
