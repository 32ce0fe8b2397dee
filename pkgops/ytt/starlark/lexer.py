"""From lines of code to tokens; blocks are opened by ``:`` and a newline, and closed by ``end``."""

from __future__ import annotations

import re
from typing import Any, NamedTuple

from pkgops.ytt.starlark.errors import SyntaxProblems, syntax_problem
from pkgops.ytt.starlark.literals import number_token, unquote

MARK = "\x00"
"""Encloses the number of an instruction of the template compiler in the code, like ``\\x0012\\x00``."""

_WORDS = """
and break continue def elif else for if in lambda load not or pass return while
as class del except finally from global import is nonlocal raise try with yield
"""
KEYWORDS = frozenset(_WORDS.split())

_TOKEN = re.compile(
    r"""[ \t\r]*(?:
      (?P<newline>\n)
    | (?P<continuation>\\\n)
    | (?P<comment>\#[^\n]*)
    | (?P<string>r?(?:\"{3}(?:[^\\]|\\.)*?\"{3} | '{3}(?:[^\\]|\\.)*?'{3}
                 | "(?!"")(?:[^"\\\n]|\\.)*" | '(?!'')(?:[^'\\\n]|\\.)*'))
    | (?P<name>[^\W\d]\w*)
    | (?P<number>0[xX][0-9a-fA-F]*|0[oO][0-7]*|0[bB][01]*|(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d*)?)
    | (?P<open>[\[({])
    | (?P<close>[\])}])
    | (?P<operator>//=|>>=|<<=|\*\*|//|<<|>>|<=|>=|==|!=|\+=|-=|\*=|/=|%=|&=|\|=|\^=|[-+*/%=<>&|^~.,:;])
    | \x00(?P<instruction>\d+)\x00
    | (?P<end>\Z)
    | (?P<bad>.)
    )""",
    re.VERBOSE | re.DOTALL,
)


class Token(NamedTuple):
    """One token.

    Attributes:
        kind: a keyword or an operator itself, or ``identifier``, ``int literal``, ``float literal``,
            ``string literal``, ``newline``, ``indent``, ``outdent``, ``instruction``, ``end of file``.
        value: the name, the number, the text of the string, or the number of the instruction.
        line: the 1-based line where it starts.
        after: the 1-based line where it ends; that of a newline is the next one.
    """

    kind: str
    value: Any
    line: int
    after: int


def tokens(code: str) -> list[Token]:
    """Split ``code`` into tokens, with indents and outdents for its blocks.

    A malformed literal or a block without ``end`` becomes a token ``error`` at the end of the list, so
    that the parser reports what comes first.
    """
    scanner = _Scanner(code)
    blocks = _Blocks()
    try:
        scanner.scan()
    except SyntaxProblems as problems:
        scanner.out.append(_error_token(problems))
    try:
        blocks.read(scanner.out)
    except SyntaxProblems as problems:
        blocks.out.append(_error_token(problems))
    return blocks.out


def _error_token(problems: SyntaxProblems) -> Token:
    problem = problems.problems[0]
    return Token("error", problem.message, problem.line, problem.line)


class _Scanner:
    """Walks over the code once, remembering the line and how many brackets are open."""

    def __init__(self, code: str) -> None:
        self.code = code
        self.line = 1
        self.depth = 0
        self.out: list[Token] = []

    def scan(self) -> None:
        for match in _TOKEN.finditer(self.code):
            kind = match.lastgroup or "bad"
            if kind == "end":
                break
            getattr(self, "_" + kind)(match.group(kind))
        self.out.append(Token("end of file", None, self.line, self.line))

    def _add(self, kind: str, value: Any) -> None:
        self.out.append(Token(kind, value, self.line, self.line))

    def _newline(self, _text: str) -> None:
        self.line += 1
        if self.depth == 0 and self.out and self.out[-1].kind != "newline":
            self.out.append(Token("newline", None, self.line - 1, self.line))

    def _continuation(self, _text: str) -> None:
        self.line += 1

    def _comment(self, _text: str) -> None:
        return

    def _string(self, text: str) -> None:
        start = self.line
        self.line += text.count("\n")
        value = unquote(text, start)
        self.out.append(Token("string literal", value, start, self.line))

    def _name(self, text: str) -> None:
        if text in KEYWORDS:
            self._add(text, text)
        else:
            self._add("identifier", text)

    def _number(self, text: str) -> None:
        kind, value = number_token(text, self.line)
        self._add(kind, value)

    def _open(self, text: str) -> None:
        self.depth += 1
        self._add(text, text)

    def _close(self, text: str) -> None:
        if self.depth == 0:
            raise syntax_problem(f"unexpected '{text}'", self.line)
        self.depth -= 1
        self._add(text, text)

    def _operator(self, text: str) -> None:
        self._add(text, text)

    def _instruction(self, text: str) -> None:
        self._add("instruction", int(text))

    def _bad(self, text: str) -> None:
        if text in "\"'":
            triple = text * 3 in self.code
            cause = "newline" if "\n" in self.code and not triple else "EOF"
            raise syntax_problem(f"unexpected {cause} in string", self.line)
        if text == "\\":
            raise syntax_problem("stray backslash in program", self.line)
        if text == "!":
            raise syntax_problem("unexpected input character '!'", self.line)
        raise syntax_problem(f"unexpected input character '{text}'", self.line)


class _Blocks:
    """Inserts ``indent`` after ``:`` newline, and ``outdent`` for ``end``, ``elif`` and ``else:``."""

    def __init__(self) -> None:
        self.out: list[Token] = []
        self._opened: list[Token] = []

    def read(self, scanned: list[Token]) -> None:
        after_end = False
        for index, token in enumerate(scanned):
            kind = token.kind
            if after_end and kind == "newline":
                after_end = False
                continue
            after_end = kind == "identifier" and token.value == "end"
            if after_end:
                self._close(token)
                continue
            if kind == "elif" or (kind == "else" and scanned[index + 1].kind == ":"):
                self._close(token)
            self._check(token)
            self._add(token)

    def _check(self, token: Token) -> None:
        if token.kind == "pass":
            raise syntax_problem("use of reserved keyword 'pass' is not allowed", token.line)
        if token.kind == "end of file" and self._opened:
            message = "mismatched set of block openings (if/else/elif/for/def) and closing (end)"
            raise syntax_problem(message, self._opened[-1].line)

    def _add(self, token: Token) -> None:
        self.out.append(token)
        if token.kind == "newline" and len(self.out) > 1 and self.out[-2].kind == ":":
            self.out.append(Token("indent", None, token.line, token.after))
            self._opened.append(token)

    def _close(self, token: Token) -> None:
        if not self._opened:
            raise syntax_problem("unexpected end", token.line)
        self._opened.pop()
        self.out.append(Token("outdent", None, token.line, token.line))
