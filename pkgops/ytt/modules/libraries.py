"""``@ytt:library``: rendering the libraries below ``_ytt_lib`` with values of their own."""

from __future__ import annotations

from typing import Any

from pkgops.ytt.modules.support import ModuleContext
from pkgops.ytt.values import Module


def make(name: str, context: ModuleContext) -> dict[str, Any]:
    """Return the module for the file that loads it."""
    return {name: Module(name, context.library(context.place))}
