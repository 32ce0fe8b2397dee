"""``@ytt:regexp``, on RE2: the same syntax as Go's, and never more than linear time."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable
from typing import Any

import re2  # type: ignore[import-untyped]

from pkgops.ytt.modules.support import Args, Kwargs, ModuleContext, module, text
from pkgops.ytt.starlark.errors import StarlarkError
from pkgops.ytt.starlark.function import call
from pkgops.ytt.starlark.values import Callable_

_REFERENCE = re.compile(r"\$(?:(\$)|\{(\w+)\}|(\w+))", re.ASCII)

_GO_WORDS = {
    "missing )": "missing closing )",
    "missing ]": "missing closing ]",
    "invalid perl operator": "invalid or unsupported Perl syntax",
    "bad repetition operator": "invalid nested repetition operator",
    "no argument for repetition operator": "missing argument to repetition operator",
    "trailing \\": "trailing backslash at end of expression",
    "invalid named capture group": "invalid named capture",
}


def make(name: str, context: ModuleContext) -> dict[str, Any]:
    """Return the module."""
    return module(name, {"match": _match, "replace": _replace})


@functools.lru_cache(64)
def _compiled(pattern: str) -> Any:
    options = re2.Options()
    options.log_errors = False
    return re2.compile(pattern, options)


def _pattern(value: Any) -> Any:
    pattern = text(value)
    try:
        return _compiled(pattern)
    except re2.error as error:
        cause = error.args[0].decode() if isinstance(error.args[0], bytes) else str(error)
        raise StarlarkError(f"error parsing regexp: {_in_go_words(cause)}") from None


def _in_go_words(cause: str) -> str:
    """Say what is wrong with a pattern as Go's package does; RE2 itself has other words."""
    what, _, where = cause.partition(": ")
    return f"{_GO_WORDS.get(what, what)}: `{where}`"


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
    return _substituted(pattern, source, lambda match: _expanded(template, match))


def _substituted(pattern: Any, source: str, replace: Callable[[Any], str]) -> str:
    """Replace all matches, but no empty one right after another match, as in Go."""
    parts: list[str] = []
    start, last = 0, -1
    for match in pattern.finditer(source):
        if match.end() > last:
            parts += [source[start : match.start()], replace(match)]
            start = last = match.end()
    return "".join([*parts, source[start:]])


def _expanded(template: str, match: Any) -> str:
    """Fill ``$1``, ``${name}`` and ``$$`` as Go does; a group that does not exist is empty."""

    def fill(reference: re.Match[str]) -> str:
        dollar, braced, plain = reference.groups()
        if dollar:
            return "$"
        name = braced or plain
        try:
            return match.group(int(name) if name.isdigit() else name) or ""
        except (IndexError, KeyError, re2.error):
            return ""

    return _REFERENCE.sub(fill, template)
