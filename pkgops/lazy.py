"""Lazy exports of a package: a module is imported when one of its names is first accessed.

A command that only reads must not import the modules that watch, build or start: importing all of a package's
modules takes longer than most responses of an API server.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable, Mapping
from typing import Any


def exports(package: str, modules: Mapping[str, tuple[str, ...]]) -> Callable[[str], Any]:
    """Return a package's ``__getattr__``, which imports a name's module when the name is first accessed.

    Args:
        package: the package's ``__name__``.
        modules: names by the module, below the package, that defines them. The package imports the same
            names under ``TYPE_CHECKING``, for type checkers and for the import contracts.
    """
    places = {name: f"{package}.{module}" for module, names in modules.items() for name in names}

    def get(name: str) -> Any:
        if name not in places:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        value = getattr(importlib.import_module(places[name]), name)
        setattr(sys.modules[package], name, value)
        return value

    return get
