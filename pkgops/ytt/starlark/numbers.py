"""``int()`` and ``float()``."""

from __future__ import annotations

import math
import re
from typing import Any

from pkgops.ytt.starlark.errors import StarlarkError
from pkgops.ytt.starlark.values import MISSING, type_name

_INTEGER = re.compile(r"(?P<sign>[+-]?)(?P<prefix>0[xXoObB])?(?P<digits>[0-9a-zA-Z]+)")
_SIGNED_NAN = re.compile(r"[+-]nan", re.IGNORECASE)
_INFINITY = re.compile(r"[+-]?inf(inity)?", re.IGNORECASE)
_HEXADECIMAL = re.compile(r"[+-]?0[xX]")
_PREFIXES = {"x": 16, "o": 8, "b": 2}
_MAX_DIGITS = 4000


def to_float(value: Any) -> float:
    """Return ``float(value)``."""
    if type(value) is str:
        return _parsed_float(value)
    if type(value) in (bool, int, float):
        try:
            return float(value)
        except OverflowError:
            raise StarlarkError("float: int too large to convert to float") from None
    raise StarlarkError(f"float got {type_name(value)}, want number or string")


def _parsed_float(text: str) -> float:
    problem = "invalid syntax"
    if text.isascii() and text.strip() == text and not _SIGNED_NAN.fullmatch(text):
        try:
            found = _hexadecimal(text) if _HEXADECIMAL.match(text) else float(text)
        except ValueError:
            found = math.nan
        except OverflowError:
            found = math.inf
        if found == found and (not math.isinf(found) or _INFINITY.fullmatch(text)):
            return found
        if found == found:
            problem = "value out of range"
        elif text.lower() == "nan":
            return math.nan
    raise StarlarkError(f'float: strconv.ParseFloat: parsing "{text}": {problem}')


def _hexadecimal(text: str) -> float:
    if "p" not in text.lower() or "__" in text or text.endswith("_"):
        raise ValueError(text)
    return float.fromhex(text.replace("_", ""))


def to_int(value: Any, base: Any = MISSING) -> int:
    """Return ``int(value[, base])``."""
    if type(value) is str:
        return _parsed(value, 10 if base is MISSING else _base(base))
    if base is not MISSING:
        raise StarlarkError("int: can't convert non-string with explicit base")
    if type(value) is float:
        try:
            return truncated(value)
        except StarlarkError as error:
            raise StarlarkError(f"int: {error.message}") from None
    if type(value) not in (bool, int):
        raise StarlarkError(f"int: cannot convert {type_name(value)} to int")
    return int(value)


def truncated(value: float) -> int:
    """Return a float without its fraction.

    Raises:
        StarlarkError: it is infinite or no number.
    """
    try:
        return int(value)
    except OverflowError:
        raise StarlarkError("cannot convert float infinity to integer") from None
    except ValueError:
        raise StarlarkError("cannot convert float NaN to integer") from None


def _base(base: Any) -> int:
    if type(base) is not int or (base != 0 and not 2 <= base <= 36):
        raise StarlarkError("int: base must be an integer >= 2 && <= 36")
    return base


def _parsed(text: str, base: int) -> int:
    invalid = StarlarkError(f"int: invalid literal with base {base}: {text}")
    match = _INTEGER.fullmatch(text)
    if match is None or len(text) > _MAX_DIGITS:
        raise invalid
    prefix, digits = match["prefix"], match["digits"]
    prefixed = _PREFIXES[prefix[1].lower()] if prefix else 0
    if base == 0 and not prefix and digits[0] == "0" and digits.strip("0"):
        raise invalid
    if base and prefixed not in (0, base):
        digits, prefixed = (prefix or "") + digits, 0
    try:
        number = int(digits, base or prefixed or 10)
    except ValueError:
        raise invalid from None
    return -number if match["sign"] == "-" else number
