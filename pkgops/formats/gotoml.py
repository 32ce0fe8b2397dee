"""Plain values as TOML, as BurntSushi's encoder writes them: keys sorted, tables after values."""

from __future__ import annotations

import json
import math
import re
from decimal import Decimal
from typing import Any

_BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")


def to_toml(value: Any, indent: int) -> str:
    """Return a dictionary as TOML.

    Raises:
        ValueError: the value is not a dictionary, or contains a value that TOML does not support.
    """
    if not isinstance(value, dict):
        raise ValueError("toml: top-level values must be Go maps or structs")
    writer = _Writer(indent)
    writer.table([], value)
    return "".join(writer.out)


class _Writer:
    def __init__(self, indent: int) -> None:
        self.out: list[str] = []
        self._indent = indent

    def table(self, path: list[str], value: dict[Any, Any]) -> None:
        if not all(isinstance(key, str) for key in value):
            raise ValueError("Expected key to be string")
        pad = " " * self._indent * max(len(path) - 1, 0)
        inner = pad + (" " * self._indent if path else "")
        for key in sorted(value):
            if value[key] is not None and not _is_table(value[key]):
                self.out.append(f"{inner}{_key(key)} = {_inline(value[key])}\n")
        for key in sorted(value):
            if _is_table(value[key]):
                self._below([*path, key], value[key])

    def _below(self, path: list[str], value: Any) -> None:
        pad = " " * self._indent * (len(path) - 1)
        name = ".".join(_key(key) for key in path)
        if isinstance(value, dict):
            self._separate(path)
            self.out.append(f"{pad}[{name}]\n")
            self.table(path, value)
            return
        for item in value:
            self._separate([])
            self.out.append(f"{pad}[[{name}]]\n")
            self.table(path, item)

    def _separate(self, path: list[str]) -> None:
        if self.out and len(path) <= 1:
            self.out.append("\n")


def _is_table(value: Any) -> bool:
    if isinstance(value, dict):
        return True
    return isinstance(value, list) and bool(value) and all(isinstance(item, dict) for item in value)


def _key(key: str) -> str:
    return key if _BARE_KEY.fullmatch(key) else json.dumps(key, ensure_ascii=False)


def _float(value: float) -> str:
    """Return a float with all of its digits, and always with a decimal point."""
    if not math.isfinite(value):
        return "nan" if math.isnan(value) else "+inf" if value > 0 else "-inf"
    text = format(Decimal(repr(value)), "f")
    return text if "." in text else f"{text}.0"


def _inline(value: Any) -> str:
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return _float(value)
    if isinstance(value, int):
        return str(value)
    if isinstance(value, list):
        return "[" + ", ".join(_inline(item) for item in value) + "]"
    if isinstance(value, dict):
        pairs = ", ".join(f"{_key(key)} = {_inline(value[key])}" for key in sorted(value))
        return "{" + pairs + "}"
    raise ValueError("toml: cannot encode null within an array")
