"""Equality and order of values."""

from __future__ import annotations

import operator
from typing import Any

from pkgops.ytt.starlark.data import Dict, List, Set
from pkgops.ytt.starlark.errors import StarlarkError
from pkgops.ytt.starlark.values import Value, type_name

_OPERATORS = {"<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge}
_MAX_DEPTH = 100
_NUMBERS = (int, float)


def equal(left: Any, right: Any, depth: int = _MAX_DEPTH) -> bool:
    """Return ``left == right``; values of different types are unequal, except int and float.

    Raises:
        StarlarkError: the values nest too deeply.
    """
    if depth < 1:
        raise StarlarkError("comparison exceeded maximum recursion depth")
    kind = type(left)
    if kind is not type(right):
        numbers = kind in _NUMBERS and type(right) in _NUMBERS
        return bool(numbers and left == right)
    if kind is tuple:
        return _same_items(left, right, depth)
    if isinstance(left, Value):
        return _equal_values(left, right, depth)
    return bool(left == right)


def _equal_values(left: Value, right: Value, depth: int) -> bool:
    if left is right:
        return True
    if isinstance(left, List) and isinstance(right, List):
        return _same_items(left.items, right.items, depth)
    if isinstance(left, Dict) and isinstance(right, Dict):
        return _same_entries(left, right, depth)
    if isinstance(left, Set) and isinstance(right, Set):
        return left.data.keys() == right.data.keys()
    return left.equals(right, depth)


def _same_items(left: Any, right: Any, depth: int) -> bool:
    return len(left) == len(right) and all(equal(a, b, depth - 1) for a, b in zip(left, right, strict=True))


def _same_entries(left: Dict, right: Dict, depth: int) -> bool:
    if left.data.keys() != right.data.keys():
        return False
    return all(equal(pair[1], right.data[key][1], depth - 1) for key, pair in left.data.items())


def compare(symbol: str, left: Any, right: Any, depth: int = _MAX_DEPTH) -> bool:
    """Return ``left symbol right`` for an ordering.

    Raises:
        StarlarkError: the two cannot be ordered.
    """
    if depth < 1:
        raise StarlarkError("comparison exceeded maximum recursion depth")
    kind = type(left)
    if kind in _NUMBERS and type(right) in _NUMBERS:
        return bool(_OPERATORS[symbol](left, right))
    if kind is type(right) and kind in (str, bool):
        return bool(_OPERATORS[symbol](left, right))
    if left is None and right is None:
        return symbol in ("<=", ">=")
    if kind is tuple and type(right) is tuple:
        return _compare_items(symbol, left, right, depth)
    if isinstance(left, List) and isinstance(right, List):
        return _compare_items(symbol, left.items, right.items, depth)
    raise StarlarkError(f"{type_name(left)} {symbol} {type_name(right)} not implemented")


def _compare_items(symbol: str, left: Any, right: Any, depth: int) -> bool:
    for one, other in zip(left, right, strict=False):
        if not equal(one, other, depth - 1):
            return compare(symbol, one, other, depth - 1)
    return bool(_OPERATORS[symbol](len(left), len(right)))
