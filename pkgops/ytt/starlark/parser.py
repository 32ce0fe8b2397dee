"""The parser of statements."""

from __future__ import annotations

from pkgops.ytt.starlark import nodes
from pkgops.ytt.starlark.expressions import ExpressionParser
from pkgops.ytt.starlark.lexer import tokens
from pkgops.ytt.starlark.nodes import Node
from pkgops.ytt.starlark.tokenstream import shown

_ASSIGN = frozenset(("=", "+=", "-=", "*=", "/=", "//=", "%=", "&=", "|=", "^=", "<<=", ">>="))
_MAX_BLOCKS = 60


def parse(code: str) -> list[Node]:
    """Parse the code of one file.

    Args:
        code: lines of Starlark, in which instructions of the template compiler may stand as
            a number between two NUL characters, each on a line of its own.

    Returns:
        Its statements.

    Raises:
        SyntaxProblems: it does not parse; only the first problem is reported.
    """
    return _Parser(tokens(code)).file()


class _Parser(ExpressionParser):
    blocks = 0

    def file(self) -> list[Node]:
        statements: list[Node] = []
        while self.kind != "end of file":
            if self.kind == "newline":
                self.advance()
            else:
                self._statement(statements)
        return statements

    def _statement(self, out: list[Node]) -> None:
        if self.kind == "def":
            out.append(self._def())
        elif self.kind == "if":
            out.append(self._if())
        elif self.kind == "for":
            out.append(self._for())
        elif self.kind == "while":
            out.append(self._while())
        else:
            self._simple_statements(out)

    def _def(self) -> Node:
        start = self.advance()
        name = self.name().value
        self.expect("(")
        parameters = self.parameters()
        self.expect(")")
        self.expect(":")
        return nodes.Def(start.line, name, parameters, self._suite())

    def _if(self) -> Node:
        start = self.advance()
        condition = self.test()
        self.expect(":")
        then = self._suite()
        statement = nodes.If(start.line, condition, then, [])
        tail = statement
        while self.kind == "elif":
            tail = self._elif(tail)
        if self.kind == "else":
            self.advance()
            self.expect(":")
            tail.otherwise = self._suite()
        return statement

    def _elif(self, tail: nodes.If) -> nodes.If:
        start = self.advance()
        condition = self.test()
        self.expect(":")
        branch = nodes.If(start.line, condition, self._suite(), [])
        tail.otherwise = [branch]
        return branch

    def _for(self) -> Node:
        start = self.advance()
        target = self.loop_variables()
        self.expect("in")
        source = self.expression()
        self.expect(":")
        return nodes.For(start.line, target, source, self._suite())

    def _while(self) -> Node:
        start = self.advance()
        condition = self.test()
        self.expect(":")
        return nodes.While(start.line, condition, self._suite())

    def _suite(self) -> list[Node]:
        statements: list[Node] = []
        if self.kind != "newline":
            self._simple_statements(statements)
            return statements
        self.blocks += 1
        if self.blocks > _MAX_BLOCKS:
            self.fail(f"blocks are nested more than {_MAX_BLOCKS} levels deep")
        self.advance()
        self.expect("indent")
        while self.kind not in ("outdent", "end of file"):
            if self.kind == "newline":
                self.advance()
            else:
                self._statement(statements)
        self.expect("outdent")
        self.blocks -= 1
        return statements

    def _simple_statements(self, out: list[Node]) -> None:
        out.append(self._small_statement())
        while self.kind == ";":
            self.advance()
            if self.kind in ("newline", "end of file"):
                break
            out.append(self._small_statement())
        if self.kind != "end of file":
            self.expect("newline")

    def _small_statement(self) -> Node:
        if self.kind == "instruction":
            return self._instruction()
        if self.kind == "return":
            start = self.advance()
            bare = self.kind in ("end of file", "newline", ";")
            return nodes.Return(start.line, None if bare else self.expression())
        if self.kind in ("break", "continue"):
            start = self.advance()
            return nodes.Branch(start.line, start.kind)
        if self.kind == "load":
            return self._load()
        target = self.expression()
        if self.kind not in _ASSIGN:
            return nodes.ExprStatement(target.line, target)
        operator = self.advance()
        return nodes.Assign(operator.line, target, operator.kind[:-1], self.expression())

    def _instruction(self) -> Node:
        start = self.advance()
        arguments = None
        if self.kind == "(":
            self.advance()
            arguments = self.call_arguments()
        return nodes.Instruction(start.line, start.value, arguments)

    def _load(self) -> Node:
        start = self.advance()
        self.expect("(")
        if self.kind != "string literal":
            self.fail("first operand of load statement must be a string literal")
        module = self.advance().value
        names: list[tuple[str, str]] = []
        while self.kind not in (")", "end of file"):
            self.expect(",")
            if self.kind == ")":
                break
            names.append(self._loaded_name())
        self.expect(")")
        if not names:
            self.fail("load statement must import at least 1 symbol")
        return nodes.Load(start.line, module, names)

    def _loaded_name(self) -> tuple[str, str]:
        if self.kind == "string literal":
            name = self.advance().value
            return name, name
        if self.kind != "identifier":
            self.fail(f'load operand must be "name" or localname="name" (got {shown(self.kind)})')
        local = self.advance().value
        if self.kind != "=":
            message = f'load operand must be "{local}" or {local}="originalname" (want \'=\' after {local})'
            self.fail(message)
        self.advance()
        if self.kind != "string literal":
            self.fail(f'original name of loaded symbol must be quoted: {local}="originalname"')
        return local, self.advance().value
