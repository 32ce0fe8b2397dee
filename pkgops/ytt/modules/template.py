"""``@ytt:template``."""

from __future__ import annotations

from typing import Any

from pkgops.ytt.modules.support import Args, Kwargs, ModuleContext, module, one


def make(name: str, context: ModuleContext) -> dict[str, Any]:
    """Return the module for the file that loads it."""

    def replace(args: Args, kwargs: Kwargs) -> Any:
        return context.host.yaml.replace(one(args))

    return module(name, {"replace": replace})
