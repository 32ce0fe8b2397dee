"""Arithmetic operators, for numbers, strings, lists and tuples."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable
from typing import Any

from pkgops.ytt.starlark.arguments import is_index
from pkgops.ytt.starlark.bytestrings import canonical
from pkgops.ytt.starlark.data import List
from pkgops.ytt.starlark.errors import StarlarkError
from pkgops.ytt.starlark.interpolate import interpolate

MAX_ITEMS = 10_000_000
"""The longest string or list that ``*`` may build."""
MAX_BITS = 1 << 17
"""The widest integer that arithmetic may produce."""


def is_int(value: Any) -> bool:
    """Whether a value is an int, and no bool."""
    return type(value) is int


def is_number(value: Any) -> bool:
    """Whether a value is an int or a float."""
    return type(value) is int or type(value) is float


def bounded(value: int) -> int:
    """Return an int that is not too wide."""
    if value.bit_length() > MAX_BITS:
        raise StarlarkError("integer is too large")
    return value


def _sum(left: Any, right: Any) -> Any:
    if len(left) + len(right) > MAX_ITEMS:
        raise StarlarkError(f"result is too long ({len(left) + len(right)} elements)")
    return left + right


def add(left: Any, right: Any) -> Any:
    """``+``."""
    if type(left) is str and type(right) is str:
        return canonical(_sum(left, right))
    if is_int(left) and is_int(right):
        return bounded(left + right)
    if is_number(left) and is_number(right):
        return _float(operator.add, left, right)
    if type(left) is tuple and type(right) is tuple:
        return _sum(left, right)
    if isinstance(left, List) and isinstance(right, List):
        return List(_sum(left.items, right.items))
    raise MismatchError


def _float(function: Callable[[Any, Any], Any], left: Any, right: Any) -> Any:
    try:
        return function(float(left), float(right))
    except OverflowError:
        raise StarlarkError("int too large to convert to float") from None


class MismatchError(Exception):
    """The operator is not defined for these operands."""


def subtract(left: Any, right: Any) -> Any:
    """``-``."""
    if is_int(left) and is_int(right):
        return bounded(left - right)
    if is_number(left) and is_number(right):
        return _float(operator.sub, left, right)
    raise MismatchError


def multiply(left: Any, right: Any) -> Any:
    """``*``, also of strings, lists and tuples."""
    if is_int(left) and is_int(right):
        if left.bit_length() + right.bit_length() > MAX_BITS:
            raise StarlarkError("integer is too large")
        return left * right
    if is_number(left) and is_number(right):
        return _float(operator.mul, left, right)
    if is_int(left):
        left, right = right, left
    if is_int(right):
        return _repeat(left, right)
    raise MismatchError


def _repeat(value: Any, count: int) -> Any:
    items = value.items if isinstance(value, List) else value
    if type(items) not in (str, tuple, list):
        raise MismatchError
    if items and not is_index(count):
        raise StarlarkError(f"repeat count {count} too large")
    if len(items) * max(count, 0) > MAX_ITEMS:
        raise StarlarkError(f"excessive repeat ({len(items) * count} elements)")
    repeated = items * max(count, 0) if items else items[:]
    return List(repeated) if isinstance(value, List) else repeated


def divide(left: Any, right: Any) -> Any:
    """``/``: always a float."""
    if not (is_number(left) and is_number(right)):
        raise MismatchError
    if right == 0:
        raise StarlarkError("real division by zero")
    return _float(operator.truediv, left, right)


def floor_divide(left: Any, right: Any) -> Any:
    """``//``."""
    if not (is_number(left) and is_number(right)):
        raise MismatchError
    if right == 0:
        raise StarlarkError("floored division by zero")
    if is_int(left) and is_int(right):
        return left // right
    return _float(_floored, left, right)


def _floored(left: float, right: float) -> float:
    quotient = left / right
    return float(math.floor(quotient)) if math.isfinite(quotient) and quotient else quotient


def _remainder(left: float, right: float) -> float:
    """The remainder with the sign of the dividend, as starlark-go has it for floats."""
    return math.fmod(left, right) if math.isfinite(left) else math.nan


def modulo(left: Any, right: Any) -> Any:
    """``%``, also of a template string."""
    if type(left) is str:
        return interpolate(left, right)
    if not (is_number(left) and is_number(right)):
        raise MismatchError
    if right == 0:
        kind = "integer" if is_int(left) and is_int(right) else "float"
        raise StarlarkError(f"{kind} modulo by zero")
    return left % right if is_int(left) and is_int(right) else _float(_remainder, left, right)
