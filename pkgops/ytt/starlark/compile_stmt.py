"""From statements to closures that run them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar

from pkgops.values import Value
from pkgops.ytt.starlark import nodes
from pkgops.ytt.starlark.arguments import Kwargs
from pkgops.ytt.starlark.compile_expr import ExprCompiler
from pkgops.ytt.starlark.compile_support import at
from pkgops.ytt.starlark.errors import StarlarkError
from pkgops.ytt.starlark.function import FrameSlots
from pkgops.ytt.starlark.iterate import iterate
from pkgops.ytt.starlark.nodes import Node
from pkgops.ytt.starlark.operators import binary, extend_in_place
from pkgops.ytt.starlark.runtime import ModuleRun
from pkgops.ytt.starlark.scope import FunctionScope, bound_names, loaded_names
from pkgops.ytt.starlark.spell import nearest
from pkgops.ytt.starlark.values import truth

Stmt = Callable[[FrameSlots], Any]
_BREAK = ("break", None, None)
_CONTINUE = ("continue", None, None)


class Step(Value):
    """An instruction of the template compiler.

    Attributes:
        run: carries it out, given the host of the module and the arguments in the code.
        emits: whether it adds to the output, so that a function around it returns a fragment.
        dialect: of the following nodes, where the instruction sets it.
    """

    run: Callable[[Any, tuple[Any, ...], Kwargs], None]
    emits: bool = False
    dialect: str = ""


class StatementCompiler(ExprCompiler):
    """Compiles the statements of one file."""

    def __init__(self, statements: list[Node], steps: Sequence[Step], universe: Mapping[str, Any]) -> None:
        super().__init__(set(bound_names(statements)), set(loaded_names(statements)), universe)
        self.steps = steps
        self.dialect = ""
        self.emits = False
        self.loops = 0

    def block(self, statements: list[Node]) -> Stmt:
        """Return the closure that runs statements until one returns, breaks or continues."""
        compiled = [self.stmt(statement) for statement in statements]
        if len(compiled) == 1:
            return compiled[0]

        def run(frame: FrameSlots) -> Any:
            for statement in compiled:
                outcome = statement(frame)
                if outcome is not None:
                    return outcome
            return None

        return run

    def stmt(self, node: Node) -> Stmt:
        """Return the closure that runs a statement."""
        return self._STMTS[type(node)](self, node)

    def _expression(self, node: nodes.ExprStatement) -> Stmt:
        value = self.expr(node.value)

        def run(frame: FrameSlots) -> None:
            value(frame)

        return run

    def _assign(self, node: nodes.Assign) -> Stmt:
        value = self.expr(node.value)
        if node.operator:
            return self._augmented(node, value)
        setter = self.assign(node.target)

        def run(frame: FrameSlots) -> None:
            setter(frame, value(frame))

        return run

    def _augmented(self, node: nodes.Assign, value: Callable[[FrameSlots], Any]) -> Stmt:
        if isinstance(node.target, (nodes.TupleExpr, nodes.ListExpr)):
            kind = "tuple" if isinstance(node.target, nodes.TupleExpr) else "list"
            self.problem(f"can't use {kind} expression in augmented assignment", node.target.line)
        setter = self.assign(node.target)
        current = self.expr(node.target)
        symbol, line = node.operator, node.line

        def run(frame: FrameSlots) -> None:
            old, added = current(frame), value(frame)
            try:
                extended = symbol == "+" and extend_in_place(old, added)
                new = old if extended else binary(symbol, old, added)
            except StarlarkError as error:
                raise at(error, line)  # noqa: B904
            setter(frame, new)

        return run

    def _if(self, node: nodes.If) -> Stmt:
        condition = self.expr(node.condition)
        then, otherwise = self.block(node.then), self.block(node.otherwise)

        def run(frame: FrameSlots) -> Any:
            return then(frame) if truth(condition(frame)) else otherwise(frame)

        return run

    def _for(self, node: nodes.For) -> Stmt:
        source, setter, line = self.expr(node.source), self.assign(node.target), node.line
        body = self._loop_body(node.body)

        def run(frame: FrameSlots) -> Any:
            limits = frame[1].limits
            try:
                values = iterate(source(frame))
            except StarlarkError as error:
                raise at(error, line)  # noqa: B904
            for value in values:
                limits.step()
                setter(frame, value)
                outcome = body(frame)
                if outcome is not None and outcome is not _CONTINUE:
                    return None if outcome is _BREAK else outcome
            return None

        return run

    def _while(self, node: nodes.While) -> Stmt:
        condition, body = self.expr(node.condition), self._loop_body(node.body)

        def run(frame: FrameSlots) -> Any:
            limits = frame[1].limits
            while truth(condition(frame)):
                limits.step()
                outcome = body(frame)
                if outcome is not None and outcome is not _CONTINUE:
                    return None if outcome is _BREAK else outcome
            return None

        return run

    def _loop_body(self, statements: list[Node]) -> Stmt:
        self.loops += 1
        body = self.block(statements)
        self.loops -= 1
        return body

    def _def(self, node: nodes.Def) -> Stmt:
        make = self.function(node.name, node.parameters, node.line)
        scope = self.scope = FunctionScope(self.scope)
        code = make(scope)
        for name in bound_names(node.body):
            scope.bind(name)
        outer, self.emits, loops, self.loops = self.emits, False, self.loops, 0
        code.body = self.block(node.body)
        code.dialect = self.dialect if self.emits else ""
        self.emits, self.loops = outer, loops
        code.size = scope.size
        code.line = next((statement.line for statement in node.body), node.line)
        create, setter = self.leave_function(code, node.parameters), self.write(node.name)

        def run(frame: FrameSlots) -> None:
            setter(frame, create(frame))

        return run

    def _return(self, node: nodes.Return) -> Stmt:
        if self.scope.parent is None:
            self.problem("return statement not within a function", node.line)
        if node.value is None:
            return lambda frame: ()
        value = self.expr(node.value)
        return lambda frame: (value(frame),)

    def _branch(self, node: nodes.Branch) -> Stmt:
        if not self.loops:
            self.problem(f"{node.kind} not in a loop", node.line)
        outcome = _BREAK if node.kind == "break" else _CONTINUE
        return lambda frame: outcome

    def _load(self, node: nodes.Load) -> Stmt:
        if self.scope.parent is not None:
            self.problem("load statement within a function", node.line)
        for _, original in node.names:
            if original.startswith("_"):
                message = f"load: names with leading underscores are not exported: {original}"
                self.problem(message, node.line)
        self.bound_so_far.update(local for local, _ in node.names)

        def run(frame: FrameSlots) -> None:
            module: ModuleRun = frame[1]
            try:
                _load_names(module, node)
            except StarlarkError as error:
                raise at(error, node.line)  # noqa: B904

        return run

    def _instruction(self, node: nodes.Instruction) -> Stmt:
        step = self.steps[node.number]
        self.dialect = step.dialect or self.dialect
        self.emits = self.emits or step.emits
        carry_out, line = step.run, node.line
        if node.arguments is None:
            arguments: Callable[[FrameSlots], Any] = lambda frame: ((), {})  # noqa: E731
        else:
            arguments = self.arguments(node.arguments, line)

        def run(frame: FrameSlots) -> None:
            args, kwargs = arguments(frame)
            try:
                carry_out(frame[1].host, args, kwargs)
            except StarlarkError as error:
                raise at(error, line)  # noqa: B904

        return run

    _STMTS: ClassVar[dict[type, Callable[..., Stmt]]] = {
        nodes.ExprStatement: _expression,
        nodes.Assign: _assign,
        nodes.If: _if,
        nodes.For: _for,
        nodes.While: _while,
        nodes.Def: _def,
        nodes.Return: _return,
        nodes.Branch: _branch,
        nodes.Load: _load,
        nodes.Instruction: _instruction,
    }


def _load_names(module: ModuleRun, node: nodes.Load) -> None:
    exported = module.load(node.module)
    for local, original in node.names:
        if original not in exported:
            near = nearest(original, exported)
            hint = f" (did you mean {near}?)" if near else ""
            raise StarlarkError(f"load: name {original} not found in module {node.module}{hint}")
        module.locals[local] = exported[original]
