"""Compiles expressions to closures: each takes the frame of the running function and returns a value."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

from pkgops.ytt.starlark import nodes
from pkgops.ytt.starlark.arguments import Kwargs
from pkgops.ytt.starlark.compile_support import (
    Expr,
    at,
    function_code,
    merge_named,
    star_items,
)
from pkgops.ytt.starlark.compile_targets import TargetCompiler
from pkgops.ytt.starlark.data import Dict, List, to_key
from pkgops.ytt.starlark.errors import StarlarkError
from pkgops.ytt.starlark.function import FrameSlots, Function, FunctionCode, call
from pkgops.ytt.starlark.nodes import Node
from pkgops.ytt.starlark.operators import BINARY, binary, unary
from pkgops.ytt.starlark.scope import FunctionScope
from pkgops.ytt.starlark.subscript import attribute, cut, item
from pkgops.ytt.starlark.text import representation
from pkgops.ytt.starlark.values import MISSING, Value, truth


class ExprCompiler(TargetCompiler):
    """Compiles the expressions of one file."""

    def expr(self, node: Node) -> Expr:
        """Return the closure that evaluates ``node``."""
        return self._EXPRS[type(node)](self, node)

    def _literal(self, node: nodes.Literal) -> Expr:
        value = node.value
        return lambda frame: value

    def _name(self, node: nodes.Name) -> Expr:
        return self.read(node.name, node.line)

    def _list(self, node: nodes.ListExpr) -> Expr:
        items = [self.expr(child) for child in node.items]
        return lambda frame: List([get(frame) for get in items])

    def _tuple(self, node: nodes.TupleExpr) -> Expr:
        items = [self.expr(child) for child in node.items]
        return lambda frame: tuple([get(frame) for get in items])

    def _dict(self, node: nodes.DictExpr) -> Expr:
        entries = [(self.expr(key), self.expr(value), key.line) for key, value in node.entries]

        def run(frame: FrameSlots) -> Any:
            result = Dict()
            data = result.data
            for key, value, line in entries:
                name = key(frame)
                try:
                    real = to_key(name)
                    if real in data:
                        raise StarlarkError(f"duplicate key: {representation(name)}")
                except StarlarkError as error:
                    raise at(error, line)  # noqa: B904 - the same error, with its place
                data[real] = (name, value(frame))
            return result

        return run

    def _conditional(self, node: nodes.Conditional) -> Expr:
        condition, then, otherwise = (self.expr(n) for n in (node.condition, node.then, node.otherwise))
        return lambda frame: then(frame) if truth(condition(frame)) else otherwise(frame)

    def _unary(self, node: nodes.Unary) -> Expr:
        operand, symbol, line = self.expr(node.operand), node.operator, node.line
        if symbol == "not":
            return lambda frame: not truth(operand(frame))

        def run(frame: FrameSlots) -> Any:
            value = operand(frame)
            try:
                return unary(symbol, value)
            except StarlarkError as error:
                raise at(error, line)  # noqa: B904

        return run

    def _binary(self, node: nodes.Binary) -> Expr:
        left, right, symbol, line = self.expr(node.left), self.expr(node.right), node.operator, node.line
        if symbol == "and":
            return lambda frame: right(frame) if truth(value := left(frame)) else value
        if symbol == "or":
            return lambda frame: value if truth(value := left(frame)) else right(frame)
        if symbol not in BINARY:
            raise AssertionError(symbol)

        def run(frame: FrameSlots) -> Any:
            one, other = left(frame), right(frame)
            try:
                return binary(symbol, one, other)
            except StarlarkError as error:
                raise at(error, line)  # noqa: B904

        return run

    def _dot(self, node: nodes.Dot) -> Expr:
        target, name, line = self.expr(node.target), node.name, node.line

        def run(frame: FrameSlots) -> Any:
            value = target(frame)
            if isinstance(value, Value):
                found = value.attribute(name)
                if found is not MISSING:
                    return found
            try:
                return attribute(value, name)
            except StarlarkError as error:
                raise at(error, line)  # noqa: B904

        return run

    def _index(self, node: nodes.Index) -> Expr:
        target, key, line = self.expr(node.target), self.expr(node.key), node.line

        def run(frame: FrameSlots) -> Any:
            value, index = target(frame), key(frame)
            try:
                return item(value, index)
            except StarlarkError as error:
                raise at(error, line)  # noqa: B904

        return run

    def _slice(self, node: nodes.Slice) -> Expr:
        none: Expr = lambda frame: None  # noqa: E731
        parts = [self.expr(part) if part is not None else none for part in (node.low, node.high, node.step)]
        target, line = self.expr(node.target), node.line

        def run(frame: FrameSlots) -> Any:
            value = target(frame)
            low, high, step = (part(frame) for part in parts)
            try:
                return cut(value, low, high, step)
            except StarlarkError as error:
                raise at(error, line)  # noqa: B904

        return run

    def _call(self, node: nodes.Call) -> Expr:
        function, line = self.expr(node.function), node.line
        arguments = self.arguments(node.arguments, line)

        def run(frame: FrameSlots) -> Any:
            target = function(frame)
            args, kwargs = arguments(frame)
            try:
                return call(target, args, kwargs)
            except StarlarkError as error:
                raise at(error, line)  # noqa: B904

        return run

    def arguments(
        self, node: nodes.Arguments, line: int
    ) -> Callable[[FrameSlots], tuple[tuple[Any, ...], Kwargs]]:
        """Return the closure that evaluates the arguments of a call."""
        positional = [self.expr(child) for child in node.positional]
        named = [(name, self.expr(child)) for name, child in node.named]
        if node.star is None and node.star_star is None:
            if not named:
                return lambda frame: (tuple([get(frame) for get in positional]), {})
            return lambda frame: (
                tuple([get(frame) for get in positional]),
                {name: get(frame) for name, get in named},
            )
        star = self.expr(node.star) if node.star is not None else None
        star_star = self.expr(node.star_star) if node.star_star is not None else None

        def run(frame: FrameSlots) -> tuple[tuple[Any, ...], Kwargs]:
            args = [get(frame) for get in positional]
            kwargs = {name: get(frame) for name, get in named}
            try:
                if star is not None:
                    args += star_items(star(frame))
                if star_star is not None:
                    merge_named(kwargs, star_star(frame))
            except StarlarkError as error:
                raise at(error, line)  # noqa: B904
            return tuple(args), kwargs

        return run

    def _lambda(self, node: nodes.Lambda) -> Expr:
        make = self.function("lambda", node.parameters, node.line)
        scope = self.scope = FunctionScope(self.scope)
        code = make(scope)
        body = self.expr(node.body)
        code.body = lambda frame: (body(frame),)
        code.size, code.line = scope.size, node.line
        return self.leave_function(code, node.parameters)

    def function(
        self, name: str, parameters: list[nodes.Parameter], line: int
    ) -> Callable[[FunctionScope], FunctionCode]:
        """Check parameters; the result makes the code of the function and binds them in its scope."""
        code = function_code(name, parameters, self.problem, line)

        def make(scope: FunctionScope) -> FunctionCode:
            for parameter in (*code.plain, *code.keyword_only, code.varargs, code.kwargs):
                if parameter:
                    scope.bind(parameter)
            return code

        return make

    def leave_function(self, code: FunctionCode, parameters: list[nodes.Parameter]) -> Expr:
        """Return to the enclosing scope; returns the closure that creates the function value."""
        parent = self.scope.parent
        if parent is None:
            raise AssertionError("the module is not a function")
        self.scope = parent
        defaults = [(p.name, self.expr(p.default)) for p in parameters if p.default is not None]
        if not defaults:
            return lambda frame: Function(code, {}, frame)
        return lambda frame: Function(code, {name: get(frame) for name, get in defaults}, frame)

    _EXPRS: ClassVar[dict[type, Callable[..., Expr]]] = {
        nodes.Literal: _literal,
        nodes.Name: _name,
        nodes.ListExpr: _list,
        nodes.TupleExpr: _tuple,
        nodes.DictExpr: _dict,
        nodes.Conditional: _conditional,
        nodes.Unary: _unary,
        nodes.Binary: _binary,
        nodes.Dot: _dot,
        nodes.Index: _index,
        nodes.Slice: _slice,
        nodes.Call: _call,
        nodes.Lambda: _lambda,
        nodes.Comprehension: TargetCompiler.comprehension,
    }
