"""Shared code of the modules: wrapping of host functions, and checks of their arguments."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pkgops.values import Value
from pkgops.ytt.library import Place
from pkgops.ytt.overlay.matching import go_name
from pkgops.ytt.starlark.errors import StarlarkError
from pkgops.ytt.starlark.values import Builtin, type_name
from pkgops.ytt.template.contexts import TemplateHost
from pkgops.ytt.values import Module

Args = tuple[Any, ...]
Kwargs = dict[str, Any]
Function = Callable[[Args, Kwargs], Any]


class ModuleContext(Value):
    """The attributes of the loading file that modules can access.

    Attributes:
        host: the template that is being filled in.
        values: makes the data values, as the struct that this file has for itself.
        place: where the file is, for reading others.
        library: makes the members of ``@ytt:library`` for a place.
    """

    host: TemplateHost
    values: Callable[[], Any]
    place: Place
    library: Callable[[Place], dict[str, Any]]


def builtin(name: str, function: Function) -> Builtin:
    """Wrap a function so that its errors start with its name."""

    def run(args: Args, kwargs: Kwargs) -> Any:
        try:
            return function(args, kwargs)
        except StarlarkError as error:
            error.message = f"{name}: {error.message}"
            raise

    return Builtin(name, run)


def module(
    name: str, functions: dict[str, Function], members: dict[str, Any] | None = None
) -> dict[str, Any]:
    """Return the export of a module: one value of its own name."""
    wrapped: dict[str, Any] = {key: builtin(f"{name}.{key}", value) for key, value in functions.items()}
    return {name: Module(name, {**wrapped, **(members or {})})}


def one(args: Args) -> Any:
    """Return the only argument."""
    if len(args) != 1:
        raise StarlarkError("expected exactly one argument")
    return args[0]


def text(value: Any) -> str:
    """Return a value that must be a string."""
    if type(value) is not str:
        raise StarlarkError(f"expected a string, but was {type_name(value)}")
    return value


def boolean(value: Any) -> bool:
    """Return a value that must be a bool."""
    if type(value) is not bool:
        raise StarlarkError(f"expected starlark.Bool, but was {go_name(value)}")
    return value


def integer(value: Any) -> int:
    """Return a value that must be an int of 64 bits."""
    if type(value) is not int:
        raise StarlarkError("expected starlark.Int")
    if not -(1 << 63) <= value < 1 << 63:
        raise StarlarkError("expected int64 value")
    return value


def known_names(kwargs: Kwargs, known: tuple[str, ...]) -> None:
    """Refuse named arguments other than the known ones."""
    for name in kwargs:
        if name not in known:
            raise StarlarkError(f"invalid argument name: {name}")
