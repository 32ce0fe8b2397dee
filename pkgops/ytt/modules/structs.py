"""``@ytt:struct`` and ``@ytt:module``."""

from __future__ import annotations

from typing import Any

from pkgops.ytt.convert import as_struct, to_host
from pkgops.ytt.modules.support import Args, Function, Kwargs, ModuleContext, builtin, module, one, text
from pkgops.ytt.starlark.errors import StarlarkError
from pkgops.ytt.starlark.function import call
from pkgops.ytt.starlark.values import Callable_
from pkgops.ytt.tree.convert import to_plain
from pkgops.ytt.values import Module, Struct, from_host


def make(name: str, context: ModuleContext) -> dict[str, Any]:
    """Return the module."""
    if name == "module":
        return module(name, {"make": _make_module})
    functions: dict[str, Function] = {
        "make": _make, "make_and_bind": _make_and_bind, "bind": _bind, "encode": _encode, "decode": _decode
    }  # fmt: skip
    return module(name, functions)


def _make_module(args: Args, kwargs: Kwargs) -> Module:
    if len(args) != 1:
        raise StarlarkError(f"module: got {len(args)} arguments, want 1")
    return Module(text(args[0]), kwargs)


def _make(args: Args, kwargs: Kwargs) -> Struct:
    if args:
        what = "unexpected positional arguments (structs are made from keyword arguments only)"
        raise StarlarkError(what)
    return Struct(dict(kwargs))


def _make_and_bind(args: Args, kwargs: Kwargs) -> Struct:
    if len(args) != 1:
        raise StarlarkError("expected at exactly one argument")
    bound = {k: _bind((v, args[0]), {}) if isinstance(v, Callable_) else v for k, v in kwargs.items()}
    return Struct(bound)


def _bind(args: Args, kwargs: Kwargs) -> Any:
    if len(args) < 2:
        raise StarlarkError("expected at least two arguments")
    function, *first = args

    def run(args: Args, kwargs: Kwargs) -> Any:
        return call(function, (*first, *args), kwargs)

    return builtin("struct.bind_result", run)


def _encode(args: Args, kwargs: Kwargs) -> Any:
    return as_struct(to_host(one(args)))


def _decode(args: Args, kwargs: Kwargs) -> Any:
    return from_host(to_plain(to_host(one(args))))
