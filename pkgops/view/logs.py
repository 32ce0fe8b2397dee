"""Log lines, prefixed and coloured by stage."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Protocol, TextIO

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
    def part(self) -> str:
        """``supply-chain`` or the environment."""

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
    part = "" if line.part == "supply-chain" else line.part
    return "/".join(word for word in (part, line.stage) if word) or line.part


def show(lines: Iterable[Line], stream: TextIO, *, colour: bool, timestamps: bool, as_json: bool) -> int:
    """Write lines as they come; returns how many there were."""
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
    fields = ("time", "stage", "part", "pod", "container", "text")
    return json.dumps({name: getattr(line, name) for name in fields}, separators=(",", ":"))


def coloured(line: Line, palette: dict[str, str], *, timestamps: bool = False) -> str:
    """The plain line with its prefix in the stage's colour; ``palette`` remembers which."""
    from rich.style import Style

    prefix = _prefix(line)
    colour = palette.setdefault(prefix, COLOURS[len(palette) % len(COLOURS)])
    rest = plain(line, timestamps=timestamps)
    head = rest[: max(len(prefix), min(WIDTH, len(rest)))]
    return Style(color=colour, dim=not line.container).render(head) + rest[len(head) :]
