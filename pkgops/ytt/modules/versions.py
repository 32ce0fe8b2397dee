"""``@ytt:version``."""

from __future__ import annotations

import re
from typing import Any

from pkgops.ytt.modules.support import Args, Kwargs, ModuleContext, module, one, text
from pkgops.ytt.starlark.errors import StarlarkError

LANGUAGE_VERSION = "0.49.0"
"""The release of ytt whose language this engine renders."""
_SEMVER = re.compile(
    r"(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)"
    r"(?:-((?:0|[1-9]\d*|\d*[a-zA-Z-][0-9a-zA-Z-]*)(?:\.(?:0|[1-9]\d*|\d*[a-zA-Z-][0-9a-zA-Z-]*))*))?"
    r"(?:\+([0-9a-zA-Z-]+(?:\.[0-9a-zA-Z-]+)*))?",
    re.ASCII,
)


def make(name: str, context: ModuleContext) -> dict[str, Any]:
    """Return the module."""
    return module(name, {"require_at_least": _require_at_least})


def _require_at_least(args: Args, kwargs: Kwargs) -> None:
    wanted = text(one(args))
    match = _SEMVER.fullmatch(wanted)
    if match is None:
        raise StarlarkError(f"version string '{wanted}' must be a valid semver")
    have = tuple(int(part) for part in LANGUAGE_VERSION.split("."))
    need = tuple(int(part) for part in match.groups()[:3])
    if have < need:
        what = f"does not meet the minimum required version '{wanted}'"
        raise StarlarkError(f"ytt version '{LANGUAGE_VERSION}' {what}")
