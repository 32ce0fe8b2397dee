"""Operators on values: arithmetic, membership, subscripts."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable
from typing import Any

from pkgops.ytt.starlark.arguments import is_index
from pkgops.ytt.starlark.bytestrings import canonical
from pkgops.ytt.starlark.compare import compare, equal
from pkgops.ytt.starlark.errors import StarlarkError
from pkgops.ytt.starlark.interpolate import interpolate
from pkgops.ytt.starlark.iterate import iterate_or_none
from pkgops.ytt.starlark.values import List, Set, Value, truth, type_name

MAX_ITEMS = 10_000_000
"""The longest string or list that ``*`` may build."""
MAX_BITS = 1 << 17
"""The widest integer that arithmetic may produce."""


def _is_int(value: Any) -> bool:
    return type(value) is int


def _is_number(value: Any) -> bool:
    return type(value) is int or type(value) is float


def _bounded(value: int) -> int:
    if value.bit_length() > MAX_BITS:
        raise StarlarkError("integer is too large")
    return value


def _sum(left: Any, right: Any) -> Any:
    if len(left) + len(right) > MAX_ITEMS:
        raise StarlarkError(f"result is too long ({len(left) + len(right)} elements)")
    return left + right


def _concatenated(left: str, right: str) -> str:
    return canonical(_sum(left, right))


def _add(left: Any, right: Any) -> Any:
    if type(left) is str and type(right) is str:
        return _concatenated(left, right)
    if _is_int(left) and _is_int(right):
        return _bounded(left + right)
    if _is_number(left) and _is_number(right):
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


def _subtract(left: Any, right: Any) -> Any:
    if _is_int(left) and _is_int(right):
        return _bounded(left - right)
    if _is_number(left) and _is_number(right):
        return _float(operator.sub, left, right)
    raise MismatchError


def _multiply(left: Any, right: Any) -> Any:
    if _is_int(left) and _is_int(right):
        if left.bit_length() + right.bit_length() > MAX_BITS:
            raise StarlarkError("integer is too large")
        return left * right
    if _is_number(left) and _is_number(right):
        return _float(operator.mul, left, right)
    if _is_int(left):
        left, right = right, left
    if _is_int(right):
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


def _divide(left: Any, right: Any) -> Any:
    if not (_is_number(left) and _is_number(right)):
        raise MismatchError
    if right == 0:
        raise StarlarkError("real division by zero")
    return _float(operator.truediv, left, right)


def _floor_divide(left: Any, right: Any) -> Any:
    if not (_is_number(left) and _is_number(right)):
        raise MismatchError
    if right == 0:
        raise StarlarkError("floored division by zero")
    if _is_int(left) and _is_int(right):
        return left // right
    return _float(_floored, left, right)


def _floored(left: float, right: float) -> float:
    quotient = left / right
    return float(math.floor(quotient)) if math.isfinite(quotient) and quotient else quotient


def _remainder(left: float, right: float) -> float:
    """The remainder with the sign of the dividend, as starlark-go has it for floats."""
    return math.fmod(left, right) if math.isfinite(left) else math.nan


def _modulo(left: Any, right: Any) -> Any:
    if type(left) is str:
        return interpolate(left, right)
    if not (_is_number(left) and _is_number(right)):
        raise MismatchError
    if right == 0:
        kind = "integer" if _is_int(left) and _is_int(right) else "float"
        raise StarlarkError(f"{kind} modulo by zero")
    return left % right if _is_int(left) and _is_int(right) else _float(_remainder, left, right)


def _bitwise(function: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    def apply(left: Any, right: Any) -> Any:
        if _is_int(left) and _is_int(right):
            return function(left, right)
        if isinstance(left, Set) and isinstance(right, Set):
            keys = function(left.data.keys(), right.data.keys())
            both = {**left.data, **right.data}
            return Set(value for key, value in both.items() if key in keys)
        if function is operator.or_ and isinstance(left, Set):
            added = iterate_or_none(right)
            if added is not None:
                return Set([*left.data.values(), *added])
        raise MismatchError

    return apply


def _shift_left(left: Any, right: Any) -> Any:
    if not (_is_int(left) and _is_int(right)):
        raise MismatchError
    _check_shift(right)
    if right >= 512:
        raise StarlarkError(f"shift count too large: {right}")
    return _bounded(left << right)


def _shift_right(left: Any, right: Any) -> Any:
    if not (_is_int(left) and _is_int(right)):
        raise MismatchError
    _check_shift(right)
    return left >> right


def _check_shift(count: int) -> None:
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
        if not _is_number(left):
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
        # What cannot be a key is no key; starlark-go takes every failed look-up for an absent key.
        return False


def _not_in(left: Any, right: Any) -> bool:
    return not _in(left, right)


BINARY: dict[str, Callable[[Any, Any], Any]] = {
    "+": _add,
    "-": _subtract,
    "*": _multiply,
    "/": _divide,
    "//": _floor_divide,
    "%": _modulo,
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
        types = f"{type_name(left)} {symbol} {type_name(right)}"
        raise StarlarkError(f"unknown binary op: {types}") from None


def unary(symbol: str, value: Any) -> Any:
    """Apply ``-``, ``+``, ``~`` or ``not``."""
    if symbol == "not":
        return not truth(value)
    if _is_number(value) and symbol == "-":
        return -value
    if _is_number(value) and symbol == "+":
        return value
    if _is_int(value) and symbol == "~":
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
