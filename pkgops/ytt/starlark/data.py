"""Lists, dictionaries and sets."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from pkgops.ytt.starlark.errors import StarlarkError
from pkgops.ytt.starlark.values import MISSING, Callable_, Freezable, Value, freeze, type_name


class List(Freezable):
    """A list."""

    type_name = "list"
    is_sequence = True
    __slots__ = ("items",)

    def __init__(self, items: list[Any]) -> None:
        self.frozen = False
        self.iterating = 0
        self.items = items

    def truth(self) -> bool:
        return bool(self.items)

    def length(self) -> int:
        return len(self.items)

    def at(self, index: int) -> Any:
        return self.items[index]

    def set_item(self, key: Any, value: Any) -> None:
        self.check_mutable("assign to element of")
        self.items[key] = value

    def iterate(self) -> Iterator[Any]:
        return self.guarded(self.items)

    def freeze(self) -> None:
        if not self.frozen:
            self.frozen = True
            for item in self.items:
                freeze(item)


class _BoolKey:
    """A replacement of True or False as a key, because they equal 1 and 0 in Python."""

    __slots__ = ("value",)

    def __init__(self, value: bool) -> None:
        self.value = value


_TRUE, _FALSE = _BoolKey(True), _BoolKey(False)


def to_key(value: Any) -> Any:
    """Return the Python dictionary key for a value.

    Raises:
        StarlarkError: the value cannot be hashed.
    """
    kind = type(value)
    if kind is str or kind is int or kind is float or value is None:
        return value
    if kind is bool:
        return _TRUE if value else _FALSE
    if kind is tuple:
        return tuple(to_key(item) for item in value)
    if kind is range:
        raise StarlarkError("unhashable: range")
    if isinstance(value, Callable_):
        return value
    raise StarlarkError(f"unhashable type: {type_name(value)}")


class Dict(Freezable):
    """A dictionary in order of insertion."""

    type_name = "dict"
    is_mapping = True
    __slots__ = ("data",)

    def __init__(self, pairs: Iterable[tuple[Any, Any]] = ()) -> None:
        self.frozen = False
        self.iterating = 0
        self.data: dict[Any, tuple[Any, Any]] = {}
        for key, value in pairs:
            self.data[to_key(key)] = (key, value)

    def _noun(self) -> str:
        return "hash table"

    def truth(self) -> bool:
        return bool(self.data)

    def length(self) -> int:
        return len(self.data)

    def get(self, key: Any) -> Any:
        pair = self.data.get(to_key(key))
        return MISSING if pair is None else pair[1]

    def put(self, key: Any, value: Any) -> None:
        """Store without checking whether the dictionary is frozen; keeps the order of an existing key."""
        real = to_key(key)
        old = self.data.get(real)
        self.data[real] = (key if old is None else old[0], value)

    def set_item(self, key: Any, value: Any) -> None:
        self.check_mutable("insert into")
        self.put(key, value)

    def contains(self, item: Any) -> bool:
        return to_key(item) in self.data

    def pairs(self) -> list[tuple[Any, Any]]:
        """Keys and values in order."""
        return list(self.data.values())

    def iterate(self) -> Iterator[Any]:
        return self.guarded(pair[0] for pair in self.data.values())

    def freeze(self) -> None:
        if not self.frozen:
            self.frozen = True
            for pair in self.data.values():
                freeze(pair[1])


class Set(Freezable):
    """A set in order of insertion."""

    type_name = "set"
    __slots__ = ("data",)

    def __init__(self, items: Iterable[Any] = ()) -> None:
        self.frozen = False
        self.iterating = 0
        self.data: dict[Any, Any] = {to_key(item): item for item in items}

    def truth(self) -> bool:
        return bool(self.data)

    def length(self) -> int:
        return len(self.data)

    def contains(self, item: Any) -> bool:
        return to_key(item) in self.data

    def iterate(self) -> Iterator[Any]:
        return self.guarded(self.data.values())

    def freeze(self) -> None:
        self.frozen = True


class Elements(Value):
    """The return value of ``"...".elems()`` and similar methods, which can only be iterated over."""

    __slots__ = ("items", "kind", "label")

    def __init__(self, kind: str, label: str, items: list[Any]) -> None:
        self.kind = kind
        self.label = label
        self.items = items

    @property
    def type_name(self) -> str:  # type: ignore[override]
        """``elems`` or ``codepoints``."""
        return self.kind

    def iterate(self) -> Iterator[Any]:
        return iter(self.items)

    def text(self) -> str:
        return self.label
