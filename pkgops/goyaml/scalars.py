"""How go-yaml writes a text: plain, quoted or as a block (``stringv`` and libyaml's emitter)."""

from __future__ import annotations

import re
from datetime import datetime
from math import isinf

from pkgops.goyaml.dialect import Dialect

_WORDS = {"", "~", "null", "Null", "NULL", "true", "True", "TRUE", "false", "False", "FALSE"}
# YAML 1.1 has these as booleans; v3 quotes them for readers of that version.
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
_SPECIAL_FLOAT = re.compile(r"\.nan|\.NaN|\.NAN|[+-]?\.(inf|Inf|INF)")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_BASED = re.compile(r"[-+]?0([xX][0-9a-fA-F]+|[bB][01]+|[oO]?[0-7]+)")
_OLD_OCTAL = re.compile(r"^([-+]?0)(?=[0-7])")
_INNER_SIGN = re.compile(r"0b[-+][01]+")
_BETWEEN_DIGITS = re.compile(r"(?<=[0-9])_(?=[0-9])")
_SEXAGESIMAL = re.compile(r"[-+]?[0-9][0-9_]*(:[0-5]?[0-9])+(\.[0-9_]*)?")
_TIME = r"([0-9]{1,2}):([0-9]{1,2}):([0-9]{1,2})(?:[.,][0-9]+)?"
_TIMESTAMP = re.compile(
    rf"[0-9]{{4}}-([0-9]{{1,2}})-([0-9]{{1,2}})(?:[Tt]{_TIME}(?:Z|[-+][0-9]{{2}}:[0-9]{{2}})| {_TIME})?"
)
BREAKS = "\r\n\x85\u2028\u2029"
_INDICATORS = frozenset(",[]{}#&*!|>'\"%@`")
_ESCAPES = {
    "\0": "0",
    "\a": "a",
    "\b": "b",
    "\t": "t",
    "\n": "n",
    "\v": "v",
    "\f": "f",
    "\r": "r",
    "\x1b": "e",
    '"': '"',
    "\\": "\\",
    "\x85": "N",
    "\xa0": "_",
    "\u2028": "L",
    "\u2029": "P",
}


def write_text(text: str, dialect: Dialect, indent: int, column: int, *, key: bool = False) -> str:
    """Return a text as it is written after ``column`` columns of its line.

    Args:
        text: what to write.
        dialect: the version of go-yaml.
        indent: the column at which further lines of the text begin.
        column: where the text itself begins.
        key: whether it is the key of a map, which stays in one line.
    """
    width = None if key else dialect.width
    if "\n" in text:
        if key or not _may_be_block(text, dialect):
            return _double_quoted(text, width, indent, column)
        return _block(text, dialect, indent)
    if _reads_as_another_type(text):
        return _double_quoted(text, width, indent, column)
    if _may_be_plain(text):
        return _folded(text, width, indent, column)
    if all(_is_printable(character) for character in text):
        # The first and the last character stay where they are, whatever they are.
        quoted = _folded(text, width, indent, column + 1, inner=True).replace("'", "''")
        return f"'{quoted}'"
    return _double_quoted(text, width, indent, column)


def _reads_as_another_type(text: str) -> bool:
    """Whether the text without quotes would be read back as something else (``resolve``)."""
    if text in _WORDS or text in _OLD_BOOLS or _SPECIAL_FLOAT.fullmatch(text):
        return True
    if text[0] == ".":
        return bool(_FLOAT.fullmatch(_BETWEEN_DIGITS.sub("", text)))
    if text[0] not in "+-0123456789":
        return False
    bare = text.replace("_", "")
    odd = _SEXAGESIMAL.fullmatch(text) or _INNER_SIGN.fullmatch(bare)
    return bool(odd) or _is_number(bare) or _is_timestamp(text)


def _is_number(text: str) -> bool:
    if _BASED.fullmatch(text) and abs(int(_OLD_OCTAL.sub(r"\1o", text), 0)) < 2**64:
        return True
    # Too many digits for an integer make a double, and too many for a double no number.
    return bool(_FLOAT.fullmatch(text)) and not isinf(float(text))


def _is_timestamp(text: str) -> bool:
    found = _TIMESTAMP.fullmatch(text)
    if found is None:
        return False
    numbers = [int(number) for number in found.groups() if number is not None]
    try:
        # Year 0 is one of Go's, and a leap year as 2000 is.
        datetime(int(text[:4]) or 2000, *numbers)  # type: ignore[arg-type]  # noqa: DTZ001
    except ValueError:
        return False
    return True


def _is_printable(character: str) -> bool:
    """libyaml's ``is_printable`` as it was ported: nothing beyond the basic plane."""
    code = ord(character)
    if code <= 0xFF:
        return 0x20 <= code <= 0x7E or code >= 0xA0
    return code <= 0xD7FF or (0xE000 <= code <= 0xFFFD and code != 0xFEFF)


def _may_be_plain(text: str) -> bool:
    if text[0] in _INDICATORS or " " in (text[0], text[-1]) or text.startswith(("---", "...")):
        return False
    if text[0] in "-?:" and text[1:2] in ("", " ", "\t"):
        return False
    if text.endswith(":") or ": " in text or " #" in text:
        return False
    return all(_is_printable(character) and character not in BREAKS for character in text)


def _may_be_block(text: str, dialect: Dialect) -> bool:
    if text.endswith(" ") or " \n" in text:
        return False
    kept = "\n\t" if dialect.blocks_keep_tabs else "\n"
    return all(character in kept or _is_printable(character) for character in text)


def _block(text: str, dialect: Dialect, indent: int) -> str:
    hint = str(dialect.indent) if text[0] in f" {BREAKS}" else ""
    body = text.removesuffix("\n")
    chomp = "-" if body == text else "+" if not body or body.endswith("\n") else ""
    lines = body.split("\n")
    if dialect.drops_first_break and not lines[0]:
        lines = lines[1:]
    return "\n".join([f"|{hint}{chomp}", *(" " * indent + line if line else "" for line in lines)])


def _double_quoted(text: str, width: int | None, indent: int, column: int) -> str:
    out, column, spaces = ['"'], column + 1, False
    for index, character in enumerate(text):
        written = _escaped(character)
        if character == " " and not spaces and _is_inner(text, index) and _is_beyond(column, width):
            # The break stands for this space; one that follows it must be told from the indent.
            written = "\n" + " " * indent + ("\\" if text[index + 1] == " " else "")
            column = len(written) - 1
        else:
            column += len(written)
        out.append(written)
        spaces = character == " "
    return "".join([*out, '"'])


def _escaped(character: str) -> str:
    if character in _ESCAPES and character != "\xa0":
        return "\\" + _ESCAPES[character]
    if _is_printable(character):
        return character
    code = ord(character)
    if code <= 0xFF:
        return f"\\x{code:02X}"
    return f"\\u{code:04X}" if code <= 0xFFFF else f"\\U{code:08X}"


def _folded(text: str, width: int | None, indent: int, column: int, *, inner: bool = False) -> str:
    """Break lines at single spaces beyond the width; ``inner``: not at the text's first or last character."""
    out: list[str] = []
    for index, character in enumerate(text):
        alone = text[index - 1 : index] != " " and text[index + 1 : index + 2] != " "
        may_break = character == " " and alone and (not inner or _is_inner(text, index))
        if may_break and _is_beyond(column, width):
            out.append("\n" + " " * indent)
            column = indent
        else:
            out.append(character)
            column += 2 if inner and character == "'" else 1
    return "".join(out)


def _is_inner(text: str, index: int) -> bool:
    return 0 < index < len(text) - 1


def _is_beyond(column: int, width: int | None) -> bool:
    return width is not None and column > width
