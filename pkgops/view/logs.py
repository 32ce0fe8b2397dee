"""Log lines, prefixed and coloured by stage."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Protocol, TextIO

from pkgops.model import CHAIN

COLOURS = ("cyan", "green", "magenta", "yellow", "blue", "bright_cyan", "bright_green", "bright_magenta")
WIDTH = 16


class Line(Protocol):
    """One line; see ``pkgops.flows.logs.LogLine``."""

    @property
    def time(self) -> str:
        """When it was written."""

    @property
    def stage(self) -> str:
        """The stage."""

    @property
    def scope(self) -> str:
        """The supply chain or an environment."""

    @property
    def pod(self) -> str:
        """The pod's name."""

    @property
    def container(self) -> str:
        """The container; empty for pkgops's own lines."""

    @property
    def text(self) -> str:
        """The line itself."""


def plain(line: Line, *, timestamps: bool = False) -> str:
    """Return ``stage | text``; environments are named before their stage."""
    prefix = _prefix(line)
    time = f"{line.time} " if timestamps and line.time else ""
    mark = "|" if line.container else "-"
    return f"{prefix.ljust(WIDTH)} {mark} {time}{line.text}".rstrip()


def _prefix(line: Line) -> str:
    scope = "" if line.scope == CHAIN else line.scope
    return "/".join(word for word in (scope, line.stage) if word) or line.scope


def show(lines: Iterable[Line], stream: TextIO, *, colour: bool, timestamps: bool, as_json: bool) -> int:
    """Write lines as they arrive; returns their number."""
    count = 0
    for text in _texts(lines, colour=colour, timestamps=timestamps, as_json=as_json):
        stream.write(text + "\n")
        stream.flush()
        count += 1
    return count


def _texts(lines: Iterable[Line], *, colour: bool, timestamps: bool, as_json: bool) -> Iterator[str]:
    palette: dict[str, str] = {}
    for line in lines:
        if as_json:
            yield document(line)
        elif colour:
            yield coloured(line, palette, timestamps=timestamps)
        else:
            yield plain(line, timestamps=timestamps)


def document(line: Line) -> str:
    """Return one line as JSON."""
    fields = {"time": line.time, "stage": line.stage, "part": line.scope, "pod": line.pod}
    return json.dumps({**fields, "container": line.container, "text": line.text}, separators=(",", ":"))


def coloured(line: Line, palette: dict[str, str], *, timestamps: bool = False) -> str:
    """The plain line with its prefix in the stage's colour; ``palette`` stores the colours by prefix."""
    from rich.style import Style

    prefix = _prefix(line)
    colour = palette.setdefault(prefix, COLOURS[len(palette) % len(COLOURS)])
    rest = plain(line, timestamps=timestamps)
    head = rest[: max(len(prefix), min(WIDTH, len(rest)))]
    return Style(color=colour, dim=not line.container).render(head) + rest[len(head) :]
