"""The ``@ytt:`` library: one Python module for each of its modules, imported when it is loaded."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from typing import Any

from pkgops.ytt.modules.support import ModuleContext
from pkgops.ytt.starlark.errors import StarlarkError

_NAMES = {
    "assert": "assertions", "math": "maths", "regexp": "regexp", "md5": "hashes", "sha256": "hashes",
    "base64": "encodings", "json": "encodings", "yaml": "encodings", "toml": "tomls", "url": "urls",
    "ip": "addresses", "template": "template", "data": "data", "struct": "structs", "module": "structs",
    "overlay": "overlays", "version": "versions", "library": "libraries",
}  # fmt: skip


def find_module(name: str, context: ModuleContext) -> Mapping[str, Any]:
    """Return the names that ``load("@ytt:name", ...)`` can bind.

    Raises:
        StarlarkError: there is no such module.
    """
    where = _NAMES.get(name)
    if where is None:
        hint = "hint: is it available in newer version of ytt?"
        raise StarlarkError(f"builtin ytt library does not have module '{name}' ({hint})")
    make = importlib.import_module(f"pkgops.ytt.modules.{where}").make
    exported: Mapping[str, Any] = make(name, context)
    return exported


__all__ = ["ModuleContext", "find_module"]
