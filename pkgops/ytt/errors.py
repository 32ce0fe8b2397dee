"""The errors of this package: everything that a template, a file or a data value can cause."""

from __future__ import annotations

import re

from pkgops.errors import PkgopsError, UsageError

_BRACKETED = re.compile(r"(\([^()]*\)|\[[^\[\]]*\]|\{[^{}]*\})")
_CAUSE = re.compile(r": (?=[A-Z])")


class YttError(UsageError):
    """Templates could not be rendered.

    Attributes:
        text: the message as ytt words it, which can have lines: message, functions, source lines.
    """

    slug = "template-failed"

    def __init__(self, text: str) -> None:
        self.text = text
        super().__init__(
            "the templates could not be rendered",
            why=text.strip("\n"),
            next="correct the line that the message names, or the data value that it uses",
        )

    def __str__(self) -> str:
        return self.text

    def as_program(self) -> str:
        """The message as the ytt program prints it: the causes of the first line on lines of their own."""
        first, newline, rest = self.text.partition("\n")
        pieces = _BRACKETED.split(first)
        pieces[::2] = [_CAUSE.sub(":\n", piece) for piece in pieces[::2]]
        lines = ["  " * depth + line for depth, line in enumerate("".join(pieces).split("\n"))]
        return "ytt: Error: " + "\n".join(lines) + newline + rest


class YttLimitError(YttError):
    """A template was stopped because it took too many steps, too long, or too much memory."""

    slug = "template-stopped"

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.what = "rendering of the templates was stopped"
        self.next = "look for a loop or a recursion that does not end, or raise the limits"


__all__ = ["PkgopsError", "YttError", "YttLimitError"]
