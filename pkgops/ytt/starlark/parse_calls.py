"""The parser of the arguments of calls and the parameters of functions."""

from __future__ import annotations

from pkgops.ytt.starlark import nodes
from pkgops.ytt.starlark.errors import syntax_problem
from pkgops.ytt.starlark.nodes import Node
from pkgops.ytt.starlark.tokenstream import TokenStream


class CallParser(TokenStream):
    """Parses arguments and parameters; the expressions in them are left to the class that inherits."""

    def test(self, *, conditional: bool = True) -> Node:
        """One expression without a comma; ``x if y else z`` only where ``conditional``."""
        raise NotImplementedError

    def call_arguments(self) -> nodes.Arguments:
        """The arguments of a call, after its opening parenthesis; consumes the closing one."""
        arguments = nodes.Arguments([], [])
        first = True
        while self.kind not in (")", "end of file"):
            if not first:
                self.expect(",")
                if self.kind == ")":
                    self._check_trailing_comma(arguments)
                    break
            first = False
            line = self.token.line
            if self.kind in ("*", "**"):
                self._starred_argument(arguments, self.advance().kind, line)
            else:
                self._argument(arguments, line)
        self.expect(")")
        return arguments

    def _check_trailing_comma(self, arguments: nodes.Arguments) -> None:
        if arguments.star is not None or arguments.star_star is not None:
            self.fail("got ')', want argument")

    def _starred_argument(self, arguments: nodes.Arguments, star: str, line: int) -> None:
        if arguments.star_star is not None:
            what = "multiple **kwargs not allowed" if star == "**" else "*args may not follow **kwargs"
            raise syntax_problem(what, line)
        if star == "**":
            arguments.star_star = self.test()
            return
        if arguments.star is not None:
            raise syntax_problem("multiple *args not allowed", line)
        arguments.star = self.test()

    def _argument(self, arguments: nodes.Arguments, line: int) -> None:
        value = self.test()
        if arguments.star_star is not None:
            raise syntax_problem("argument may not follow **kwargs", line)
        if self.kind == "=":
            self._named_argument(arguments, value, line)
        elif arguments.star is not None:
            raise syntax_problem("argument may not follow *args", line)
        elif arguments.named:
            raise syntax_problem("positional argument may not follow named", line)
        else:
            arguments.positional.append(value)

    def _named_argument(self, arguments: nodes.Arguments, key: Node, line: int) -> None:
        if not isinstance(key, nodes.Name):
            self.fail("keyword argument must have form name=expr")
        self.advance()
        if any(key.name == name for name, _ in arguments.named):
            raise syntax_problem(f"keyword argument {key.name} repeated", line)
        arguments.named.append((key.name, self.test()))

    def parameters(self) -> list[nodes.Parameter]:
        """The parameters of a ``def`` or ``lambda``, up to but without the closing token."""
        found: list[nodes.Parameter] = []
        while self.kind not in (")", ":", "end of file"):
            if found:
                self.expect(",")
            if self.kind == ")":
                if any(parameter.star for parameter in found):
                    self.fail("got ')', want parameter")
                break
            found.append(self._parameter())
        return found

    def _parameter(self) -> nodes.Parameter:
        line = self.token.line
        if self.kind in ("*", "**"):
            star = self.advance().kind
            name = self.name().value if star == "**" or self.kind == "identifier" else ""
            return nodes.Parameter(name, None, star, line)
        name = self.name().value
        if self.kind != "=":
            return nodes.Parameter(name, None, "", line)
        self.advance()
        return nodes.Parameter(name, self.test(), "", line)
