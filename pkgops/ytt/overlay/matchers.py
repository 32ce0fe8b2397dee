"""The matcher functions of ``@ytt:overlay``."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pkgops.ytt.convert import to_host
from pkgops.ytt.overlay.compare import difference, leaf_difference
from pkgops.ytt.starlark.errors import StarlarkError
from pkgops.ytt.starlark.function import call
from pkgops.ytt.starlark.values import Builtin, type_name
from pkgops.ytt.tree.base import kind_name
from pkgops.ytt.tree.nodes import Map

Args = tuple[Any, ...]
Kwargs = dict[str, Any]


def _matcher(name: str, test: Callable[[Args, Kwargs], bool]) -> Builtin:
    def run(args: Args, kwargs: Kwargs) -> bool:
        if len(args) != 3:
            raise StarlarkError(f"{name}: expected exactly 3 arguments")
        try:
            return test(args, kwargs)
        except StarlarkError as error:
            error.message = f"{name}: {error.message}"
            raise

    return Builtin(name, run)


def _bool(value: Any) -> bool:
    if type(value) is not bool:
        raise StarlarkError(f"expected starlark.Bool, but was {type_name(value)}")
    return value


def index_matcher(expected: int) -> Builtin:
    """Matches the item with this index."""

    def test(args: Args, kwargs: Kwargs) -> bool:
        if type(args[0]) is not int:
            raise StarlarkError("expected starlark.Int")
        return args[0] == expected

    return _matcher("overlay.index_matcher", test)


def map_key_matcher(key: str) -> Builtin:
    """Matches items that are maps with the same value under ``key`` as the overlay item."""

    def test(args: Args, kwargs: Kwargs) -> bool:
        old, new = (_under(key, to_host(value)) for value in args[1:])
        return not leaf_difference(old, new)

    return _matcher("overlay.map_key_matcher", test)


def _under(key: str, value: Any) -> Any:
    if not isinstance(value, Map):
        raise StarlarkError(f"Expected value to be map, but was {kind_name(value)}")
    found = value.find(key)
    if found is None:
        raise StarlarkError(f"Expected to find map item with key '{key}', but did not")
    return found.value


def subset_matcher(wanted: Any) -> Builtin:
    """Return a matcher of values that contain ``wanted``."""

    def test(args: Args, kwargs: Kwargs) -> bool:
        return not difference(to_host(args[1]), to_host(wanted))

    return _matcher("overlay.subset_matcher", test)


def and_matcher(matchers: Args) -> Builtin:
    """Return a matcher of values that all of them match."""
    return _matcher("overlay.and_op", lambda args, kw: all(_bool(call(m, args, kw)) for m in matchers))


def or_matcher(matchers: Args) -> Builtin:
    """Return a matcher of values that any of them matches."""
    return _matcher("overlay.or_op", lambda args, kw: any(_bool(call(m, args, kw)) for m in matchers))


def not_matcher(matcher: Any) -> Builtin:
    """Return a matcher of values that it does not match."""
    return _matcher("overlay.or_op", lambda args, kwargs: not _bool(call(matcher, args, kwargs)))


def _all(args: Args, kwargs: Kwargs) -> bool:
    return True


ALL = _matcher("overlay.all", _all)
"""Matches everything."""
