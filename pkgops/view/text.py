"""Short forms: revisions, digests, durations, columns."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import timedelta

from pkgops.model import ImageRef

SHORT_DIGEST = 12
_CONTROLS = re.compile(r"\x1b\[[0-?]*[ -/]*[@-~]|[\x00-\x08\x0a-\x1f\x7f-\x9f]")
"""Escape sequences and control characters, except the tab."""


def digest(image: str) -> str:
    """Return the short digest of an image reference (``sha256:`` and 12 digits); empty without one."""
    algorithm, _, value = ImageRef.parse(image).digest.partition(":")
    return f"{algorithm}:{value[:SHORT_DIGEST]}" if value else ""


def duration(elapsed: timedelta | float | None) -> str:
    """Return ``7s``, ``1m05s``, ``2h03m``; empty for None."""
    if elapsed is None:
        return ""
    whole = int(elapsed.total_seconds() if isinstance(elapsed, timedelta) else elapsed)
    if whole < 60:
        return f"{whole}s"
    if whole < 3600:
        return f"{whole // 60}m{whole % 60:02d}s"
    return f"{whole // 3600}h{whole % 3600 // 60:02d}m"


def shorten(text: str, width: int) -> str:
    """Cut ``text`` to one line of at most ``width`` characters, with an ellipsis where it was cut."""
    return shorten_end(" ".join(text.split()), width)


def shorten_end(line: str, width: int) -> str:
    """Cut the end of a line, spaces within it kept, to at most ``width`` characters."""
    line = visible(line)
    return line if len(line) <= width else (line[: max(width - 1, 0)] + "…")[: max(width, 0)]


def visible(line: str) -> str:
    """Return a line of a program's output without escape sequences and control characters."""
    # Nearly every line is visible, and this is called for every cell of large tables.
    return line if line.isprintable() else _CONTROLS.sub("", line).expandtabs(4)


def visible_lines(text: str) -> str:
    """Return the same of a text of several lines."""
    plain = text.replace("\n", "").isprintable() and not text.endswith("\n")
    return text if plain else "\n".join(map(visible, text.splitlines()))


def pad(text: str, width: int) -> str:
    """Return ``text`` on exactly ``width`` characters, cut or padded."""
    return shorten(text, width).ljust(width)


def columns(header: Sequence[str], rows: Sequence[Sequence[str]], gap: str = "   ") -> str:
    """Return a table as kubectl prints it: upper-case header, columns padded, no lines.

    A row is one line, whatever its cells contain.
    """
    table = [[_cell(cell) for cell in row] for row in ([name.upper() for name in header], *rows)]
    widths = [max(len(row[index]) for row in table) for index in range(len(header))]
    lines = [gap.join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in table]
    return "\n".join(line.rstrip() for line in lines)


def _cell(text: str) -> str:
    return text if text.isprintable() else visible(" ".join(text.splitlines()))
