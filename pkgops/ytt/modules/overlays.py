"""``@ytt:overlay``."""

from __future__ import annotations

from typing import Any

from pkgops.ytt.convert import to_host
from pkgops.ytt.modules.support import Args, Function, Kwargs, ModuleContext, integer, module, one, text
from pkgops.ytt.overlay import matchers
from pkgops.ytt.overlay.apply import apply
from pkgops.ytt.starlark.errors import StarlarkError
from pkgops.ytt.tree.base import Node
from pkgops.ytt.values import YamlFragment, from_host


def make(name: str, context: ModuleContext) -> dict[str, Any]:
    """Return the module."""
    functions: dict[str, Function] = {
        "apply": _apply, "index": _index, "map_key": _map_key, "subset": _subset,
        "and_op": _and, "or_op": _or, "not_op": _not,
    }  # fmt: skip
    return module(name, functions, {"all": matchers.ALL})


def _apply(args: Args, kwargs: Kwargs) -> Any:
    if not args:
        raise StarlarkError("expected exactly at least argument")
    result, *overlays = (to_host(arg) for arg in args)
    for overlay in overlays:
        result = apply(result, overlay)
    return YamlFragment(result) if isinstance(result, Node) else from_host(result)


def _index(args: Args, kwargs: Kwargs) -> Any:
    return matchers.index_matcher(integer(one(args)))


def _map_key(args: Args, kwargs: Kwargs) -> Any:
    return matchers.map_key_matcher(text(one(args)))


def _subset(args: Args, kwargs: Kwargs) -> Any:
    return matchers.subset_matcher(one(args))


def _and(args: Args, kwargs: Kwargs) -> Any:
    return matchers.and_matcher(_some(args))


def _or(args: Args, kwargs: Kwargs) -> Any:
    return matchers.or_matcher(_some(args))


def _not(args: Args, kwargs: Kwargs) -> Any:
    return matchers.not_matcher(one(args))


def _some(args: Args) -> Args:
    if not args:
        raise StarlarkError("expected at least one argument")
    return args
