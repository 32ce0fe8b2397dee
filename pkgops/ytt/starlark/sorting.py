"""``min``, ``max`` and ``sorted``."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from pkgops.ytt.starlark.arguments import Args, Kwargs, boolean, function, items, named
from pkgops.ytt.starlark.compare import compare
from pkgops.ytt.starlark.data import List
from pkgops.ytt.starlark.errors import StarlarkError
from pkgops.ytt.starlark.iterate import iterate_or_none
from pkgops.ytt.starlark.values import Callable_, type_name


def extreme(name: str, symbol: str) -> Callable[[Args, Kwargs], Any]:
    """Return ``min`` or ``max``, by the operator that a better item meets."""

    def call(args: Args, kwargs: Kwargs) -> Any:
        if not args:
            raise StarlarkError(f"{name} requires at least one positional argument")
        key = _key_function(name, named(name, (), kwargs, "key?"), kwargs)
        source = iterate_or_none(args[0]) if len(args) == 1 else iter(args)
        if source is None:
            raise StarlarkError(f"{name}: {type_name(args[0])} value is not iterable")
        return _best(name, symbol, list(source), key)

    return call


def _best(name: str, symbol: str, candidates: list[Any], key: Callable_ | None) -> Any:
    if not candidates:
        raise StarlarkError(f"{name}: argument is an empty sequence")
    keys = _keys(candidates, key)
    best = 0
    for index in range(1, len(candidates)):
        try:
            better = compare(symbol, keys[index], keys[best])
        except StarlarkError as error:
            raise StarlarkError(f"{name}: {error.message}") from None
        best = index if better else best
    return candidates[best]


def _key_function(name: str, bound: Kwargs, kwargs: Kwargs) -> Callable_ | None:
    return function(name, bound["key"], _parameter("key", kwargs)) if "key" in bound else None


def _parameter(name: str, kwargs: Kwargs) -> str:
    """A parameter as messages name it: in quotes where it was given by name."""
    return f'"{name}"' if name in kwargs else name


def _keys(values: list[Any], key: Callable_ | None) -> list[Any]:
    return values if key is None else [key.call((value,), {}) for value in values]


def sorted_list(args: Args, kwargs: Kwargs) -> List:
    """``sorted(iterable[, key[, reverse]])``."""
    bound = named("sorted", args, kwargs, "iterable key? reverse?")
    values = items("sorted", bound["iterable"], _parameter("iterable", kwargs))
    keys = _keys(values, _key_function("sorted", bound, kwargs))
    reverse = boolean("sorted", bound.get("reverse", False), _parameter("reverse", kwargs))

    def order(one: tuple[Any, Any], other: tuple[Any, Any]) -> int:
        if compare("<", one[0], other[0]):
            return -1
        return 1 if compare("<", other[0], one[0]) else 0

    pairs = sorted(zip(keys, values, strict=True), key=functools.cmp_to_key(order), reverse=reverse)
    return List([value for _, value in pairs])
