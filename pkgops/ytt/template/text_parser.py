"""Text with code between ``(@`` and ``@)``."""

from __future__ import annotations

import re

from pkgops.values import Value
from pkgops.ytt.template.metas import TemplateError
from pkgops.ytt.tree.position import Position

_MARKER = re.compile(r"\(@|@\)")


class TextPart(Value):
    """A piece of a text template: literal text, or code."""

    content: str
    position: Position
    is_code: bool

    @property
    def prints(self) -> bool:
        """Whether the value of the code becomes part of the text."""
        return self.content.startswith(("=", "-="))

    @property
    def trims_left(self) -> bool:
        """Whether blank space before the code is dropped."""
        return self.content.startswith("-")

    @property
    def trims_right(self) -> bool:
        """Whether blank space after the code is dropped."""
        return self.content.endswith("-")

    @property
    def code(self) -> str:
        """The code without its markers."""
        return self.content.removeprefix("-").removeprefix("=").removesuffix("-")


def parse_text(text: str, start: Position) -> list[TextPart]:
    """Split a text template into text and code, alternating, beginning and ending with text.

    Raises:
        TemplateError: a marker has no counterpart.
    """
    parts: list[TextPart] = []
    at, position, in_code = 0, start, False
    for match in _MARKER.finditer(text):
        if match.start() < at:
            continue
        opening = match.group() == "(@"
        here = start.moved(text.count("\n", 0, match.start()))
        if opening == in_code:
            which = "opening '(@'" if opening else "closing '@)'"
            raise TemplateError(f"Unexpected code {which} at {_place(text, match.start() + 1, start)}")
        parts.append(TextPart(text[at : match.start()], position, in_code))
        at, position, in_code = match.end(), here, opening
    if in_code:
        raise TemplateError(f"Missing code closing '@)' at {_place(text, len(text), start)}")
    parts.append(TextPart(text[at:], position, is_code=False))
    return parts


def _place(text: str, index: int, start: Position) -> str:
    line = start.line + text.count("\n", 0, index)
    column = index - (text.rfind("\n", 0, index) + 1) + 1
    return f"line {line} col {column}"
