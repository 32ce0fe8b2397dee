"""Keys of maps, and what stands for them in plain dictionaries."""

from __future__ import annotations

from enum import Enum
from typing import Any


class BoolKey(Enum):
    """Stands for a boolean key in a plain dictionary, where Python takes True for 1."""

    TRUE = True
    FALSE = False


def dict_key(key: Any) -> Any:
    """Return what stands for a key in a plain dictionary."""
    return BoolKey(key) if isinstance(key, bool) else key


def node_key(key: Any) -> Any:
    """Return the key that a key of a plain dictionary stands for."""
    return key.value if isinstance(key, BoolKey) else key


def same_key(left: Any, right: Any) -> bool:
    """Whether two keys are the same: of one type and equal."""
    return type(left) is type(right) and bool(left == right)
