"""From uses of names to closures that read and write variables."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from pkgops.ytt.starlark.errors import Problem, StarlarkError
from pkgops.ytt.starlark.function import UNBOUND, FrameSlots
from pkgops.ytt.starlark.nodes import Node
from pkgops.ytt.starlark.scope import Block, FunctionScope, target_names
from pkgops.ytt.starlark.spell import nearest

T = TypeVar("T")


class NameCompiler:
    """The scopes of a file that is being compiled; collects errors in names."""

    def __init__(self, global_names: set[str], file_names: set[str], universe: Mapping[str, Any]) -> None:
        self.scope = FunctionScope(None)
        self.global_names = global_names
        self.file_names = file_names
        self.universe = universe
        self.bound_so_far: set[str] = set()
        self.problems: list[Problem] = []

    def problem(self, message: str, line: int) -> None:
        """Remember a problem; all of a file are reported together."""
        self.problems.append(Problem(message, line))

    def in_block(self, compile_block: Callable[[], T]) -> T:
        """Compile something with a block of names of its own."""
        self.scope.blocks.append(Block())
        try:
            return compile_block()
        finally:
            self.scope.blocks.pop()

    def declare_target(self, target: Node) -> None:
        """Bind the names of a target in the current block."""
        for name in target_names(target):
            self.scope.bind(name)

    def read(self, name: str, line: int) -> Callable[[FrameSlots], Any]:
        """Return the closure that reads a variable."""
        hops, slot = self._slot(name)
        if slot is not None:
            return _read_slot(name, hops, slot, line)
        known = name in self.bound_so_far or not self._outside_functions()
        if known and name in self.file_names:
            return _read_dict("locals", name, line)
        if known and name in self.global_names:
            return _read_dict("globals", name, line)
        if name in self.universe:
            value = self.universe[name]
            return lambda frame: value
        self._undefined(name, line)
        return lambda frame: None

    def _outside_functions(self) -> bool:
        """Return whether a name refers to a binding above it, as in code outside of functions."""
        return self.scope.parent is None and len(self.scope.blocks) == 1

    def _undefined(self, name: str, line: int) -> None:
        near = nearest(name, self._visible())
        hint = f" (did you mean {near}?)" if near else ""
        self.problem(f"undefined: {name}{hint}", line)

    def _visible(self) -> list[str]:
        names: list[str] = []
        scope: FunctionScope | None = self.scope
        while scope is not None:
            for block in reversed(scope.blocks):
                names += block.slots
            scope = scope.parent
        of_file = self.file_names | self.global_names
        return sorted({*names, *(of_file & self.bound_so_far if self._outside_functions() else of_file)})

    def _slot(self, name: str) -> tuple[int, int | None]:
        hops = 0
        scope: FunctionScope | None = self.scope
        while scope is not None:
            slot = scope.find(name)
            if slot is not None:
                return hops, slot
            scope = scope.parent
            hops += 1
        return 0, None

    def write(self, name: str) -> Callable[[FrameSlots, Any], None]:
        """Return the closure that assigns to a variable of this function, or of the module."""
        slot = self.scope.find(name)
        if slot is not None:
            return _write_slot(slot)
        self.bound_so_far.add(name)
        if name in self.file_names:
            return lambda frame, value: frame[1].locals.__setitem__(name, value)
        return lambda frame, value: frame[1].globals.__setitem__(name, value)


def _write_slot(slot: int) -> Callable[[FrameSlots, Any], None]:
    def run(frame: FrameSlots, value: Any) -> None:
        frame[slot] = value

    return run


def _read_slot(name: str, hops: int, slot: int, line: int) -> Callable[[FrameSlots], Any]:
    def read(frame: FrameSlots) -> Any:
        value = frame[slot]
        if value is UNBOUND:
            raise _unassigned("local", name, line)
        return value

    if hops == 0:
        return read

    def read_outer(frame: FrameSlots) -> Any:
        for _ in range(hops):
            frame = frame[0]
        return read(frame)

    return read_outer


def _read_dict(where: str, name: str, line: int) -> Callable[[FrameSlots], Any]:
    kind = "global" if where == "globals" else "local"

    def read_global(frame: FrameSlots) -> Any:
        try:
            return frame[1].globals[name]
        except KeyError:
            raise _unassigned(kind, name, line) from None

    def read_local(frame: FrameSlots) -> Any:
        try:
            return frame[1].locals[name]
        except KeyError:
            raise _unassigned(kind, name, line) from None

    return read_global if where == "globals" else read_local


def _unassigned(kind: str, name: str, line: int) -> StarlarkError:
    error = StarlarkError(f"{kind} variable {name} referenced before assignment")
    error.line = line
    return error
