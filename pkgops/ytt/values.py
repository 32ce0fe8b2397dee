"""Values that ytt adds to the language: YAML fragments, structs, modules."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from pkgops.ytt.starlark.data import Dict, List
from pkgops.ytt.starlark.errors import StarlarkError
from pkgops.ytt.starlark.values import MISSING, Value, type_name
from pkgops.ytt.tree.base import Node
from pkgops.ytt.tree.keys import node_key, same_key
from pkgops.ytt.tree.nodes import Array, DocumentSet, Map


class YamlFragment(Value):
    """The return value of a function that contains nodes: a map, an array, a document set or nothing."""

    type_name = "yamlfragment"
    __slots__ = ("data",)

    def __init__(self, data: Node | None) -> None:
        self.data = data

    @property
    def is_mapping(self) -> bool:  # type: ignore[override]
        """A fragment is indexed like a mapping, also where it is an array."""
        return True

    def _items(self) -> list[Any]:
        return self.data.items if isinstance(self.data, (Map, Array, DocumentSet)) else []

    def text(self) -> str:
        kind = {Map: "Map", Array: "Array", DocumentSet: "DocumentSet"}.get(type(self.data))
        return f"yamlfragment(*yamlmeta.{kind})" if kind else "yamlfragment(<nil>)"

    def truth(self) -> bool:
        return bool(self._items())

    def length(self) -> int:
        return len(self._items())

    def get(self, key: Any) -> Any:
        if isinstance(self.data, Map):
            found = next((item for item in self.data.items if same_key(item.key, key)), None)
            return MISSING if found is None else from_host(found.value)
        if self.data is None:
            return MISSING
        if type(key) is not int:
            what = "document set" if isinstance(self.data, DocumentSet) else "array"
            raise StarlarkError(
                f"yamlfragment.Get: Expected {what} index to be an int64, but was {type_name(key)}"
            )
        items = self._items()
        return from_host(items[key].value) if 0 <= key < len(items) else MISSING

    def contains(self, item: Any) -> bool:
        return self.get(item) is not MISSING

    def set_item(self, key: Any, value: Any) -> None:
        raise StarlarkError("yamlfragment.SetKey: Not implemented")

    def iterate(self) -> Iterator[Any]:
        if isinstance(self.data, Map):
            return iter([from_host(item.key) for item in self.data.items])
        return iter([from_host(item.value) for item in self._items()])

    def equals(self, other: Any, depth: int) -> bool:
        raise StarlarkError("yamlfragment.CompareSameType: Not implemented")


def from_host(value: Any) -> Any:
    """Return a tree value as a value of the language; nodes become fragments."""
    if isinstance(value, dict):
        return Dict((node_key(key), from_host(item)) for key, item in value.items())
    if isinstance(value, list):
        return List([from_host(item) for item in value])
    if isinstance(value, (Map, Array, DocumentSet)):
        return YamlFragment(value)
    if isinstance(value, Node):
        raise StarlarkError(f"unexpected {value.display} in a fragment")
    return value


class Struct(Value):
    """Named values, read as fields or by key."""

    type_name = "struct"
    is_mapping = True
    __slots__ = ("fields",)

    def __init__(self, fields: dict[str, Any]) -> None:
        self.fields = fields

    def text(self) -> str:
        return "struct(...)"

    def truth(self) -> bool:
        return bool(self.fields)

    def length(self) -> int:
        return len(self.fields)

    def attribute(self, name: str) -> Any:
        return self.fields.get(name, MISSING)

    def attribute_names(self) -> list[str]:
        return list(self.fields)

    def get(self, key: Any) -> Any:
        if type(key) is not str:
            raise StarlarkError(f"expected a string, but was {type_name(key)}")
        return self.fields.get(key, MISSING)

    def contains(self, item: Any) -> bool:
        return self.get(item) is not MISSING

    def iterate(self) -> Iterator[Any]:
        return iter(list(self.fields))

    def equals(self, other: Any, depth: int) -> bool:
        return self is other


class Module(Value):
    """A library module such as ``@ytt:json``'s ``json``."""

    type_name = "module"
    __slots__ = ("members", "name")

    def __init__(self, name: str, members: Mapping[str, Any]) -> None:
        self.name = name
        self.members = members

    def text(self) -> str:
        return f'<module "{self.name}">'

    def attribute(self, name: str) -> Any:
        return self.members.get(name, MISSING)

    def attribute_names(self) -> list[str]:
        return list(self.members)


class Opaque(Value):
    """A value with methods that does not turn into YAML by itself.

    Attributes:
        members: methods and fields by name.
        hint: what to call instead, in messages.
        shown: the value as text.
    """

    __slots__ = ("hint", "kind", "members", "payload", "shown")

    def __init__(self, kind: str, members: dict[str, Any], payload: Any, shown: str) -> None:
        self.kind = kind
        self.members = members
        self.payload = payload
        self.shown = shown
        self.hint = f"{kind} does not automatically encode (hint: use .string())"

    @property
    def type_name(self) -> str:  # type: ignore[override]
        """The kind, such as ``@ytt:url.value``."""
        return self.kind

    def text(self) -> str:
        return self.shown

    def attribute(self, name: str) -> Any:
        return self.members.get(name, MISSING)

    def attribute_names(self) -> list[str]:
        return list(self.members)


__all__ = ["Module", "Opaque", "Struct", "YamlFragment", "from_host"]
