"""``@ytt:md5`` and ``@ytt:sha256``."""

from __future__ import annotations

import hashlib
from typing import Any

from pkgops.ytt.modules.support import Args, Kwargs, ModuleContext, module, one, text


def make(name: str, context: ModuleContext) -> dict[str, Any]:
    """Return the module."""

    def sum_(args: Args, kwargs: Kwargs) -> str:
        data = text(one(args)).encode("utf-8", "surrogateescape")
        return hashlib.new(name, data, usedforsecurity=False).hexdigest()

    return module(name, {"sum": sum_})
