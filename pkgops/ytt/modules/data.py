"""``@ytt:data``: the data values, and the other files of the input."""

from __future__ import annotations

from typing import Any

from pkgops.ytt.library import Place
from pkgops.ytt.modules.support import Args, Kwargs, ModuleContext, module, one, text
from pkgops.ytt.starlark.data import List
from pkgops.ytt.starlark.errors import StarlarkError


def make(name: str, context: ModuleContext) -> dict[str, Any]:
    """Return the module for the file that loads it."""

    def read(args: Args, kwargs: Kwargs) -> str:
        return _read(context.place, text(one(args)))

    def list_(args: Args, kwargs: Kwargs) -> List:
        if len(args) > 1:
            raise StarlarkError("expected exactly zero or one argument")
        return List(list(_paths(context.place, text(args[0]) if args else "")))

    return module(name, {"read": read, "list": list_}, {"values": context.values()})


def _read(place: Place, path: str) -> str:
    start = place.current
    if path.startswith("/"):
        start, path = place.root, path[1:]
    return start.find_file(path)[0].text()


def _paths(place: Place, path: str) -> list[str]:
    start, prefix = place.current, ""
    if path.startswith("/"):
        start, path, prefix = place.root, path[1:], "/"
    if path:
        start = start.find_library(path)
    return [prefix + file.path for file in start.accessible()]
