"""Parse Kubernetes JSONPath (the grammar of ``k8s.io/client-go/util/jsonpath``) into nodes.

No JSONPath library implements this dialect: unescaped ``-`` and ``/`` in names, ``\\.`` for a dot, quotes
in brackets that do not escape, and its own error messages, which appear in conditions.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

_TERMINATORS = set(" \t\r\n.,[]$@{}")
_DICT_KEY = re.compile(r"^'([^']*)'$")
_SLICE = re.compile(r"^(-?\d*)(:-?\d*)?(:-?\d*)?$")
_COMPARISON = re.compile(r"^([^!<>=]+)([!<>=]+)(.+?)$")


class ParseError(ValueError):
    """The expression is not JSONPath; the text is client-go's message."""


@dataclass(frozen=True, slots=True)
class Field:
    """``.name``; an empty name is the current object."""

    name: str


@dataclass(frozen=True, slots=True)
class Wildcard:
    """``.*``."""


@dataclass(frozen=True, slots=True)
class Recursive:
    """``..``: the value and all values below it that have values below them."""


@dataclass(frozen=True, slots=True)
class Slice:
    """``[a:b:c]``; ``single`` where only an index was written, so that ``end`` is derived."""

    start: int | None
    end: int | None
    step: int | None
    single: bool = False


@dataclass(frozen=True, slots=True)
class Union:
    """``[x,y]``."""

    parts: tuple[Path, ...]


@dataclass(frozen=True, slots=True)
class Filter:
    """``[?(left op right)]``; ``op`` is ``exists`` where only ``left`` was written."""

    left: Path
    op: str
    right: Path


@dataclass(frozen=True, slots=True)
class Literal:
    """A quoted string, a number or a boolean."""

    value: str | int | float | bool


@dataclass(frozen=True, slots=True)
class Identifier:
    """An identifier, which is valid in ``range`` templates only."""

    name: str


Node = Field | Wildcard | Recursive | Slice | Union | Filter | Literal | Identifier
Path = tuple[Node, ...]


@lru_cache(maxsize=4096)
def parse(expression: str) -> Path:
    """Parse the text between the braces of a JSONPath template, for example ``.a.b[0]``.

    Raises:
        ParseError: the expression is not JSONPath.
    """
    return _Parser(expression).path()


class _Parser:
    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.nodes: list[Node] = []

    def path(self) -> Path:
        while self.at < len(self.text):
            self._step()
        return tuple(self.nodes)

    def _step(self) -> None:
        rest = self.text[self.at :]
        if rest.startswith("[?("):
            self._filter()
        elif rest.startswith(".."):
            self._recursive()
        elif rest[0] in " @$":
            self.at += 1
        elif rest[0] == "[":
            self._array()
        elif rest[0] in "\"'":
            self._quote(rest[0])
        elif rest[0] == ".":
            self.at += 1
            self._field()
        else:
            self._word(rest[0])

    def _word(self, first: str) -> None:
        if first in "+-" or first.isdigit():
            self._number()
        elif first.isalpha() or first == "_":
            self._identifier()
        elif first in "\r\n":
            raise ParseError("unclosed action")
        else:
            raise ParseError(f"unrecognized character in action: U+{ord(first):04X} '{first}'")

    def _field(self) -> None:
        begin = self.at
        while self.at < len(self.text) and self.text[self.at] not in _TERMINATORS:
            self.at += 2 if self.text[self.at] == "\\" else 1
        name = self.text[begin : self.at]
        self.nodes.append(Wildcard() if name == "*" else Field(name.replace("\\", "")))

    def _recursive(self) -> None:
        if self.nodes and isinstance(self.nodes[-1], Recursive):
            raise ParseError("invalid multiple recursive descent")
        self.at += 2
        self.nodes.append(Recursive())
        following = self.text[self.at : self.at + 1]
        if following.isalnum() or following == "_":
            self._field()

    def _number(self) -> None:
        match = re.compile(r"[+-]?[\d.]*").match(self.text, self.at)
        word = match.group() if match else ""
        self.at += len(word)
        try:
            self.nodes.append(Literal(float(word) if "." in word else int(word)))
        except ValueError:
            raise ParseError(f"cannot parse number {word}") from None

    def _identifier(self) -> None:
        begin = self.at
        while self.at < len(self.text) and self.text[self.at] not in _TERMINATORS:
            self.at += 1
        word = self.text[begin : self.at]
        self.nodes.append(Literal(word == "true") if word in ("true", "false") else Identifier(word))

    def _quote(self, quote: str) -> None:
        begin = self.at + 1
        end = begin
        while end < len(self.text) and (self.text[end] != quote or self.text[end - 1] == "\\"):
            end += 1
        if end >= len(self.text):
            raise ParseError("unterminated quoted string")
        self.at = end + 1
        self.nodes.append(Literal(re.sub(r"\\(.)", r"\1", self.text[begin:end])))

    def _array(self) -> None:
        end = self.text.find("]", self.at)
        if end < 0:
            raise ParseError("unterminated array")
        inside = self.text[self.at + 1 : end]
        self.at = end + 1
        parts = inside.split(",")
        if len(parts) > 1:
            self.nodes.append(Union(tuple(parse(f"[{part.strip(' ')}]") for part in parts)))
        elif match := _DICT_KEY.match(inside):
            self.nodes.extend(parse(f".{match.group(1)}"))
        else:
            self.nodes.append(_slice(inside))

    def _filter(self) -> None:
        begin = self.at + 3
        end = self._filter_end(begin)
        if self.text[end + 1 : end + 2] != "]":
            raise ParseError("unclosed array expect ]")
        inside = self.text[begin:end]
        self.at = end + 2
        match = _COMPARISON.match(inside)
        if match is None:
            self.nodes.append(Filter(parse(inside), "exists", ()))
        else:
            self.nodes.append(Filter(parse(match.group(1)), match.group(2), parse(match.group(3))))

    def _filter_end(self, begin: int) -> int:
        quote, closed = "", False
        for at in range(begin, len(self.text)):
            char = self.text[at]
            if char in "\"'" and not quote:
                quote = char
            elif char == quote and self.text[at - 1] != "\\":
                closed = True
            elif char == ")" and bool(quote) == closed:
                return at
        raise ParseError("unterminated filter")


def _slice(inside: str) -> Slice:
    match = _SLICE.match(":" if inside == "*" else inside)
    if match is None:
        raise ParseError(f"invalid array index {inside}")
    start, end, step = (group.lstrip(":") if group else group for group in match.groups())
    single = match.group(2) is None
    return Slice(_index(start), _index(end), _index(step), single)


def _index(text: str | None) -> int | None:
    if not text:
        return None
    try:
        return int(text)
    except ValueError:
        raise ParseError(f"array index {text} is not a number") from None
