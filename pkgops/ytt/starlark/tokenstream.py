"""The token stream of the parser, with one token of look-ahead, and its error messages."""

from __future__ import annotations

from typing import NoReturn

from pkgops.ytt.starlark.errors import syntax_problem
from pkgops.ytt.starlark.lexer import KEYWORDS, Token

_WORDS = KEYWORDS | {
    "identifier", "int literal", "float literal", "string literal",
    "newline", "indent", "outdent", "instruction", "end of file",
}  # fmt: skip

# Keywords of Python that Starlark does not have.
_RESERVED = {
    "as", "class", "del", "except", "finally", "from", "global", "import",
    "is", "nonlocal", "raise", "try", "with", "yield",
}  # fmt: skip


def shown(kind: str) -> str:
    """Return a kind of token as messages show it: operators in quotes, words without."""
    if kind in _RESERVED:
        return "illegal token"
    return kind if kind in _WORDS else f"'{kind}'"


class TokenStream:
    """A cursor over tokens."""

    def __init__(self, tokens: list[Token]) -> None:
        self._tokens = tokens
        self._next = -1
        self.token = tokens[0]
        self.kind = ""
        self.advance()

    def advance(self) -> Token:
        """Return the current token and step to the next one."""
        token = self.token
        if self._next + 1 < len(self._tokens):
            self._next += 1
        self.token = self._tokens[self._next]
        self.kind = self.token.kind
        if self.kind == "error":
            raise syntax_problem(self.token.value, self.token.line)
        return token

    def expect(self, kind: str) -> Token:
        """Consume a token of ``kind`` or fail with ``got X, want Y``."""
        if self.kind != kind:
            self.fail(f"got {shown(self.kind)}, want {shown(kind)}")
        return self.advance()

    def fail(self, message: str) -> NoReturn:
        """Raise ``message`` at the end of the current token, as starlark-go does."""
        raise syntax_problem(message, self.token.after)

    def name(self) -> Token:
        """Consume an identifier."""
        if self.kind in KEYWORDS:
            self.fail(f"use of reserved keyword '{self.kind}' is not allowed (expected identifier)")
        if self.kind != "identifier":
            self.fail("not an identifier")
        return self.advance()
