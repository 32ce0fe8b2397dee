"""``@ytt:math``."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from pkgops.ytt.modules.support import Args, Function, Kwargs, ModuleContext, builtin
from pkgops.ytt.overlay.matching import go_name
from pkgops.ytt.starlark.arguments import positional
from pkgops.ytt.starlark.errors import StarlarkError
from pkgops.ytt.starlark.numbers import truncated
from pkgops.ytt.values import Module


def make(name: str, context: ModuleContext) -> dict[str, Any]:
    """Return the module."""
    members: dict[str, Any] = {key: builtin(key, _unary(function)) for key, function in _UNARY.items()}
    members |= {key: builtin(key, _binary(function)) for key, function in _BINARY.items()}
    members |= {"ceil": builtin("ceil", _to_int(math.ceil)), "floor": builtin("floor", _to_int(math.floor))}
    members |= {"log": builtin("log", _log), "e": math.e, "pi": math.pi}
    return {name: Module(name, members)}


def _number(value: Any) -> float:
    if type(value) not in (int, float):
        raise StarlarkError(f"expected float value, but was {go_name(value)}")
    try:
        return float(value)
    except OverflowError:
        raise StarlarkError("int too large to convert to float") from None


def _safe(function: Callable[..., float], *numbers: float) -> float:
    """Return Go's result where Python raises: infinity, or not a number."""
    try:
        return float(function(*numbers))
    except OverflowError:
        return math.inf
    except (ValueError, ZeroDivisionError):
        return math.nan


def _unary(function: Callable[[float], float]) -> Function:
    def run(args: Args, kwargs: Kwargs) -> float:
        if len(args) != 1:
            raise StarlarkError("expected exactly one argument")
        return _safe(function, _number(args[0]))

    return run


def _binary(function: Callable[[float, float], float]) -> Function:
    def run(args: Args, kwargs: Kwargs) -> float:
        if len(args) != 2:
            raise StarlarkError("expected exactly two arguments")
        return _safe(function, _number(args[0]), _number(args[1]))

    return run


def _to_int(function: Callable[[float], int]) -> Function:
    def run(args: Args, kwargs: Kwargs) -> int:
        (value,) = positional(function.__name__, args, kwargs, 1, 1)
        if type(value) is int:
            return value
        if type(value) is not float:
            raise StarlarkError(f"expected float value, but was {go_name(value)}")
        if not math.isfinite(value):
            truncated(value)
        return function(value)

    return run


def _log(args: Args, kwargs: Kwargs) -> float:
    value, *base = positional("log", args, kwargs, 1, 2)
    natural = _natural(_number(value))
    return _quotient(natural, _natural(_number(base[0]))) if base else natural


def _quotient(one: float, other: float) -> float:
    if other == 0 and one and not math.isnan(one):
        return math.copysign(math.inf, one)
    return _safe(lambda: one / other)


def _natural(value: float) -> float:
    if value == 0:
        return -math.inf
    return math.log(value) if value > 0 else math.nan


def _round(value: float) -> float:
    """Half away from zero, as Go rounds."""
    if not math.isfinite(value):
        return value
    return math.copysign(math.floor(abs(value) + 0.5), value)


def _power(base: float, exponent: float) -> float:
    if base == 0 and exponent < 0:
        return math.inf
    return math.pow(base, exponent)


_UNARY: dict[str, Callable[[float], float]] = {
    "fabs": math.fabs, "round": _round, "exp": math.exp, "sqrt": math.sqrt, "acos": math.acos,
    "asin": math.asin, "atan": math.atan, "cos": math.cos, "sin": math.sin, "tan": math.tan,
    "degrees": lambda x: 360 * x / (2 * math.pi), "radians": lambda x: 2 * math.pi * x / 360,
    "acosh": math.acosh, "asinh": math.asinh, "atanh": math.atanh, "cosh": math.cosh, "sinh": math.sinh,
    "tanh": math.tanh, "gamma": math.gamma,
}  # fmt: skip
_BINARY: dict[str, Callable[[float, float], float]] = {
    "copysign": math.copysign, "mod": math.fmod, "pow": _power, "remainder": math.remainder,
    "atan2": math.atan2, "hypot": math.hypot,
}  # fmt: skip
