"""Values as text: ``str()``, ``repr()`` and numbers in Go's notation."""

from __future__ import annotations

from typing import Any

from pkgops.formats.gonumbers import special_float
from pkgops.ytt.starlark.characters import escape
from pkgops.ytt.starlark.data import Dict, List, Set
from pkgops.ytt.starlark.errors import StarlarkError
from pkgops.ytt.starlark.values import Value

_ESCAPES = {
    ord("\a"): "\\a", ord("\b"): "\\b", ord("\f"): "\\f", ord("\n"): "\\n", ord("\r"): "\\r",
    ord("\t"): "\\t", ord("\v"): "\\v", ord('"'): '\\"', ord("\\"): "\\\\",
}  # fmt: skip
_ESCAPES |= {code: f"\\x{code:02x}" for code in [*range(32), 127] if code not in _ESCAPES}
_MAX_DEPTH = 100


def to_text(value: Any) -> str:
    """Return a value as ``str()`` does: a string as it is, everything else as ``repr()``."""
    return value if type(value) is str else representation(value)


def quoted(text: str) -> str:
    """Return a string in double quotes, escaped as Go does."""
    escaped = text.translate(_ESCAPES)
    if not escaped.isprintable():
        escaped = "".join(map(escape, escaped))
    return f'"{escaped}"'


def representation(value: Any, depth: int = 0) -> str:
    """Return a value as ``repr()`` does.

    Raises:
        StarlarkError: the value nests too deeply, for example because it contains itself.
    """
    if depth > _MAX_DEPTH:
        raise StarlarkError("value nests too deeply to be shown")
    kind = type(value)
    if kind is str:
        return quoted(value)
    if kind is float:
        return float_text(value)
    if kind is tuple:
        inner = ", ".join(representation(item, depth + 1) for item in value)
        return f"({inner},)" if len(value) == 1 else f"({inner})"
    if isinstance(value, Value):
        return _value_text(value, depth + 1)
    if kind is range:
        return _range_text(value)
    return str(value)


def _value_text(value: Value, depth: int) -> str:
    if isinstance(value, List):
        return "[" + ", ".join(representation(item, depth) for item in value.items) + "]"
    if isinstance(value, Dict):
        pairs = (f"{representation(k, depth)}: {representation(v, depth)}" for k, v in value.data.values())
        return "{" + ", ".join(pairs) + "}"
    if isinstance(value, Set):
        return "set([" + ", ".join(representation(item, depth) for item in value.data.values()) + "])"
    return value.text()


def _range_text(value: range) -> str:
    if value.step != 1:
        return f"range({value.start}, {value.stop}, {value.step})"
    return f"range({value.start}, {value.stop})" if value.start else f"range({value.stop})"


def float_text(value: float) -> str:
    """Return a float as ``str()`` shows it: six digits, as C's ``%g``."""
    return special_float(value) or f"{value:g}"
