"""How progress is shown: a live board on a terminal, lines elsewhere, JSON Lines for programs."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Protocol, TextIO

from pkgops.model import Event, Snapshot
from pkgops.view.lines import LineProgress


class Progress(Protocol):
    """Shows events and Snapshots."""

    def event(self, event: Event) -> None:
        """Show one event."""

    def snapshot(self, snapshot: Snapshot) -> None:
        """Show a Snapshot."""

    def log_end(self, lines: Sequence[str]) -> None:
        """Show the last lines of the log of the running step."""

    def hint(self, keys: str) -> None:
        """Show what the keys do, for as long as a command takes them."""

    def of(self, workload: str) -> Progress:
        """Return the progress of one of several workloads that are shown together."""

    def close(self) -> None:
        """Show what is left, and give the terminal back."""


def choose(mode: str, stream: TextIO, environ: Mapping[str, str], now: Callable[[], datetime]) -> Progress:
    """Return the progress for ``mode``: auto, live, plain or json.

    ``auto`` is the board where ``stream`` is a terminal that can be drawn on, and lines elsewhere:
    in CI, in a pipe, on a dumb terminal.
    """
    if mode == "live" or (mode == "auto" and _drawable(stream, environ)):
        from pkgops.view.live import LiveProgress

        return LiveProgress(stream, now, colour=not environ.get("NO_COLOR"))
    return LineProgress(stream, now(), as_json=mode == "json")


def _drawable(stream: TextIO, environ: Mapping[str, str]) -> bool:
    plain = environ.get("CI") or environ.get("TERM", "dumb") == "dumb"
    return stream.isatty() and not plain
