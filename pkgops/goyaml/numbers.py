"""How Go prints doubles."""

from __future__ import annotations

_SHORTEST_PRECISION = 6


def format_double(value: float) -> str:
    """Return a double as ``strconv.FormatFloat(value, 'g', -1, 64)`` does: 8080, 1.4e+06."""
    sign, digits, exponent = _decimal(value)
    if digits == "0":
        return f"{sign}0"
    if exponent < -4 or exponent >= _SHORTEST_PRECISION:
        mantissa = digits[0] + (f".{digits[1:]}" if digits[1:] else "")
        return f"{sign}{mantissa}e{'-' if exponent < 0 else '+'}{abs(exponent):02d}"
    return sign + _plain(digits, exponent)


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
