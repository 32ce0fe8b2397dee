"""How Go's ``fmt`` prints values that were read from JSON, as in messages of controllers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pkgops.formats.gonumbers import float_notation


def type_name(value: Any) -> str:
    """Return the Go type of a decoded JSON value, as ``%T`` prints it."""
    if isinstance(value, bool):
        return "bool"
    if isinstance(value, int):
        return "int64"
    if isinstance(value, float):
        return "float64"
    if isinstance(value, str):
        return "string"
    if isinstance(value, Mapping):
        return "map[string]interface {}"
    return "[]interface {}" if isinstance(value, list) else "<nil>"


def text(value: Any) -> str:
    """Return a value as ``fmt``'s ``%v`` prints it; maps are printed with sorted keys."""
    if value is None:
        return "<nil>"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return float_notation(value)
    if isinstance(value, Mapping):
        return "map[" + " ".join(f"{key}:{text(value[key])}" for key in sorted(value)) + "]"
    if isinstance(value, list):
        return "[" + " ".join(text(item) for item in value) + "]"
    return str(value)
