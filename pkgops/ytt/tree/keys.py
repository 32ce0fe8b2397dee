"""Keys of maps, and their representation in plain dictionaries."""

from __future__ import annotations

from enum import Enum
from typing import Any


class BoolKey(Enum):
    """A boolean key in a plain dictionary, because True equals 1 in Python."""

    TRUE = True
    FALSE = False


def dict_key(key: Any) -> Any:
    """Return the representation of a key in a plain dictionary."""
    return BoolKey(key) if isinstance(key, bool) else key


def node_key(key: Any) -> Any:
    """Return the key that a key of a plain dictionary represents."""
    return key.value if isinstance(key, BoolKey) else key


def same_key(left: Any, right: Any) -> bool:
    """Whether two keys are the same: of one type and equal."""
    return type(left) is type(right) and bool(left == right)
