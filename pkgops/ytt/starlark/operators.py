"""Operators on values: arithmetic, bits, membership, comparison."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable
from typing import Any

from pkgops.ytt.starlark.arguments import is_index
from pkgops.ytt.starlark.arithmetic import (
    MismatchError,
    add,
    bounded,
    divide,
    floor_divide,
    is_int,
    is_number,
    modulo,
    multiply,
    subtract,
)
from pkgops.ytt.starlark.compare import compare, equal
from pkgops.ytt.starlark.data import List, Set
from pkgops.ytt.starlark.errors import StarlarkError
from pkgops.ytt.starlark.iterate import iterate_or_none
from pkgops.ytt.starlark.values import Value, truth, type_name


def _bitwise(function: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    def apply(left: Any, right: Any) -> Any:
        if is_int(left) and is_int(right):
            return function(left, right)
        if isinstance(left, Set) and isinstance(right, Set):
            keys = function(left.data.keys(), right.data.keys())
            both = {**left.data, **right.data}
            return Set(value for key, value in both.items() if key in keys)
        raise MismatchError

    return apply


def _shift_left(left: Any, right: Any) -> Any:
    _check_shift(left, right)
    if right >= 512:
        raise StarlarkError(f"shift count too large: {right}")
    return bounded(left << right)


def _shift_right(left: Any, right: Any) -> Any:
    _check_shift(left, right)
    return left >> right


def _check_shift(left: Any, count: Any) -> None:
    if not is_int(left):
        raise MismatchError
    if not is_int(count):
        raise StarlarkError(f"got {type_name(count)}, want int")
    if not is_index(count):
        raise StarlarkError(f"{count} out of range")
    if count < 0:
        raise StarlarkError(f"negative shift count: {count}")


def _in(left: Any, right: Any) -> bool:
    if isinstance(right, List) or type(right) is tuple:
        items = right.items if isinstance(right, List) else right
        return any(equal(item, left) for item in items)
    if type(right) is str:
        if type(left) is not str:
            raise StarlarkError(f"'in <string>' requires string as left operand, not {type_name(left)}")
        return left in right
    if type(right) is range:
        if not is_number(left):
            raise StarlarkError(f"'in <range>' requires integer as left operand, not {type_name(left)}")
        return math.isfinite(left) and int(left) in right
    if isinstance(right, Value) and (right.is_mapping or isinstance(right, Set)):
        return _contains(right, left)
    raise MismatchError


def _contains(container: Value, item: Any) -> bool:
    if not container.is_mapping:
        return container.contains(item)
    try:
        return container.contains(item)
    except StarlarkError:
        # An unhashable value is not a key; starlark-go treats every failed look-up as an absent key.
        return False


def _not_in(left: Any, right: Any) -> bool:
    return not _in(left, right)


BINARY: dict[str, Callable[[Any, Any], Any]] = {
    "+": add,
    "-": subtract,
    "*": multiply,
    "/": divide,
    "//": floor_divide,
    "%": modulo,
    "&": _bitwise(operator.and_),
    "|": _bitwise(operator.or_),
    "^": _bitwise(operator.xor),
    "<<": _shift_left,
    ">>": _shift_right,
    "in": _in,
    "not in": _not_in,
    "==": equal,
    "!=": lambda left, right: not equal(left, right),
    "<": lambda left, right: compare("<", left, right),
    "<=": lambda left, right: compare("<=", left, right),
    ">": lambda left, right: compare(">", left, right),
    ">=": lambda left, right: compare(">=", left, right),
}


def binary(symbol: str, left: Any, right: Any) -> Any:
    """Apply a binary operator other than ``and`` and ``or``.

    Raises:
        StarlarkError: it is not defined for these operands, or fails on them.
    """
    try:
        return BINARY[symbol](left, right)
    except MismatchError:
        types = f"{type_name(left)} {symbol.removeprefix('not ')} {type_name(right)}"
        raise StarlarkError(f"unknown binary op: {types}") from None


def unary(symbol: str, value: Any) -> Any:
    """Apply ``-``, ``+``, ``~`` or ``not``."""
    if symbol == "not":
        return not truth(value)
    if is_number(value) and symbol == "-":
        return -value
    if is_number(value) and symbol == "+":
        return value
    if is_int(value) and symbol == "~":
        return ~value
    raise StarlarkError(f"unknown unary op: {symbol} {type_name(value)}")


def extend_in_place(target: Any, added: Any) -> bool:
    """Carry out ``list += iterable`` in place; False where the operands are something else."""
    if not isinstance(target, List):
        return False
    items = iterate_or_none(added)
    if items is None:
        return False
    target.check_mutable("extend")
    target.items.extend(list(items))
    return True
