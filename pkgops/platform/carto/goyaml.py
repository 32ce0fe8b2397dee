"""Print a value as Go's yaml.v3 does. The digests and previews of outputs are made of this text.

A YAML library would choose other indents and quotes, and so other digests than Cartographer's.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cmp_to_key
from typing import Any

from pkgops.platform.carto import gofmt

_INDENT = 4
_WORDS = {"", "~", "null", "Null", "NULL", "true", "True", "TRUE", "false", "False", "FALSE", "<<"}
_OLD_BOOLS = {
    "y",
    "Y",
    "yes",
    "Yes",
    "YES",
    "on",
    "On",
    "ON",
    "n",
    "N",
    "no",
    "No",
    "NO",
    "off",
    "Off",
    "OFF",
}
_SPECIAL_FLOAT = re.compile(r"^(\.nan|\.NaN|\.NAN|[+-]?\.(inf|Inf|INF))$")
_NUMBER = re.compile(r"^[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?$")
_BASED = re.compile(r"^[-+]?0([xX][0-9a-fA-F]+|[bB][01]+|[oO]?[0-7]+)$")
_SEXAGESIMAL = re.compile(r"^[-+]?[0-9][0-9_]*(:[0-5]?[0-9])+(\.[0-9_]*)?$")
_TIMESTAMP = re.compile(r"^\d{4}-\d{1,2}-\d{1,2}([Tt ]\d{1,2}:\d{1,2}:\d{1,2}(\.\d+)?(Z|[+-]\d\d:\d\d)?)?$")
_ESCAPES = {"\0": "\\0", "\a": "\\a", "\b": "\\b", "\t": "\\t", "\n": "\\n", "\v": "\\v", "\f": "\\f"}
_ESCAPES |= {"\r": "\\r", "\x1b": "\\e", '"': '\\"', "\\": "\\\\", "\x85": "\\N", "\xa0": "\\_"}


def dump(value: Any) -> str:
    """Return a decoded JSON value as a YAML document, with its trailing newline."""
    if isinstance(value, Mapping | list) and value:
        return "".join(f"{line}\n" for line in _block(value, 0))
    text = _scalar(value, block=_INDENT)
    return text if text.endswith("\n") else f"{text}\n"


def _block(value: Mapping[str, Any] | list[Any], indent: int) -> Iterator[str]:
    if isinstance(value, list):
        for item in value:
            yield from _item(item, indent)
        return
    for key in sorted(value, key=cmp_to_key(_compare_keys)):
        yield from _entry(key, value[key], indent)


def _entry(key: str, value: Any, indent: int) -> Iterator[str]:
    head = f"{' ' * indent}{_scalar(key, key=True)}:"
    if isinstance(value, Mapping | list) and value:
        yield head
        yield from _block(value, _deeper(indent))
    else:
        yield from f"{head} {_scalar(value, block=_deeper(indent))}".split("\n")


def _item(value: Any, indent: int) -> Iterator[str]:
    dash = " " * indent + "- "
    if isinstance(value, Mapping | list) and value:
        lines = _block(value, indent + 2)
        yield dash + next(lines)[indent + 2 :]
        yield from lines
    else:
        yield from f"{dash}{_scalar(value, block=indent + 2)}".split("\n")


def _deeper(indent: int) -> int:
    return _INDENT * ((indent + _INDENT) // _INDENT)


def _scalar(value: Any, *, block: int = 0, key: bool = False) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return gofmt.number(float(value))
    if isinstance(value, str):
        return _string(value, block, key=key)
    return "{}" if isinstance(value, Mapping) else "[]"


def _string(value: str, indent: int, *, key: bool) -> str:
    if "\n" in value:
        return _double(value) if key or _unfit_for_block(value) else _literal(value, indent)
    if _resolves_to_another_type(value) or _needs_escapes(value):
        return _double(value)
    return value if _plain_allowed(value) else "'" + value.replace("'", "''") + "'"


def _resolves_to_another_type(value: str) -> bool:
    if value in _WORDS or value in _OLD_BOOLS or _SPECIAL_FLOAT.match(value):
        return True
    bare = value.replace("_", "")
    patterns = (_NUMBER.match(bare), _BASED.match(bare), _SEXAGESIMAL.match(value), _TIMESTAMP.match(value))
    return any(patterns)


def _needs_escapes(value: str) -> bool:
    return any(char != "\n" and not _printable(char) for char in value)


def _printable(char: str) -> bool:
    code = ord(char)
    return (
        0x20 <= code <= 0x7E
        or 0xA0 <= code <= 0xD7FF
        or (0xE000 <= code <= 0xFFFD and code != 0xFEFF)
        or code > 0xFFFF
    )


def _unfit_for_block(value: str) -> bool:
    text = value.replace("\t", " ")
    return value.endswith(" ") or " \n" in value or _needs_escapes(text)


def _plain_allowed(value: str) -> bool:
    if value[0] in " #,[]{}&*!|>'\"%@`" or value[-1] == " " or value.startswith(("---", "...")):
        return False
    if value[0] in "-?:" and (len(value) == 1 or value[1] == " "):
        return False
    return ": " not in value and not value.endswith(":") and " #" not in value


def _double(value: str) -> str:
    return '"' + "".join(_ESCAPES.get(char) or _escaped(char) for char in value) + '"'


def _escaped(char: str) -> str:
    if _printable(char):
        return char
    code = ord(char)
    return f"\\x{code:02X}" if code < 0x100 else f"\\u{code:04X}"


def _literal(value: str, indent: int) -> str:
    hint = str(_INDENT) if value[0] in " \n" else ""
    chomp = "" if value.endswith("\n") and not value.endswith("\n\n") and value != "\n" else "+"
    chomp = chomp if value.endswith("\n") else "-"
    body = value.removesuffix("\n") if value.endswith("\n") else value
    lines = [" " * indent + line if line else "" for line in body.split("\n")]
    return "\n".join([f"|{hint}{chomp}", *lines])


def _compare_keys(left: str, right: str) -> int:
    """Order keys as yaml.v3 does: numbers inside of names by value, letters after other signs."""
    digits = False
    for at, (one, other) in enumerate(zip(left, right, strict=False)):
        if one == other:
            digits = one.isdigit()
            continue
        return -1 if _less_at(left, right, at, digits) else 1
    return len(left) - len(right)


def _less_at(left: str, right: str, at: int, digits: bool) -> bool:
    one, other = left[at], right[at]
    if one.isalpha() and other.isalpha():
        return one < other
    if one.isalpha() or other.isalpha():
        return one.isalpha() if digits else other.isalpha()
    first, second = _number_at(left, at), _number_at(right, at)
    if (one == "0" or other == "0") and _significant_before(left, at):
        first, second = f"1{first}", f"1{second}"
    values = (int(first or 0), int(second or 0))
    if values[0] != values[1]:
        return values[0] < values[1]
    return len(first) < len(second) if len(first) != len(second) else one < other


def _number_at(text: str, at: int) -> str:
    match = re.compile(r"[0-9]*").match(text, at)
    return match.group() if match else ""


def _significant_before(text: str, at: int) -> bool:
    before = re.search(r"[0-9]*$", text[:at])
    return bool(before and before.group().strip("0"))
