"""How Go prints values: the messages of Cartographer are made of these (``fmt`` and ``encoding/json``)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

_HTML = {"<": "\\u003c", ">": "\\u003e", "&": "\\u0026", "\u2028": "\\u2028", "\u2029": "\\u2029"}
_SHORTEST_PRECISION = 6
_JSON_LARGE = 1e21


def type_name(value: Any) -> str:
    """Return the Go type of a decoded JSON value, as ``%T`` prints it."""
    if isinstance(value, bool):
        return "bool"
    if isinstance(value, int):
        return "int64"
    if isinstance(value, float):
        return "float64"
    if isinstance(value, str):
        return "string"
    if isinstance(value, Mapping):
        return "map[string]interface {}"
    return "[]interface {}" if isinstance(value, list) else "<nil>"


def text(value: Any) -> str:
    """Return a value as ``fmt``'s ``%v`` prints it; maps are printed with sorted keys."""
    if value is None:
        return "<nil>"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return number(value)
    if isinstance(value, Mapping):
        return "map[" + " ".join(f"{key}:{text(value[key])}" for key in sorted(value)) + "]"
    if isinstance(value, list):
        return "[" + " ".join(text(item) for item in value) + "]"
    return str(value)


def number(value: float) -> str:
    """Return a double as ``strconv.FormatFloat(value, 'g', -1, 64)`` does: 8080, 1.4e+06."""
    sign, digits, exponent = _decimal(value)
    if digits == "0":
        return f"{sign}0"
    if exponent < -4 or exponent >= _SHORTEST_PRECISION:
        mantissa = digits[0] + (f".{digits[1:]}" if digits[1:] else "")
        return f"{sign}{mantissa}e{'-' if exponent < 0 else '+'}{abs(exponent):02d}"
    return sign + _plain(digits, exponent)


def compact_json(value: Any) -> str:
    """Return JSON as ``encoding/json`` writes it: no spaces, sorted keys, ``<>&`` escaped."""
    written = json.dumps(_json_numbers(value), sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    for char, escape in _HTML.items():
        written = written.replace(char, escape)
    return written


def _json_numbers(value: Any) -> Any:
    if isinstance(value, float) and value.is_integer() and abs(value) < _JSON_LARGE:
        return int(value)
    if isinstance(value, Mapping):
        return {str(key): _json_numbers(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_json_numbers(item) for item in value]
    return value


def _decimal(value: float) -> tuple[str, str, int]:
    """Split into sign, shortest digits and decimal exponent."""
    mantissa, _, exponent = f"{value!r}".lower().partition("e")
    sign = "-" if mantissa.startswith("-") else ""
    whole, _, fraction = mantissa.lstrip("-").partition(".")
    digits = (whole + fraction).lstrip("0")
    point = len(whole) + int(exponent or 0)
    point -= len(whole + fraction) - len(digits)
    digits = digits.rstrip("0")
    return sign, digits or "0", point - 1


def _plain(digits: str, exponent: int) -> str:
    if exponent < 0:
        return "0." + "0" * (-exponent - 1) + digits
    padded = digits.ljust(exponent + 1, "0")
    fraction = padded[exponent + 1 :]
    return padded[: exponent + 1] + (f".{fraction}" if fraction else "")
