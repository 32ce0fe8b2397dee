"""Compiles the bindings of names in statements and expressions to closures: targets and comprehensions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NoReturn

from pkgops.ytt.starlark import nodes
from pkgops.ytt.starlark.compile_names import NameCompiler
from pkgops.ytt.starlark.compile_support import Expr, at, described, for_step, if_step, unpacked_parts
from pkgops.ytt.starlark.data import Dict, List
from pkgops.ytt.starlark.errors import StarlarkError
from pkgops.ytt.starlark.function import FrameSlots
from pkgops.ytt.starlark.nodes import Node
from pkgops.ytt.starlark.subscript import store
from pkgops.ytt.starlark.values import type_name


class TargetCompiler(NameCompiler):
    """Compiles targets and comprehensions; the expressions in them are left to the class that inherits."""

    def expr(self, node: Node) -> Expr:
        """Return the closure that evaluates ``node``."""
        raise NotImplementedError

    def assign(self, target: Node) -> Callable[[FrameSlots, Any], None]:
        """Return the closure that assigns a value to ``target``."""
        if isinstance(target, nodes.Name):
            return self.write(target.name)
        if isinstance(target, (nodes.TupleExpr, nodes.ListExpr)):
            return self._assign_sequence(target)
        if isinstance(target, nodes.Index):
            return self._assign_item(target)
        if isinstance(target, nodes.Dot):
            return self._assign_field(target)
        self.problem(f"can't assign to {described(target)}", target.line)
        return lambda frame, value: None

    def _assign_sequence(self, target: nodes.TupleExpr | nodes.ListExpr) -> Callable[[FrameSlots, Any], None]:
        if not target.items:
            shown = "()" if isinstance(target, nodes.TupleExpr) else "[]"
            self.problem(f"can't assign to {shown}", target.line)
        setters, line = [self.assign(child) for child in target.items], target.line

        def run(frame: FrameSlots, value: Any) -> None:
            try:
                parts = unpacked_parts(value, len(setters))
            except StarlarkError as error:
                raise at(error, line)  # noqa: B904
            for setter, part in zip(setters, parts, strict=True):
                setter(frame, part)

        return run

    def _assign_item(self, target: nodes.Index) -> Callable[[FrameSlots, Any], None]:
        container, key, line = self.expr(target.target), self.expr(target.key), target.line

        def run(frame: FrameSlots, value: Any) -> None:
            holder, index = container(frame), key(frame)
            try:
                store(holder, index, value)
            except StarlarkError as error:
                raise at(error, line)  # noqa: B904

        return run

    def _assign_field(self, target: nodes.Dot) -> Callable[[FrameSlots, Any], None]:
        container, name, line = self.expr(target.target), target.name, target.line

        def run(frame: FrameSlots, value: Any) -> NoReturn:
            holder = container(frame)
            raise at(StarlarkError(f"can't assign to .{name} field of {type_name(holder)}"), line)

        return run

    def comprehension(self, node: nodes.Comprehension) -> Expr:
        """Return the closure that evaluates a comprehension."""
        first = node.clauses[0]
        if not isinstance(first, nodes.ForClause):
            raise AssertionError("a comprehension starts with for")
        source = self.expr(first.source)
        run_clauses = self.in_block(lambda: self._clauses(node))

        def run(frame: FrameSlots) -> Any:
            result: Any = List([]) if node.value is None else Dict()
            run_clauses(frame, result, source(frame))
            return result

        return run

    def _clauses(self, node: nodes.Comprehension) -> Callable[[FrameSlots, Any, Any], None]:
        for clause in node.clauses:
            if isinstance(clause, nodes.ForClause):
                self.declare_target(clause.target)
        steps: list[Callable[[FrameSlots, Any, Callable[[], None]], None]] = []
        for index, clause in enumerate(node.clauses):
            if isinstance(clause, nodes.IfClause):
                steps.append(if_step(self.expr(clause.condition)))
            elif index:
                steps.append(for_step(self.expr(clause.source), self.assign(clause.target), node.line))
            else:
                steps.append(for_step(None, self.assign(clause.target), node.line))
        emit = self._emit(node)

        def run(frame: FrameSlots, result: Any, source: Any) -> None:
            def step(index: int) -> None:
                if index == len(steps):
                    emit(frame, result)
                else:
                    steps[index](frame, source, lambda: step(index + 1))

            step(0)

        return run

    def _emit(self, node: nodes.Comprehension) -> Callable[[FrameSlots, Any], None]:
        body, line = self.expr(node.body), node.line
        if node.value is None:
            return lambda frame, result: result.items.append(body(frame))
        value = self.expr(node.value)

        def put(frame: FrameSlots, result: Any) -> None:
            key = body(frame)
            try:
                result.put(key, value(frame))
            except StarlarkError as error:
                raise at(error, line)  # noqa: B904

        return put
