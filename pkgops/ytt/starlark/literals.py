"""Numbers and strings as they are written in code."""

from __future__ import annotations

import math
import re

from pkgops.ytt.starlark.bytestrings import canonical, decoded
from pkgops.ytt.starlark.errors import syntax_problem

_ESCAPE = re.compile(r"\r\n?|\\(\n|[abfnrtv\\'\"]|[0-7]{1,3}|x[0-9a-fA-F]{2}|x.?.?|)", re.DOTALL)
_RETURN = re.compile(r"\r\n?")
_ONE = {
    "a": "\a", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v",
    "\\": "\\", "'": "'", '"': '"', "\n": "",
}  # fmt: skip
_BASE_NAMES = {16: "hex", 8: "octal", 2: "binary"}
_HEX_BYTE = re.compile("x[0-9a-fA-F]{2}")
_BASES = {"x": 16, "o": 8, "b": 2}


def unquote(text: str, line: int) -> str:
    """Return the value of a string literal.

    An unknown escape such as ``\\z`` stays as it is, like in Python.
    """
    raw = text[0] == "r"
    if raw:
        text = text[1:]
    size = 3 if text[:3] in ('"""', "'''") and len(text) >= 6 else 1
    body = text[size:-size]
    if raw:
        return _RETURN.sub("\n", body) if "\r" in body else body
    if "\\" not in body and "\r" not in body:
        return body

    def replace(match: re.Match[str]) -> str:
        return _escape(match, line)

    return canonical(_ESCAPE.sub(replace, body))


def _escape(match: re.Match[str], line: int) -> str:
    escape = match.group(1)
    if escape is None:
        return "\n"
    if escape == "":
        return "\\"
    if escape in _ONE:
        return _ONE[escape]
    if escape[0] == "x" and not _HEX_BYTE.fullmatch(escape):
        problem = "invalid" if len(escape) == 3 else "truncated"
        raise syntax_problem(f"{problem} escape sequence \\{escape}", line)
    code = int(escape[1:], 16) if escape[0] == "x" else int(escape, 8)
    if code > 255:
        raise syntax_problem(f"invalid escape sequence \\{escape}", line)
    return chr(code) if code < 0x80 else decoded(bytes([code]))


def number_token(text: str, line: int) -> tuple[str, int | float]:
    """Return the kind of token and the value of a number.

    Raises:
        SyntaxProblems: an old-style octal number like ``0755``, or a float that is too large or has
            no digits in its exponent.
    """
    base = _BASES.get(text[1:2].lower())
    if len(text) == 2 and base is not None:
        raise syntax_problem(f"invalid {_BASE_NAMES[base]} literal", line)
    if text[0] == "0" and base is not None:
        return "int literal", int(text[2:], base)
    if any(char in text for char in ".eE"):
        try:
            value = float(text)
        except ValueError:
            value = math.inf
        if math.isinf(value):
            raise syntax_problem("invalid float literal", line)
        return "float literal", value
    if text[0] == "0" and text.strip("0"):
        if not text.isdecimal() or "8" in text or "9" in text:
            raise syntax_problem("invalid int literal", line)
        raise syntax_problem(f"obsolete form of octal literal; use 0o{text[1:]}", line)
    if len(text) > 4000:
        raise syntax_problem("int literal is too long", line)
    return "int literal", int(text)
