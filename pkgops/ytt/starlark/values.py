"""Values of the language.

``None``, ``bool``, ``int``, ``float``, ``str``, ``tuple`` and ``range`` are Python's own; everything
that is mutable, callable or provided by a host derives from :class:`Value`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any, ClassVar

from pkgops.ytt.starlark.errors import StarlarkError

MISSING: Any = object()
"""The return value of :meth:`Value.attribute` and :meth:`Value.get` for a missing name or key."""

_NATIVE = {
    type(None): "NoneType", bool: "bool", int: "int", float: "float",
    str: "string", tuple: "tuple", range: "range",
}  # fmt: skip


class Value:
    """Base of values that are not Python's own. By default no operation is supported."""

    type_name: ClassVar[str] = "value"
    is_mapping: ClassVar[bool] = False
    is_sequence: ClassVar[bool] = False

    def truth(self) -> bool:
        """Whether the value counts as true."""
        return True

    def text(self) -> str:
        """The value as ``str()`` shows it."""
        return f"<{self.type_name}>"

    def attribute(self, name: str) -> Any:
        """The field or method ``name``, or MISSING."""
        return MISSING

    def attribute_names(self) -> list[str]:
        """All names that :meth:`attribute` supports."""
        return []

    def get(self, key: Any) -> Any:
        """The value under ``key`` of a mapping, or MISSING."""
        raise StarlarkError(f"unhandled index operation {self.type_name}[{type_name(key)}]")

    def at(self, index: int) -> Any:
        """The item at a valid index of a sequence."""
        raise StarlarkError(f"unhandled index operation {self.type_name}[int]")

    def set_item(self, key: Any, value: Any) -> None:
        """Store ``value`` under ``key``."""
        raise StarlarkError(f"{self.type_name} value does not support item assignment")

    def length(self) -> int:
        """The number of items, or -1 for a value without a length."""
        return -1

    def iterate(self) -> Iterator[Any] | None:
        """An iterator over items (keys of a mapping), or None for a value that has none."""
        return None

    def contains(self, item: Any) -> bool:
        """Return whether ``item in value``; called only for mappings and sequences."""
        raise StarlarkError(f"unknown binary op: {type_name(item)} in {self.type_name}")

    def freeze(self) -> None:
        """Refuse changes from now on."""

    def equals(self, other: Any, depth: int) -> bool:
        """Whether this equals a value of the same type."""
        return self is other


class Callable_(Value):  # noqa: N801 - the name `Callable` is typing's
    """Base of everything that can be called."""

    type_name = "function"
    name: str

    def call(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """Call it."""
        raise NotImplementedError


class Builtin(Callable_):
    """A function of the host: ``implementation(args, kwargs)``.

    A :class:`StarlarkError` that it raises passes unchanged; the name, and for a method the type of its
    receiver, are for display.
    """

    type_name = "builtin_function_or_method"
    __slots__ = ("implementation", "name", "receiver_type")

    def __init__(
        self,
        name: str,
        implementation: Callable[[tuple[Any, ...], dict[str, Any]], Any],
        receiver_type: str = "",
    ) -> None:
        self.name = name
        self.implementation = implementation
        self.receiver_type = receiver_type

    def call(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        return self.implementation(args, kwargs)

    def text(self) -> str:
        if self.receiver_type:
            return f"<built-in method {self.name} of {self.receiver_type} value>"
        return f"<built-in function {self.name}>"


class Freezable(Value):
    """A container that can be frozen and that refuses changes while it is iterated over."""

    __slots__ = ("frozen", "iterating")

    def __init__(self) -> None:
        self.frozen = False
        self.iterating = 0

    def check_mutable(self, verb: str) -> None:
        """Raise unless the container may be changed now."""
        if self.frozen:
            raise StarlarkError(f"cannot {verb} frozen {self._noun()}")
        if self.iterating:
            raise StarlarkError(f"cannot {verb} {self._noun()} during iteration")

    def _noun(self) -> str:
        return self.type_name

    def guarded(self, items: Iterable[Any]) -> Iterator[Any]:
        """Iterate over ``items`` while refusing changes."""
        self.iterating += 1
        try:
            yield from items
        finally:
            self.iterating -= 1


def freeze(value: Any) -> None:
    """Freeze a value and its items."""
    if isinstance(value, Value):
        value.freeze()
    elif type(value) is tuple:
        for item in value:
            freeze(item)


def type_name(value: Any) -> str:
    """Return the name that ``type()`` gives to a value."""
    native = _NATIVE.get(type(value))
    return value.type_name if native is None else native


def truth(value: Any) -> bool:
    """Return whether a value counts as true."""
    return value.truth() if isinstance(value, Value) else bool(value)
