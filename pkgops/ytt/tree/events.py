"""Events of a YAML parser, with two additions: comments, and the positions where array items begin."""

from __future__ import annotations

import bisect
import re
from collections.abc import Iterator
from typing import Any, NamedTuple

import yaml

from pkgops.ytt.tree.syntax import character_error, syntax_error

# PyYAML has CLoader only where it was built with libyaml.
_BASE: Any = getattr(yaml, "CLoader", yaml.Loader)
_PROPERTIES = re.compile(r"(?:[&!]\S*[ \t\r\n]+)*(?:[&!]\S*$)?")
_DOUBLE = re.compile(r'"(?:[^"\\]|\\.)*"', re.DOTALL)
_SINGLE = re.compile(r"'(?:[^']|'')*'")
_HEADER = re.compile(r"[|>][-+0-9]*")
_GAP = re.compile(r"#([^\n]*)|-")
_BLANK_LINES = re.compile(r"(?:[ \t\r]*\n)*")


class RawComment(NamedTuple):
    """A comment without its ``#``, and its 0-based line."""

    text: str
    line: int


class Event(NamedTuple):
    """One event.

    Attributes:
        kind: ``scalar``, ``alias``, ``[``, ``{``, ``end``, ``document``, ``document end``.
        line: 0-based, where it starts.
        item_line: 0-based, of the dash before it, for items of block sequences; else its own.
        value: text of a scalar, name of an alias.
        tag, anchor: as in the file, empty where there is none.
        plain: a scalar without quotes.
    """

    kind: str
    line: int
    item_line: int
    value: str
    tag: str
    anchor: str
    plain: bool


_KINDS: dict[type, str] = {
    yaml.ScalarEvent: "scalar",
    yaml.AliasEvent: "alias",
    yaml.SequenceStartEvent: "[",
    yaml.MappingStartEvent: "{",
    yaml.SequenceEndEvent: "end",
    yaml.MappingEndEvent: "end",
    yaml.DocumentStartEvent: "document",
    yaml.DocumentEndEvent: "document end",
}


class EventReader:
    """Reads the events of a text once; ``comments`` grows while it does."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0
        self._lines = _line_starts(text)
        self._sequences: list[bool] = []
        self.comments: list[RawComment] = []

    def read(self) -> Iterator[Event]:
        """Yield the events.

        Raises:
            YamlError: the text is not YAML.
        """
        try:
            parser = _BASE(self._text)
            while parser.check_event():
                raw = parser.get_event()
                kind = _KINDS.get(type(raw))
                if kind is not None:
                    yield self._event(kind, raw)
            self._gap(len(self._text), 0)
        except yaml.MarkedYAMLError as error:
            raise syntax_error(error) from None
        except yaml.reader.ReaderError as error:
            raise character_error(error) from None

    def _event(self, kind: str, raw: Any) -> Event:
        mark = raw.start_mark
        start: int = mark.index
        line: int = mark.line
        in_block = bool(self._sequences) and self._sequences[-1] and kind not in ("end", "document end")
        item_line = self._gap(start, line) if in_block or start > self._at else line
        value = tag = anchor = ""
        plain = False
        if kind == "scalar":
            value, tag, anchor = raw.value, raw.tag or "", raw.anchor or ""
            plain = not raw.style and raw.implicit[0]
            self._at = self._scalar_end(start, raw)
        else:
            if kind == "alias":
                value = raw.anchor
            elif kind in "[{":
                tag, anchor = raw.tag or "", raw.anchor or ""
            self._structure(kind, start, raw)
        return Event(kind, line, item_line if in_block else line, value, tag=tag, anchor=anchor, plain=plain)

    def _structure(self, kind: str, start: int, raw: Any) -> None:
        at = start
        if kind == "alias":
            at = start + 1 + len(raw.anchor)
        elif kind in ("[", "{"):
            if raw.anchor or raw.tag:
                at = self._skip_properties(start)
            flow = self._text[at : at + 1] == kind
            self._sequences.append(kind == "[" and not flow)
            at += flow
        elif kind == "end":
            self._sequences.pop()
            at += self._text[start : start + 1] in ("]", "}") and start >= self._at
        elif raw.explicit:
            at = start + 3
        self._at = max(self._at, at)

    def _skip_properties(self, start: int) -> int:
        match = _PROPERTIES.match(self._text, start)
        return match.end() if match else start

    def _scalar_end(self, start: int, raw: Any) -> int:
        text, style = self._text, raw.style
        if raw.anchor or raw.tag:
            start = self._skip_properties(start)
        if not style:
            value = raw.value
            if text.startswith(value, start):
                return start + len(value)
            return _plain_end(text, start, value)
        if style in "|>":
            return self._block_end(start, raw.value)
        match = (_DOUBLE if style == '"' else _SINGLE).match(text, start)
        return match.end() if match else int(raw.end_mark.index)

    def _block_end(self, start: int, value: str) -> int:
        text = self._text
        header = _HEADER.match(text, start)
        at = header.end() if header else start
        newline = text.find("\n", at)
        newline = len(text) if newline < 0 else newline
        # A comment after the header belongs to no node: go-yaml passes over it, and so does ytt.
        body = newline + 1
        first = _BLANK_LINES.match(text, body)
        at = first.end() if first else body
        if not value.strip():
            return at
        digits = [char for char in text[start : header.end() if header else start] if char.isdigit()]
        indent = _indent(text, at)
        if digits:
            return _explicit_block_end(text, body, value)
        while at < len(text):
            end = text.find("\n", at)
            end = len(text) if end < 0 else end
            if text[at:end].strip(" \r") and _indent(text, at) < indent:
                break
            at = end + 1
        return min(at, len(text))

    def _gap(self, end: int, default_line: int) -> int:
        """Collect the comments between the last event and ``end``; return the line of the dash there."""
        text, start = self._text, self._at
        dash = -1
        if start < end:
            for match in _GAP.finditer(text, start, end):
                if match.group(1) is None:
                    dash = match.start() if dash < 0 else dash
                else:
                    comment = RawComment(match.group(1).rstrip("\r"), self._line(match.start()))
                    self.comments.append(comment)
            self._at = end
        return default_line if dash < 0 else self._line(dash)

    def _line(self, index: int) -> int:
        return bisect.bisect_right(self._lines, index) - 1


def _line_starts(text: str) -> list[int]:
    starts = [0]
    at = text.find("\n")
    while at >= 0:
        starts.append(at + 1)
        at = text.find("\n", at + 1)
    return starts


def _indent(text: str, at: int) -> int:
    end = at
    while end < len(text) and text[end] == " ":
        end += 1
    return end - at


def _plain_end(text: str, start: int, value: str) -> int:
    """The end of a plain scalar over several lines: its words follow each other in the text."""
    at = start
    for word in value.split():
        found = text.find(word, at)
        if found < 0:
            return at
        at = found + len(word)
    return at


def _explicit_block_end(text: str, body: int, value: str) -> int:
    lines = value.rstrip("\n").count("\n") + 1
    at = body
    for _ in range(lines):
        end = text.find("\n", at)
        if end < 0:
            return len(text)
        at = end + 1
    return at
