"""``"..." % values``."""

from __future__ import annotations

import re
from typing import Any

from pkgops.formats.gonumbers import float_notation, special_float
from pkgops.ytt.starlark.bytestrings import MAX_CODE_POINT, character, encoded
from pkgops.ytt.starlark.errors import StarlarkError
from pkgops.ytt.starlark.numbers import truncated
from pkgops.ytt.starlark.text import representation, to_text
from pkgops.ytt.starlark.values import MISSING, Value, type_name

_SPEC = re.compile(r"%(?:(%)|\((.*?)\)(.)?|(\()|(.)?)", re.DOTALL)
_SHORTEST_LIMIT = 6
_INTEGERS = {"d": "d", "i": "d", "o": "o", "x": "x", "X": "X"}


def interpolate(template: str, values: Any) -> str:
    """Return ``template % values``.

    Raises:
        StarlarkError: the conversions do not fit the values.
    """
    filler = _Filler(values)
    result = _SPEC.sub(filler.fill, template)
    if filler.used < filler.given:
        raise StarlarkError("too many arguments for format string")
    return result


class _Filler:
    def __init__(self, values: Any) -> None:
        self.values = values
        self.items = values if type(values) is tuple else (values,)
        self.given = len(self.items)
        self.used = 0

    def fill(self, match: re.Match[str]) -> str:
        percent, key, keyed, unclosed, plain = match.groups()
        if percent:
            return "%"
        if unclosed:
            raise StarlarkError("incomplete format key")
        value = self._next() if key is None else self._lookup(key)
        self.used += 1
        conversion = plain if key is None else keyed
        if not conversion:
            raise StarlarkError("incomplete format")
        return _convert(conversion, value)

    def _next(self) -> Any:
        if self.used >= self.given:
            raise StarlarkError("not enough arguments for format string")
        return self.items[self.used]

    def _lookup(self, key: str) -> Any:
        if not (isinstance(self.values, Value) and self.values.is_mapping):
            raise StarlarkError("format requires a mapping")
        value = self.values.get(key)
        if value is MISSING:
            raise StarlarkError(f"key not found: {key}")
        return value


def _convert(conversion: str, value: Any) -> str:
    if conversion == "s":
        return to_text(value)
    if conversion == "r":
        return representation(value)
    if conversion in _INTEGERS:
        return format(_integer(conversion, value), _INTEGERS[conversion])
    if conversion in "efgEFG":
        if type(value) not in (int, float):
            raise StarlarkError(f"%{conversion} format requires float, not {type_name(value)}")
        return _float(conversion, float(value))
    if conversion == "c":
        return _character(value)
    if conversion == "%":
        return "%"
    raise StarlarkError(f"unknown conversion %{chr(encoded(conversion)[0])}")


def _float(conversion: str, value: float) -> str:
    special = special_float(value)
    if special or conversion not in "gG":
        return special or format(value, conversion)
    shortest = float_notation(value, _SHORTEST_LIMIT)
    return shortest if conversion == "g" else shortest.upper()


def _integer(conversion: str, value: Any) -> int:
    if type(value) is int:
        return value
    if type(value) is float:
        try:
            return truncated(value)
        except StarlarkError as error:
            raise StarlarkError(f"%{conversion} format requires integer: {error.message}") from None
    message = f"%{conversion} format requires integer: cannot convert {type_name(value)} to int"
    raise StarlarkError(message)


def _character(value: Any) -> str:
    if type(value) is int:
        if not 0 <= value <= MAX_CODE_POINT:
            raise StarlarkError(f"%c format requires a valid Unicode code point, got {value}")
        return character(value)
    if type(value) is str:
        if len(value) != 1:
            raise StarlarkError("%c format requires a single-character string")
        return character(ord(value))
    raise StarlarkError(f"%c format requires int or single-character string, not {type_name(value)}")
