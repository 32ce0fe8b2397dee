"""The parser of expressions: precedence climbing over binary operators, suffixes, literals."""

from __future__ import annotations

from collections.abc import Callable

from pkgops.ytt.starlark import nodes
from pkgops.ytt.starlark.errors import syntax_problem
from pkgops.ytt.starlark.nodes import Node
from pkgops.ytt.starlark.parse_calls import CallParser
from pkgops.ytt.starlark.tokenstream import shown

_LEVELS = (
    ("or",),
    ("and",),
    ("not",),
    ("==", "!=", "<", ">", "<=", ">=", "in", "not in"),
    ("|",),
    ("^",),
    ("&",),
    ("<<", ">>"),
    ("-", "+"),
    ("*", "%", "/", "//"),
)
_PRECEDENCE = {operator: level for level, operators in enumerate(_LEVELS) for operator in operators}
_NOT = 2
_COMPARISON = 3
_LIST_ENDS = frozenset(("end of file", "newline", "=", "}", "]", ")", ";"))
MAX_DEPTH = 90
"""How deep expressions may nest, so that neither parsing nor evaluation exhausts Python's stack."""


class ExpressionParser(CallParser):
    """Parses one expression at a time from a stream of tokens."""

    depth = 0

    def expression(self, *, in_parentheses: bool = False) -> Node:
        """``test (',' test)*``: a tuple where there is a comma."""
        first = self.test()
        if self.kind != ",":
            return first
        return nodes.TupleExpr(first.line, self._rest_of_list([first], trailing_comma=in_parentheses))

    def _rest_of_list(self, items: list[Node], *, trailing_comma: bool) -> list[Node]:
        while self.kind == ",":
            comma = self.advance()
            if self.kind in _LIST_ENDS:
                if not trailing_comma:
                    raise syntax_problem("unparenthesized tuple with trailing comma", comma.line)
                break
            items.append(self.test())
        return items

    def test(self, *, conditional: bool = True) -> Node:
        """One expression without a comma; ``x if y else z`` only where ``conditional``."""
        self.depth += 1
        if self.depth > MAX_DEPTH:
            self.fail(f"expression is nested more than {MAX_DEPTH} levels deep")
        try:
            if self.kind == "lambda":
                return self._lambda(conditional)
            node = self.binary(0)
            return self._conditional(node) if conditional and self.kind == "if" else node
        finally:
            self.depth -= 1

    def _conditional(self, then: Node) -> Node:
        start = self.advance()
        condition = self.binary(0)
        if self.kind != "else":
            raise syntax_problem("conditional expression without else clause", start.line)
        self.advance()
        return nodes.Conditional(start.line, condition, then, self.test())

    def _lambda(self, conditional: bool) -> Node:
        start = self.advance()
        parameters = [] if self.kind == ":" else self.parameters()
        self.expect(":")
        return nodes.Lambda(start.line, parameters, self.test(conditional=conditional))

    def binary(self, level: int) -> Node:
        """An expression of operators that bind at least as tightly as ``level``."""
        left = self._operand(level)
        last = -1
        while True:
            operator = self._operator()
            precedence = _PRECEDENCE.get(operator, -1)
            if precedence < level or precedence == _NOT:
                return left
            if last == precedence == _COMPARISON and isinstance(left, nodes.Binary):
                self.fail(f"{left.operator} does not associate with {operator} (use parens)")
            token = self.advance()
            if operator == "not in":
                self.advance()
            left = nodes.Binary(token.line, operator, left, self.binary(precedence + 1))
            last = precedence

    def _operand(self, level: int) -> Node:
        if self.kind == "not" and level <= _NOT:
            token = self.advance()
            return nodes.Unary(token.line, "not", self._guarded(lambda: self.binary(_NOT)))
        return self.primary_with_suffix()

    def _guarded(self, parse: Callable[[], Node]) -> Node:
        self.depth += 1
        if self.depth > MAX_DEPTH:
            self.fail(f"expression is nested more than {MAX_DEPTH} levels deep")
        try:
            return parse()
        finally:
            self.depth -= 1

    def _operator(self) -> str:
        if self.kind != "not":
            return self.kind
        following = self._tokens[self._next + 1]
        if following.kind != "in":
            self.advance()
            self.fail(f"got {shown(following.kind)}, want in")
        return "not in"

    def primary_with_suffix(self) -> Node:
        """A primary and everything that follows it without an operator: ``.x``, ``[y]``, ``(z)``."""
        node = self._primary()
        suffixes = 0
        while self.kind in (".", "[", "("):
            suffixes += 1
            if suffixes > MAX_DEPTH:
                self.fail(f"expression is nested more than {MAX_DEPTH} levels deep")
            node = self._suffix(node)
        return node

    def _suffix(self, node: Node) -> Node:
        start = self.advance()
        if start.kind == ".":
            return nodes.Dot(start.line, node, self.name().value)
        if start.kind == "[":
            return self._subscript(node, start.line)
        return nodes.Call(start.line, node, self.call_arguments())

    def _subscript(self, target: Node, line: int) -> Node:
        low = high = step = None
        if self.kind != ":":
            low = self.expression()
            if self.kind == "]":
                self.advance()
                return nodes.Index(line, target, low)
        if self.kind == ":":
            self.advance()
            high = self.test() if self.kind not in (":", "]") else None
        if self.kind == ":":
            self.advance()
            step = self.test() if self.kind != "]" else None
        self.expect("]")
        return nodes.Slice(line=line, target=target, low=low, high=high, step=step)

    def _primary(self) -> Node:
        kind = self.kind
        if kind == "identifier":
            token = self.advance()
            return nodes.Name(token.line, token.value)
        if kind in ("string literal", "int literal", "float literal"):
            token = self.advance()
            return nodes.Literal(token.line, token.value)
        if kind == "(":
            return self._parenthesized()
        if kind == "[":
            return self._list()
        if kind == "{":
            return self._dict()
        if kind in ("-", "+", "~"):
            token = self.advance()
            return nodes.Unary(token.line, kind, self._guarded(self.primary_with_suffix))
        return self.fail(f"got {shown(kind)}, want primary expression")

    def _parenthesized(self) -> Node:
        start = self.advance()
        if self.kind == ")":
            self.advance()
            return nodes.TupleExpr(start.line, [])
        node = self.expression(in_parentheses=True)
        self.expect(")")
        return node

    def _list(self) -> Node:
        start = self.advance()
        if self.kind == "]":
            self.advance()
            return nodes.ListExpr(start.line, [])
        first = self.test()
        if self.kind == "for":
            return nodes.Comprehension(start.line, first, None, self._clauses("]"))
        items = self._rest_of_list([first], trailing_comma=True)
        self.expect("]")
        return nodes.ListExpr(start.line, items)

    def _dict(self) -> Node:
        start = self.advance()
        if self.kind == "}":
            self.advance()
            return nodes.DictExpr(start.line, [])
        key, value = self._entry()
        if self.kind == "for":
            return nodes.Comprehension(start.line, key, value, self._clauses("}"))
        entries = [(key, value)]
        while self.kind == ",":
            self.advance()
            if self.kind == "}":
                break
            entries.append(self._entry())
        self.expect("}")
        return nodes.DictExpr(start.line, entries)

    def _entry(self) -> tuple[Node, Node]:
        key = self.test()
        self.expect(":")
        return key, self.test()

    def _clauses(self, closing: str) -> list[nodes.ForClause | nodes.IfClause]:
        clauses: list[nodes.ForClause | nodes.IfClause] = []
        while self.kind != closing:
            if self.kind == "for":
                self.advance()
                target = self.loop_variables()
                self.expect("in")
                clauses.append(nodes.ForClause(target, self.binary(0)))
            elif self.kind == "if":
                self.advance()
                clauses.append(nodes.IfClause(self.test(conditional=False)))
            else:
                self.fail(f"got {shown(self.kind)}, want '{closing}', for, or if")
        self.advance()
        return clauses

    def loop_variables(self) -> Node:
        """The targets of a ``for``: one, or several with commas."""
        first = self.primary_with_suffix()
        if self.kind != ",":
            return first
        targets = [first]
        while self.kind == ",":
            self.advance()
            if self.kind in _LIST_ENDS:
                break
            targets.append(self.primary_with_suffix())
        return nodes.TupleExpr(first.line, targets)
