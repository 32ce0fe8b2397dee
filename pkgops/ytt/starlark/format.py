"""``"...{}...".format(values)``."""

from __future__ import annotations

import re
from typing import Any

from pkgops.ytt.starlark.arguments import Args, Kwargs
from pkgops.ytt.starlark.errors import StarlarkError
from pkgops.ytt.starlark.text import representation, to_text

_PIECE = re.compile(r"\{\{|\}\}|\{([^}]*)\}|[{}]")
_FIELD = re.compile(r"(?P<name>[^!:]*)(?:!(?P<conversion>[^:]*))?(?::(?P<spec>.*))?", re.DOTALL)

_MAX_DIGITS = 18


def format_string(template: str, args: Args, kwargs: Kwargs) -> str:
    """Return ``template.format(*args, **kwargs)``.

    Raises:
        StarlarkError: a replacement field is malformed or has no value.
    """
    return _PIECE.sub(_Formatter(args, kwargs).replace, template)


class _Formatter:
    def __init__(self, args: Args, kwargs: Kwargs) -> None:
        self.args = args
        self.kwargs = kwargs
        self.next = 0
        self.manual = False

    def replace(self, match: re.Match[str]) -> str:
        piece = match.group(0)
        if piece in ("{{", "}}"):
            return piece[0]
        if piece == "{":
            raise StarlarkError("format: unmatched '{' in format")
        if piece == "}":
            raise StarlarkError("format: single '}' in format")
        return self._field(match.group(1))

    def _field(self, field: str) -> str:
        parts = _FIELD.fullmatch(field)
        name, conversion, spec = parts.group("name", "conversion", "spec") if parts else (field, None, None)
        value = self._value(name)
        if spec:
            raise StarlarkError(f"format spec features not supported in replacement fields: {spec}")
        if conversion in (None, "s"):
            return to_text(value)
        if conversion == "r":
            return representation(value)
        raise StarlarkError(f'format: unknown conversion "{conversion}"')

    def _value(self, name: str) -> Any:
        if name == "":
            return self._automatic()
        if name.isascii() and name.isdigit() and len(name) <= _MAX_DIGITS:
            return self._numbered(int(name))
        if name in self.kwargs:
            return self.kwargs[name]
        raise StarlarkError(_missing(name))

    def _automatic(self) -> Any:
        if self.manual:
            switch = "manual field specification to automatic field numbering"
            raise StarlarkError(f"format: cannot switch from {switch}")
        if self.next >= len(self.args):
            raise StarlarkError("format: tuple index out of range")
        self.next += 1
        return self.args[self.next - 1]

    def _numbered(self, number: int) -> Any:
        if self.next:
            switch = "automatic field numbering to manual field specification"
            raise StarlarkError(f"format: cannot switch from {switch}")
        self.manual = True
        if number >= len(self.args):
            raise StarlarkError("format: tuple index out of range")
        return self.args[number]


def _missing(name: str) -> str:
    if "." in name:
        return f"format: attribute syntax x.y is not supported in replacement fields: {name}"
    if "[" in name:
        return f"format: element syntax a[i] is not supported in replacement fields: {name}"
    if "{" in name:
        return "format: nested replacement fields not supported"
    return f"format: keyword {name} not found"
