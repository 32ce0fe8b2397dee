"""``int()`` and ``float()``."""

from __future__ import annotations

import re
from typing import Any

from pkgops.ytt.starlark.errors import StarlarkError
from pkgops.ytt.starlark.values import MISSING, type_name

_INTEGER = re.compile(r"(?P<sign>[+-]?)(?P<prefix>0[xXoObB])?(?P<digits>[0-9a-zA-Z]+)")
_PREFIXES = {"x": 16, "o": 8, "b": 2}
_MAX_DIGITS = 4000


def to_float(value: Any) -> float:
    """Return ``float(value)``."""
    if type(value) is str:
        try:
            return float(value.replace("_", " "))
        except ValueError:
            message = f'strconv.ParseFloat: parsing "{value}": invalid syntax'
            raise StarlarkError(f"float: {message}") from None
    if type(value) in (bool, int, float):
        try:
            return float(value)
        except OverflowError:
            raise StarlarkError("float: int too large to convert to float") from None
    raise StarlarkError(f"float got {type_name(value)}, want number or string")


def to_int(value: Any, base: Any = MISSING) -> int:
    """Return ``int(value[, base])``."""
    if type(value) is str:
        return _parsed(value, 10 if base is MISSING else _base(base))
    if base is not MISSING:
        raise StarlarkError("int: can't convert non-string with explicit base")
    if type(value) is float:
        return _truncated(value)
    if type(value) not in (bool, int):
        raise StarlarkError(f"int: cannot convert {type_name(value)} to int")
    return int(value)


def _truncated(value: float) -> int:
    try:
        return int(value)
    except (OverflowError, ValueError):
        raise StarlarkError(f"int: cannot convert float {value} to integer") from None


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
