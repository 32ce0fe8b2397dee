"""The room's errors: everything that a template, a file or a data value can cause."""

from __future__ import annotations

from pkgops.errors import PkgopsError, UsageError


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


class YttLimitError(YttError):
    """A template was stopped because it took too many steps, too long, or too much memory."""

    slug = "template-stopped"

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.what = "rendering of the templates was stopped"
        self.next = "look for a loop or a recursion that does not end, or raise the limits"


__all__ = ["PkgopsError", "YttError", "YttLimitError"]
