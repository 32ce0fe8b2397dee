"""The resolution of names: to a slot of a function's frame, a global, or a predeclared name."""

from __future__ import annotations

from pkgops.values import Value, made
from pkgops.ytt.starlark import nodes
from pkgops.ytt.starlark.nodes import Node

FIRST_SLOT = 2
"""Slots 0 and 1 of a frame contain the frame of the enclosing function and the running module."""


class Block(Value, frozen=False):
    """Names that are bound in a function, or in a comprehension within it."""

    slots: dict[str, int] = made(default_factory=dict)


class FunctionScope(Value, frozen=False):
    """The variables of one function; of the module itself where ``parent`` is None."""

    parent: FunctionScope | None
    blocks: list[Block] = made(default_factory=lambda: [Block()])
    size: int = FIRST_SLOT

    def bind(self, name: str) -> int:
        """Return the slot of ``name`` in the innermost block, a new one if it has none yet."""
        block = self.blocks[-1]
        slot = block.slots.get(name)
        if slot is None:
            slot = block.slots[name] = self.size
            self.size += 1
        return slot

    def find(self, name: str) -> int | None:
        """Return the slot of ``name``, innermost block first; None if it is not bound here."""
        for block in reversed(self.blocks):
            slot = block.slots.get(name)
            if slot is not None:
                return slot
        return None


def target_names(target: Node) -> list[str]:
    """Return the names that an assignment to ``target`` binds."""
    if isinstance(target, nodes.Name):
        return [target.name]
    if isinstance(target, (nodes.TupleExpr, nodes.ListExpr)):
        return [name for item in target.items for name in target_names(item)]
    return []


def bound_names(statements: list[Node]) -> list[str]:
    """Return the names that statements bind, without those bound inside of nested functions."""
    names: list[str] = []
    for statement in statements:
        if isinstance(statement, nodes.Assign):
            names += target_names(statement.target)
        elif isinstance(statement, nodes.For):
            names += target_names(statement.target) + bound_names(statement.body)
        elif isinstance(statement, nodes.While):
            names += bound_names(statement.body)
        elif isinstance(statement, nodes.If):
            names += bound_names(statement.then) + bound_names(statement.otherwise)
        elif isinstance(statement, nodes.Def):
            names.append(statement.name)
    return names


def loaded_names(statements: list[Node]) -> list[str]:
    """Return the names that the load statements of a file bind; they are not exported."""
    names: list[str] = []
    for statement in statements:
        if isinstance(statement, nodes.Load):
            names += [local for local, _ in statement.names]
        elif isinstance(statement, nodes.If):
            names += loaded_names(statement.then) + loaded_names(statement.otherwise)
        elif isinstance(statement, (nodes.For, nodes.While)):
            names += loaded_names(statement.body)
    return names
