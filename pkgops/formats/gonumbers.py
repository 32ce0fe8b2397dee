"""How Go writes and reads numbers."""

from __future__ import annotations

import math
import re

SHORTEST = 6
"""From this power of ten on, Go uses e-notation where it writes the fewest digits."""
_SPECIAL = re.compile(r"[+-]?(?:inf|infinity)|nan", re.IGNORECASE)
_DIGITS = r"[0-9](?:_?[0-9])*"
_DECIMAL = re.compile(rf"[+-]?(?:{_DIGITS}(?:\.(?:{_DIGITS})?)?|\.{_DIGITS})(?:[eE][+-]?{_DIGITS})?")
_HEX = r"[0-9a-fA-F](?:_?[0-9a-fA-F])*"
_HEXADECIMAL = re.compile(rf"[+-]?0[xX](?:_?{_HEX}(?:\.(?:{_HEX})?)?|\.{_HEX})[pP][+-]?{_DIGITS}")


def float_notation(value: float, largest: int = SHORTEST) -> str:
    """Return a float with the fewest digits, in e-notation from ``10**largest`` on: 8080, 1.4e+06."""
    special = special_float(value)
    if special:
        return special
    digits, exponent = _shortest(abs(value))
    sign = "-" if str(value).startswith("-") else ""
    if exponent < -4 or exponent >= largest:
        mantissa = digits[0] + ("." + digits[1:] if len(digits) > 1 else "")
        return f"{sign}{mantissa}e{'-' if exponent < 0 else '+'}{abs(exponent):02d}"
    if exponent < 0:
        return sign + "0." + "0" * (-exponent - 1) + digits
    whole = digits[: exponent + 1].ljust(exponent + 1, "0")
    fraction = digits[exponent + 1 :]
    return sign + whole + ("." + fraction if fraction else "")


def special_float(value: float) -> str:
    """Return the name of a float that is NaN or infinite; empty for the others."""
    if value != value:
        return "NaN"
    if value in (float("inf"), float("-inf")):
        return "+Inf" if value > 0 else "-Inf"
    return ""


def _shortest(value: float) -> tuple[str, int]:
    """Return the shortest digits of a finite float, and its decimal exponent."""
    if value == 0:
        return "0", 0
    mantissa, _, exponent = f"{value!r}".partition("e")
    whole, _, fraction = mantissa.partition(".")
    digits = whole + ("" if fraction == "0" else fraction)
    power = len(whole) - 1 + int(exponent or 0)
    stripped = digits.lstrip("0")
    power -= len(digits) - len(stripped)
    return stripped.rstrip("0") or "0", power


def parse_float(text: str) -> float:
    """Return a number as ``strconv.ParseFloat`` reads it.

    Raises:
        ValueError: it is not a number, or out of range of 64 bits.
    """
    if _SPECIAL.fullmatch(text):
        return float(text)
    if _DECIMAL.fullmatch(text):
        value = float(text)
    elif _HEXADECIMAL.fullmatch(text):
        value = _hexadecimal(text)
    else:
        raise ValueError(f"invalid syntax: {text}")
    if math.isinf(value):
        raise ValueError(f"value out of range: {text}")
    return value


def _hexadecimal(text: str) -> float:
    try:
        return float.fromhex(text.replace("_", ""))
    except OverflowError:
        raise ValueError(f"value out of range: {text}") from None
