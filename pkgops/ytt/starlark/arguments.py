"""Checking the arguments of functions of the host, with starlark-go's messages."""

from __future__ import annotations

from typing import Any, TypeGuard

from pkgops.ytt.starlark.errors import StarlarkError
from pkgops.ytt.starlark.iterate import iterate_or_none
from pkgops.ytt.starlark.values import Callable_, type_name

Args = tuple[Any, ...]
Kwargs = dict[str, Any]


def positional(name: str, args: Args, kwargs: Kwargs, least: int, most: int) -> Args:
    """Return ``args`` after checking that there are ``least`` to ``most``, and no keyword arguments."""
    if kwargs:
        raise StarlarkError(f"{name}: unexpected keyword arguments")
    if len(args) < least:
        some = "at least " if least < most else ""
        raise StarlarkError(f"{name}: got {len(args)} arguments, want {some}{least}")
    if len(args) > most:
        some = "at most " if most > least else ""
        raise StarlarkError(f"{name}: got {len(args)} arguments, want {some}{most}")
    return args


def named(name: str, args: Args, kwargs: Kwargs, parameters: str) -> dict[str, Any]:
    """Bind arguments to ``parameters``, names separated by blanks, optional ones with a ``?``."""
    names = parameters.split()
    if len(args) > len(names):
        raise StarlarkError(f"{name}: got {len(args)} arguments, want at most {len(names)}")
    bound = {key.rstrip("?"): value for key, value in zip(names, args, strict=False)}
    known = {key.rstrip("?") for key in names}
    for key, value in kwargs.items():
        if key not in known:
            raise StarlarkError(f'{name}: unexpected keyword argument "{key}"')
        if key in bound:
            raise StarlarkError(f"{name}: got multiple values for keyword argument {key}")
        bound[key] = value
    for key in names:
        if not key.endswith("?") and key not in bound:
            raise StarlarkError(f"{name}: missing argument for {key}")
    return bound


def string(name: str, value: Any, which: int | str) -> str:
    """Return ``value`` if it is a string."""
    if type(value) is not str:
        raise StarlarkError(f"{name}: for parameter {which}: got {type_name(value)}, want string")
    return value


def integer(name: str, value: Any, which: int | str) -> int:
    """Return ``value`` if it is an int of 32 bits."""
    if type(value) is not int:
        raise StarlarkError(f"{name}: for parameter {which}: got {type_name(value)}, want int")
    if not is_index(value):
        raise StarlarkError(f"{name}: for parameter {which}: {value} out of range")
    return value


def is_index(value: Any) -> TypeGuard[int]:
    """Whether a value is an int of 32 bits, as positions and counts must be."""
    return type(value) is int and -(1 << 31) <= value < 1 << 31


def boolean(name: str, value: Any, which: int | str) -> bool:
    """Return ``value`` if it is a bool."""
    if type(value) is not bool:
        raise StarlarkError(f"{name}: for parameter {which}: got {type_name(value)}, want bool")
    return value


def function(name: str, value: Any, which: int | str) -> Callable_:
    """Return ``value`` if it can be called."""
    if not isinstance(value, Callable_):
        raise StarlarkError(f"{name}: for parameter {which}: got {type_name(value)}, want callable")
    return value


def items(name: str, value: Any, which: int | str) -> list[Any]:
    """Return the items of ``value`` if it can be iterated over."""
    found = iterate_or_none(value)
    if found is None:
        raise StarlarkError(f"{name}: for parameter {which}: got {type_name(value)}, want iterable")
    return list(found)
