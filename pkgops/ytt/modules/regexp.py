"""``@ytt:regexp``, on RE2: the same syntax as Go's, and never more than linear time."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pkgops.formats.goregexp import compiled, expand
from pkgops.ytt.modules.support import Args, Kwargs, ModuleContext, module, text
from pkgops.ytt.starlark.errors import StarlarkError
from pkgops.ytt.starlark.function import call
from pkgops.ytt.starlark.values import Callable_


def make(name: str, context: ModuleContext) -> dict[str, Any]:
    """Return the module."""
    return module(name, {"match": _match, "replace": _replace})


def _pattern(value: Any) -> Any:
    try:
        return compiled(text(value))
    except ValueError as error:
        raise StarlarkError(str(error)) from None


def _match(args: Args, kwargs: Kwargs) -> bool:
    if len(args) != 2:
        raise StarlarkError("expected exactly two arguments")
    return _pattern(args[0]).search(text(args[1])) is not None


def _replace(args: Args, kwargs: Kwargs) -> str:
    if len(args) != 3:
        raise StarlarkError("expected exactly 3 arguments")
    pattern, source, replacement = _pattern(args[0]), text(args[1]), args[2]
    if isinstance(replacement, Callable_):
        return _substituted(pattern, source, lambda match: text(call(replacement, (match.group(0),), {})))
    template = text(replacement)
    return _substituted(pattern, source, lambda match: expand(template, match))


def _substituted(pattern: Any, source: str, replace: Callable[[Any], str]) -> str:
    """Replace all matches, but no empty one right after another match, as in Go."""
    parts: list[str] = []
    start, last = 0, -1
    for match in pattern.finditer(source):
        if match.end() > last:
            parts += [source[start : match.start()], replace(match)]
            start = last = match.end()
    return "".join([*parts, source[start:]])
