"""``@ytt:toml``, apart from the other encodings because few templates need a parser of TOML."""

from __future__ import annotations

import tomllib
from typing import Any

from pkgops.formats.gotoml import to_toml
from pkgops.ytt.modules.encodings import indent_of, plain, sorted_keys
from pkgops.ytt.modules.support import Args, Kwargs, ModuleContext, known_names, module, one, text
from pkgops.ytt.starlark.errors import StarlarkError
from pkgops.ytt.values import from_host


def make(name: str, context: ModuleContext) -> dict[str, Any]:
    """Return the module."""
    return module(name, {"encode": _toml_encode, "decode": _toml_decode})


def _toml_encode(args: Args, kwargs: Kwargs) -> str:
    value = one(args)
    known_names(kwargs, ("indent",))
    indent = indent_of(kwargs)
    try:
        return to_toml(plain(value), indent or 2)
    except ValueError as error:
        raise StarlarkError(str(error)) from None


def _toml_decode(args: Args, kwargs: Kwargs) -> Any:
    given = text(one(args))
    try:
        return from_host(sorted_keys(tomllib.loads(given)))
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise StarlarkError(f"toml: {error}") from None
