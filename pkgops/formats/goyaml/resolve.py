"""The values of unquoted scalars, by the rules of go-yaml version 2 (YAML 1.1)."""

from __future__ import annotations

import base64
import binascii
import math
import re
from collections.abc import Callable
from datetime import datetime
from typing import Any

_WORDS: dict[str, Any] = {
    **dict.fromkeys(["y", "Y", "yes", "Yes", "YES", "true", "True", "TRUE", "on", "On", "ON"], True),
    **dict.fromkeys(["n", "N", "no", "No", "NO", "false", "False", "FALSE", "off", "Off", "OFF"], False),
    **dict.fromkeys(["", "~", "null", "Null", "NULL"], None),
    **dict.fromkeys([".nan", ".NaN", ".NAN"], math.nan),
    **dict.fromkeys([".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF"], math.inf),
    **dict.fromkeys(["-.inf", "-.Inf", "-.INF"], -math.inf),
}
_NUMBER_START = frozenset("+-.0123456789")
_INTEGER = re.compile(r"([-+]?)(?:0[xX]([0-9a-fA-F]+)|0[bB]([01]+)|0[oO]?([0-7]+)|(0|[1-9][0-9]*))")
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")
_TIME = r"([0-9]{1,2}):([0-9]{1,2}):([0-9]{1,2})(?:[.,][0-9]+)?"
_TIMESTAMP = re.compile(
    rf"[0-9]{{4}}-([0-9]{{1,2}})-([0-9]{{1,2}})(?:[Tt]{_TIME}(?:Z|[-+][0-9]{{2}}:[0-9]{{2}})| {_TIME})?"
)
_BASE_60 = re.compile(r"[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+(?:\.[0-9_]*)?")
_STRICT_INTEGER = re.compile(r"-?(0|[1-9][0-9]*)")
_STRICT_FLOAT = re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]+)?")
# What Go's parsers of numbers accept in addition.
_INNER_SIGN = re.compile(r"0b[-+][01]+")
_BETWEEN_DIGITS = re.compile(r"(?<=[0-9])_(?=[0-9])")
_TAG = "tag:yaml.org,2002:"


class ScalarError(ValueError):
    """A scalar does not match its tag, or is ambiguous in strict mode."""


def resolve(text: str) -> Any:
    """Return the value of a plain scalar without a tag."""
    if text in _WORDS:
        return _WORDS[text]
    if text[0] not in _NUMBER_START:
        return text
    return _number(text)


def _number(text: str) -> Any:
    if _is_timestamp(text):
        return text
    plain = text.replace("_", "")
    integer = _INTEGER.fullmatch(plain)
    if integer is not None:
        value = _integer(integer)
        if -(1 << 63) <= value < 1 << 64:
            return value
    number = text if text[0] == "." else plain
    return _float(number, text) if _FLOAT.fullmatch(number) else text


def _float(number: str, text: str) -> float | str:
    """Return a number, or the whole text where it is too large for a float."""
    value = float(number)
    return text if math.isinf(value) else value


def _integer(match: re.Match[str]) -> int:
    sign, hexadecimal, binary, octal, decimal = match.groups()
    if hexadecimal:
        value = int(hexadecimal, 16)
    elif binary:
        value = int(binary, 2)
    else:
        value = int(octal, 8) if octal else int(decimal[:30])
    return -value if sign == "-" else value


def _is_timestamp(text: str) -> bool:
    match = _TIMESTAMP.fullmatch(text) if text[4:5] == "-" else None
    if match is None:
        return False
    numbers = [int(number) for number in match.groups() if number is not None]
    try:
        # Year 0 is valid in Go, and a leap year as 2000 is.
        datetime(int(text[:4]) or 2000, *numbers)  # type: ignore[arg-type]  # noqa: DTZ001
    except ValueError:
        return False
    return True


def is_plain_string(text: str) -> bool:
    """Return whether a string, written without quotes, would be read as that string."""
    if text in _WORDS:
        return False
    if text[0] not in _NUMBER_START:
        return True
    if _is_timestamp(text) or _is_base_60(text) or _INNER_SIGN.fullmatch(text.replace("_", "")):
        return False
    return isinstance(_number(_BETWEEN_DIGITS.sub("", text) if text[0] == "." else text), str)


def _is_base_60(text: str) -> bool:
    return ":" in text and _BASE_60.fullmatch(text) is not None


def resolve_tagged(tag: str, text: str) -> Any:
    """Return the value of a scalar with an explicit tag.

    Raises:
        ScalarError: the text does not match the tag.
    """
    short = tag.removeprefix(_TAG)
    if tag == "!" or short == "str":
        return text
    if short == "binary":
        return _binary(text)
    if short not in ("bool", "int", "float", "null", "timestamp"):
        return text
    value = resolve(text) if text else None
    if short == "float" and type(value) is int:
        return float(value)
    if short == "timestamp" and isinstance(value, str) and _is_timestamp(text):
        return text
    kinds: dict[str, type] = {"bool": bool, "int": int, "float": float, "null": type(None)}
    if type(value) is kinds.get(short):
        return value
    raise ScalarError(f"cannot decode {_short_tag(value)} `{text}` as a !!{short}")


def _binary(text: str) -> str:
    try:
        return base64.b64decode(re.sub(r"\s", "", text), validate=True).decode("utf-8", "surrogateescape")
    except binascii.Error:
        raise ScalarError("!!binary value contains invalid base64 data") from None


def _short_tag(value: Any) -> str:
    names: dict[type, str] = {bool: "bool", int: "int", float: "float", type(None): "null"}
    return "!!" + names.get(type(value), "str")


def resolve_strict(text: str) -> Any:
    """Return the value of a plain scalar in strict mode.

    Raises:
        ScalarError: the scalar is ambiguous and must be quoted.
    """
    native = resolve(text) if text else None
    strict = _strict(text)
    if _short_tag(native) != _short_tag(strict):
        could = f"could be {_short_tag(strict)} or {_short_tag(native)}"
        raise ScalarError(f"Strict parsing: Found '{text}' ambigious ({could})")
    if native != strict:
        raise ScalarError(f"Strict parsing: Found '{text}' ambigious (could be '{strict}' or '{native}')")
    return strict


def _strict(text: str) -> Any:
    known: dict[str, Any] = {"": None, "true": True, "false": False}
    if text in known:
        return known[text]
    if _STRICT_INTEGER.fullmatch(text):
        return int(text)
    if _STRICT_FLOAT.fullmatch(text):
        return float(text)
    complaints: list[tuple[Callable[[str], object], str]] = [
        (lambda t: re.search(r"\s", t), "whitespace"),
        (lambda t: ":" in t, "colon"),
        (lambda t: "---" in t, "triple-dash"),
    ]
    for matches, what in complaints:
        if matches(text):
            message = f"Strings with {what} must be explicitly quoted: '{text}'"
            raise ScalarError(f"Strict parsing: {message}")
    return text
