"""How go-yaml writes a text: plain, quoted or as a block (``stringv`` and libyaml's emitter)."""

from __future__ import annotations

import base64
import functools
import re

from pkgops.formats.goyaml.dialect import BREAKS, Dialect
from pkgops.formats.goyaml.resolve import is_plain_string

_SIMPLE = re.compile(r"[A-Za-z_/$][\w/$.()@%+*=^~<>;-]*(?: [\w/$.()@%+*=^~<>;-]+)*", re.ASCII)
# Line breaks that are written unescaped; the text continues at its indent after them.
_KEPT_BREAK = re.compile("[\u2028\u2029]")
_BREAK_RUN = re.compile("[\u2028\u2029]+(?!'?$)")
_BASE64_LINE = 70
_CACHED_LENGTH = 80
# Not printable for the Go port of libyaml's ``is_printable``: also everything beyond the basic plane.
_NOT_PRINTABLE = "[^\n\x20-\x7e\xa0-\ud7ff\ue000-\ufefe\uff00-\ufffd]"
_FIRST = frozenset("#,[]{}&*!|>'\"%@`")
_ESCAPES = {
    "\0": "\\0", "\a": "\\a", "\b": "\\b", "\t": "\\t", "\n": "\\n", "\v": "\\v", "\f": "\\f",
    "\r": "\\r", "\x1b": "\\e", '"': '\\"', "\\": "\\\\", "\x85": "\\N", "\u2028": "\\L", "\u2029": "\\P",
}  # fmt: skip
_ESCAPED = re.compile(r'["\\\x85\u2028\u2029\n]|' + _NOT_PRINTABLE)


def write_text(text: str, dialect: Dialect, indent: int, column: int, *, key: bool = False) -> str:
    """Return a text as it is written after ``column`` columns of its line.

    Args:
        text: what to write.
        dialect: the version of go-yaml.
        indent: the column at which further lines of the text begin.
        column: where the text itself begins.
        key: whether it is the key of a map, which is not folded.
    """
    if not is_utf8(text):
        return _binary(text, indent)
    width = None if key else dialect.width
    if "\n" in text:
        if not key and _may_be_block(text, dialect):
            return _block(text, dialect, indent)
        return _double_quoted(text) if width is None else _folded_double_quoted(text, width, indent, column)
    written = _line(text) if len(text) < _CACHED_LENGTH else _one_line(text)
    if width is not None and column + len(written) > width and " " in text:
        written = _fold(text, written[0], width, indent, column)
    return _indented(written, indent) if _KEPT_BREAK.search(written) else written


def is_utf8(text: str) -> bool:
    """Return whether a text contains no bytes that were not valid UTF-8."""
    if text.isascii():
        return True
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True


def _binary(text: str, indent: int) -> str:
    """Return text that is not UTF-8 as base64, as a block where it is longer than a line."""
    data = base64.b64encode(text.encode("utf-8", "surrogateescape")).decode()
    if len(data) <= _BASE64_LINE:
        return f"!!binary {data}"
    pad = "\n" + " " * indent
    lines = (data[start : start + _BASE64_LINE] for start in range(0, len(data), _BASE64_LINE))
    return f"!!binary |{pad}" + pad.join(lines)


def _one_line(text: str) -> str:
    """Return a text without line feeds in the style that go-yaml gives it."""
    if not text or not is_plain_string(text):
        return _double_quoted(text)
    if _SIMPLE.fullmatch(text):
        return text
    styles = _Styles(text)
    if styles.plain:
        return text
    return _single_quoted(text) if styles.single else _double_quoted(text)


_line = functools.lru_cache(4096)(_one_line)


class _Styles:
    """The styles that a text without line feeds allows, as libyaml's emitter decides."""

    def __init__(self, text: str) -> None:
        special = _has_special(text)
        breaks = any(char in text for char in BREAKS)
        space_break = re.search(f" [{BREAKS}]", text) is not None
        break_space = re.search(f"[{BREAKS}] ", text) is not None
        edge = text[0] in BREAKS + " " or text[-1] in BREAKS + " "
        self.single = not break_space and not space_break and not special
        self.plain = self.single and not (edge or breaks or _has_indicators(text))


def _may_be_block(text: str, dialect: Dialect) -> bool:
    if text[-1] == " " or re.search(f" [{BREAKS}]", text):
        return False
    return not _has_special(text.replace("\t", "") if dialect.blocks_keep_tabs else text)


def _has_special(text: str) -> bool:
    """Return whether a text has characters that are escaped in double quotes."""
    if text.isascii():
        return not text.replace("\n", "").isprintable()
    return re.search(_NOT_PRINTABLE, text) is not None


def _has_indicators(text: str) -> bool:
    if text[:3] in ("---", "...") or text[0] in _FIRST:
        return True
    if text[0] in "?:-" and (len(text) == 1 or text[1] in " \t" + BREAKS):
        return True
    return re.search(r":(?:[ \t\n\r]|$)|(?<=[ \t\n\r])#", text) is not None


def _single_quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _double_quoted(text: str) -> str:
    if text.isascii() and text.isprintable() and '"' not in text and "\\" not in text:
        return f'"{text}"'
    return '"' + _ESCAPED.sub(_escape, text) + '"'


def _escape(match: re.Match[str]) -> str:
    char = match.group(0)
    if char in _ESCAPES:
        return _ESCAPES[char]
    code = ord(char)
    if code <= 0xFF:
        return f"\\x{code:02X}"
    return f"\\u{code:04X}" if code <= 0xFFFF else f"\\U{code:08X}"


def _block(text: str, dialect: Dialect, indent: int) -> str:
    hint = str(dialect.indent) if text[0] in f" {BREAKS}" else ""
    chomp = "" if text[-1] in BREAKS else "-"
    if text[-1] in BREAKS and (len(text) == 1 or text[-2] in BREAKS):
        chomp = "+"
    lines = text.removesuffix("\n").split("\n")
    if dialect.drops_first_break and not lines[0]:
        lines = lines[1:]
    pad = " " * indent
    return "\n".join([f"|{hint}{chomp}", *(pad + _indented(line, indent) if line else "" for line in lines)])


def _indented(text: str, indent: int) -> str:
    return _BREAK_RUN.sub(lambda match: match.group(0) + " " * indent, text)


def _fold(text: str, first: str, width: int, indent: int, column: int) -> str:
    """Return a text of one line folded over several, in the style that begins with ``first``."""
    if first == '"':
        return _folded_double_quoted(text, width, indent, column)
    if first != "'":
        return _folded(text, width, indent, column)
    # The first and the last character are never folded.
    quoted = _folded(text, width, indent, column + 1, inner=True).replace("'", "''")
    return f"'{quoted}'"


def _folded_double_quoted(text: str, width: int, indent: int, column: int) -> str:
    out, column, spaces = ['"'], column + 1, False
    for index, character in enumerate(text):
        written = _ESCAPED.sub(_escape, character)
        if character == " " and not spaces and _is_inner(text, index) and column > width:
            # The break replaces this space; one that follows it must be distinguished from the indent.
            written = "\n" + " " * indent + ("\\" if text[index + 1] == " " else "")
            column = len(written) - 1
        else:
            column += len(written)
        out.append(written)
        spaces = character == " "
    return "".join([*out, '"'])


def _folded(text: str, width: int, indent: int, column: int, *, inner: bool = False) -> str:
    """Break lines at single spaces beyond the width; ``inner``: not at the text's first or last character."""
    out: list[str] = []
    for index, character in enumerate(text):
        alone = text[index - 1 : index] != " " and text[index + 1 : index + 2] != " "
        if character == " " and alone and (not inner or _is_inner(text, index)) and column > width:
            out.append("\n" + " " * indent)
            column = indent
        else:
            out.append(character)
            column += 2 if inner and character == "'" else 1
    return "".join(out)


def _is_inner(text: str, index: int) -> bool:
    return 0 < index < len(text) - 1
