"""YAML as Go's yaml.v2 writes it, byte for byte, for the texts that Carvel's tools hash or show.

Only what JSON can hold: maps with string keys, lists, strings, numbers, booleans, null. Maps keep
their order; callers sort where the Go side sorts.
"""

from __future__ import annotations

import math
import re
from functools import cmp_to_key
from typing import Any

WIDTH = 80

# What yaml.v2 would read back as something other than a string, so that it quotes it.
_NOT_STRING = re.compile(
    r"""(?x) ^(?:
      | ~ | null | Null | NULL
      | true | True | TRUE | false | False | FALSE
      | y | Y | yes | Yes | YES | n | N | no | No | NO | on | On | ON | off | Off | OFF
      | <<
      | [-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?
      | [-+]?[0-9][0-9_]*
      | [-+]?0b[01_]+ | [-+]?0x[0-9a-fA-F_]+ | [-+]?0o?[0-7_]+
      | [-+]?\.(?:inf|Inf|INF) | \.(?:nan|NaN|NAN)
      | [-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+(?:\.[0-9_]*)?
      | [0-9]{4}-[0-9]{1,2}-[0-9]{1,2}
      | [0-9]{4}-[0-9]{1,2}-[0-9]{1,2}(?:[Tt]|[ ])[0-9]{1,2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]+)?
        (?:Z|[-+][0-9]{1,2}:[0-9]{2})?
    )$"""
)
_INDICATORS = frozenset(",[]{}#&*!|>'\"%@`")
_ESCAPED = {"\0": "\\0", "\a": "\\a", "\b": "\\b", "\t": "\\t", "\n": "\\n", "\v": "\\v", "\f": "\\f"} | {
    "\r": "\\r",
    "\x1b": "\\e",
    '"': '\\"',
    "\\": "\\\\",
    "\x85": "\\N",
    "\xa0": "\\_",
}


def to_yaml(value: Any) -> str:
    """Return a value as one YAML document without ``---``, ending with a line feed."""
    if isinstance(value, dict | list) and value:
        return "".join(f"{line}\n" for line in _block(value, 0))
    return f"{_scalar(value, 0, 0)}\n"


def sorted_maps(value: Any) -> Any:
    """Return a value with the keys of all maps in the order in which yaml.v2 writes them."""
    if isinstance(value, dict):
        keys = sorted(value, key=cmp_to_key(_compare_keys))
        return {key: sorted_maps(value[key]) for key in keys}
    return [sorted_maps(item) for item in value] if isinstance(value, list) else value


def _compare_keys(one: str, other: str) -> int:
    """Letters come after other characters, and numbers in keys count as numbers (``a2`` before ``a10``)."""
    for index, (left, right) in enumerate(zip(one, other, strict=False)):
        if left == right:
            continue
        if left.isalpha() and right.isalpha():
            return -1 if left < right else 1
        if left.isalpha() or right.isalpha():
            return -1 if right.isalpha() else 1
        return _compare_numbers(one, other, index)
    return len(one) - len(other)


def _compare_numbers(one: str, other: str, index: int) -> int:
    # A difference after leading digits, such as 10 and 11, must not drop those digits.
    lead = "1" if "0" in (one[index], other[index]) and _in_number(one, index) else ""
    left, right = _digits(one[index:]), _digits(other[index:])
    values = int(lead + left or "0"), int(lead + right or "0")
    if values[0] != values[1]:
        return values[0] - values[1]
    if len(left) != len(right):
        return len(left) - len(right)
    return -1 if one[index] < other[index] else 1


def _in_number(text: str, index: int) -> bool:
    before = re.search(r"[0-9]*$", text[:index])
    return bool(before and before[0].strip("0"))


def _digits(text: str) -> str:
    found = re.match(r"[0-9]*", text)
    return found[0] if found else ""


def _block(value: Any, indent: int) -> list[str]:
    if isinstance(value, dict):
        return [line for key, item in value.items() for line in _entry(key, item, indent)]
    return [line for item in value for line in _item(item, indent)]


def _entry(key: str, value: Any, indent: int) -> list[str]:
    head = f"{' ' * indent}{_scalar(key, 0, 0)}:"
    if isinstance(value, dict) and value:
        return [head, *_block(value, indent + 2)]
    if isinstance(value, list) and value:
        return [head, *_block(value, indent)]
    return f"{head} {_scalar(value, indent + 2, len(head) + 1)}".split("\n")


def _item(value: Any, indent: int) -> list[str]:
    pad = " " * indent
    if isinstance(value, dict | list) and value:
        first, *rest = _block(value, indent + 2)
        return [f"{pad}- {first.lstrip(' ')}", *rest]
    return f"{pad}- {_scalar(value, indent + 2, indent + 2)}".split("\n")


def _scalar(value: Any, indent: int, column: int) -> str:
    if isinstance(value, str):
        return _string(value, indent, column)
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    if isinstance(value, float):
        return _number(value)
    if isinstance(value, dict):
        return "{}"
    return "[]" if isinstance(value, list) else str(value)


def _number(value: float) -> str:
    if math.isfinite(value) and value == int(value) and abs(value) < 1e21:
        return str(int(value))
    return repr(value)


def _string(text: str, indent: int, column: int) -> str:
    if "\n" in text and _may_be_literal(text):
        return _literal(text, indent)
    if _NOT_STRING.match(text) or not _printable(text):
        return _double_quoted(text)
    if _needs_quotes(text):
        return "'" + text.replace("'", "''") + "'"
    return _folded(text, indent, column)


def _may_be_literal(text: str) -> bool:
    return all(character == "\n" or _is_printable(character) for character in text) and " \n" not in text


def _literal(text: str, indent: int) -> str:
    hint = "2" if text[0] in " \n" else ""
    chomp = "-" if not text.endswith("\n") else "+" if text.endswith("\n\n") or text == "\n" else ""
    lines = text.removesuffix("\n").split("\n")
    return "\n".join([f"|{hint}{chomp}", *(f"{' ' * indent}{line}" if line else "" for line in lines)])


def _is_printable(character: str) -> bool:
    code = ord(character)
    return 0x20 <= code <= 0x7E or code >= 0xA0


def _printable(text: str) -> bool:
    return all(_is_printable(character) for character in text) and not text.endswith(" \n")


def _needs_quotes(text: str) -> bool:
    if text[0] in _INDICATORS or text[0] == " " or text[-1] == " ":
        return True
    if text[0] in "-?:" and (len(text) == 1 or text[1] == " "):
        return True
    if text.startswith(("---", "...")):
        return True
    return ": " in text or " #" in text or text.endswith(":")


def _double_quoted(text: str) -> str:
    return '"' + "".join(_escape(character) for character in text) + '"'


def _escape(character: str) -> str:
    if character in _ESCAPED:
        return _ESCAPED[character]
    if _is_printable(character):
        return character
    code = ord(character)
    return f"\\x{code:02X}" if code <= 0xFF else f"\\u{code:04X}"


def _folded(text: str, indent: int, column: int) -> str:
    out: list[str] = []
    for index, character in enumerate(text):
        alone = text[index - 1 : index] != " " and text[index + 1 : index + 2] != " "
        if character == " " and alone and column > WIDTH:
            out.append("\n" + " " * indent)
            column = indent
        else:
            out.append(character)
            column += 1
    return "".join(out)
