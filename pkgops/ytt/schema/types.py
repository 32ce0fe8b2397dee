"""Types of data values: assigning them to a tree, filling in defaults, checking."""

from __future__ import annotations

from typing import Any, ClassVar

from pkgops.ytt.schema.base import Type, mismatch
from pkgops.ytt.schema.problems import Problem
from pkgops.ytt.starlark.spell import nearest
from pkgops.ytt.tree.base import Item, Node, copy_value, kind_name, walk
from pkgops.ytt.tree.nodes import Array, ArrayItem, Document, Map, MapItem
from pkgops.ytt.validation.check import set_rules
from pkgops.ytt.validation.rules import Rules

_META = "schema/type"
_MANY_KEYS = 9


class ItemType(Type, frozen=False, kw_only=True):
    """The type of a document, a map item or an array item: that of its value, with rules.

    Attributes:
        node_type: which of the three.
        value_type: of its value.
        own_default: its value where none is given.
        rules: that its value must meet.
        key: of a map item.
    """

    node_type: type[Item]
    value_type: Type
    own_default: Any
    rules: Rules | None = None
    key: Any = None
    item_type: ClassVar[bool] = True

    def name(self) -> str:
        return "document" if self.node_type is Document else self.value_type.name()

    def default(self) -> Any:
        value = copy_value(self.own_default)
        if self.node_type is MapItem:
            return MapItem(self.key, value, self.position)
        return Document(value, self.position)

    def set_default(self, value: Any) -> None:
        self.own_default = value

    def assign(self, node: Node) -> list[Problem]:
        if not isinstance(node, self.node_type):
            return [mismatch(node, self)]
        node.set_meta(_META, self)
        return self.value_type.assign(node.value) if isinstance(node.value, Node) else []

    def check(self, node: Node) -> list[Problem]:
        if not isinstance(node, self.node_type):
            return [mismatch(node, self)]
        return [] if isinstance(node.value, Node) else self.value_type.check(node)


class MapType(Type, frozen=False, kw_only=True):
    """A map with known keys."""

    items: list[ItemType]

    def name(self) -> str:
        return "map"

    def default(self) -> Map:
        return Map([item.default() for item in self.items], self.position)

    def assign(self, node: Node) -> list[Problem]:
        if not isinstance(node, Map):
            return [mismatch(node, self)]
        node.set_meta(_META, self)
        problems: list[Problem] = []
        by_key = {item.key: item for item in self.items}
        for item in node.items:
            if item.key in by_key:
                problems += by_key[item.key].assign(item)
        present = {item.key for item in node.items}
        for kind in self.items:
            if kind.key not in present:
                added = kind.default()
                problems += kind.assign(added)
                node.items.append(added)
        return problems

    def check(self, node: Node) -> list[Problem]:
        if not isinstance(node, Map):
            return [mismatch(node, self)]
        known = {item.key for item in self.items}
        return [self._unexpected(item) for item in node.items if item.key not in known]

    def _unexpected(self, found: MapItem) -> Problem:
        keys = sorted(str(item.key) for item in self.items)
        where = f"(from {self.position.compact()})"
        if len(keys) == 1:
            expected = f'a map item with the key named "{keys[0]}" {where}'
        elif 1 < len(keys) <= _MANY_KEYS:
            expected = f"one of {{ {', '.join(keys)} }} {where}"
        else:
            expected = f"a key declared in map {where}"
        near = nearest(str(found.key), keys)
        return Problem(
            position=found.position,
            description="Given data value is not declared in schema",
            expected=expected,
            found=str(found.key),
            hints=(f'did you mean "{near}"?',) if near else (),
        )


class ArrayType(Type, frozen=False, kw_only=True):
    """An array whose items have one type."""

    items: ItemType
    own_default: Any

    def name(self) -> str:
        return "array"

    def default(self) -> Any:
        return copy_value(self.own_default)

    def set_default(self, value: Any) -> None:
        self.own_default = value

    def assign(self, node: Node) -> list[Problem]:
        if not isinstance(node, Array):
            return [mismatch(node, self)]
        node.set_meta(_META, self)
        return [problem for item in node.items for problem in self.items.assign(item)]

    def check(self, node: Node) -> list[Problem]:
        return [] if isinstance(node, Array) else [mismatch(node, self)]


class ScalarType(Type, frozen=False, kw_only=True):
    """A string, an integer, a float or a boolean."""

    kind: type
    own_default: Any

    def name(self) -> str:
        return kind_name(self.kind())

    def default(self) -> Any:
        return self.own_default

    def set_default(self, value: Any) -> None:
        self.own_default = value

    def assign(self, node: Node) -> list[Problem]:
        return [mismatch(node, self)]

    def check(self, node: Node) -> list[Problem]:
        value = node.children()[0]
        fits = type(value) is self.kind or (type(value) is int and self.kind is float)
        return [] if fits else [mismatch(node, self)]


class AnyType(Type, frozen=False, kw_only=True):
    """Everything."""

    own_default: Any

    def name(self) -> str:
        return "any"

    def default(self) -> Any:
        return copy_value(self.own_default)

    def set_default(self, value: Any) -> None:
        self.own_default = value

    def assign(self, node: Node) -> list[Problem]:
        return []

    def check(self, node: Node) -> list[Problem]:
        return []


class NullType(Type, frozen=False, kw_only=True):
    """A type, or null, which is the default."""

    value_type: Type

    def name(self) -> str:
        return "null"

    def default(self) -> Any:
        return None

    def set_default(self, value: Any) -> None:
        self.value_type.set_default(value)

    def assign(self, node: Node) -> list[Problem]:
        return self.value_type.assign(node)

    def check(self, node: Node) -> list[Problem]:
        values = node.children()
        if len(values) == 1 and values[0] is None:
            return []
        return self.value_type.check(node)


def check_tree(root: Node) -> list[Problem]:
    """Check all nodes of a tree against the types that were assigned to them."""
    problems: list[Problem] = []
    for node in walk(root):
        kind = node.get_meta(_META)
        if kind is not None:
            problems += kind.check(node)
    return problems


def attach_rules(root: Node) -> None:
    """Attach the rules of the types to the nodes that have them."""
    for node in walk(root):
        kind = node.get_meta(_META)
        if isinstance(kind, ItemType) and kind.rules is not None:
            set_rules(node, [kind.rules])


__all__ = ["ArrayItem", "attach_rules", "check_tree"]
