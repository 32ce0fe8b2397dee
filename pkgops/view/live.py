"""The board on a terminal, redrawn in place; the only module that imports rich."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import TextIO

from rich.console import Console, ConsoleOptions, RenderResult
from rich.live import Live
from rich.text import Text

from pkgops.model import Event, Snapshot
from pkgops.values import replace
from pkgops.view import board, lines

NOTES = 4
REFRESHES_A_SECOND = 4
QUIET = frozenset({"create", "update", "unchanged"})
"""Operations on single objects of the templates, which are not shown: a summary follows."""

ABOVE = frozenset({"failed", "log", "done"})
"""Types of events that are printed above the board, and stay."""
ENDS = frozenset({"failed", "done"})
"""Types of events that end a run: its time stops then."""


class LiveProgress:
    """Shows the board while a command waits; its last state stays on the terminal.

    Events before the first Snapshot are printed as lines above it.
    """

    def __init__(self, stream: TextIO, now: Callable[[], datetime], *, colour: bool = True) -> None:
        self.now = now
        self.began = now()
        self.console = Console(file=stream, highlight=False, no_color=not colour, soft_wrap=False)
        utf8 = self.console.encoding.lower().startswith("utf")
        self.symbols = board.Symbols() if utf8 else board.PLAIN_SYMBOLS
        self.last: Snapshot | None = None
        self.several: dict[str, Snapshot] = {}
        self.notes: deque[str] = deque(maxlen=NOTES)
        self.log: tuple[str, ...] = ()
        self.keys = ""
        self.ended: datetime | None = None
        self.live: Live | None = None

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Draw the board as of now; rich calls this on every refresh."""
        del console
        layout = board.Layout(self.ended or self.now(), self.began, options.max_width, self.symbols)
        if self.several:
            picture = board.several(self.several, layout, tuple(self.notes))
        else:
            picture = board.board(self.last, layout, tuple(self.notes), self.log, self.keys)
        yield Text("\n").join(Text(line, style=style, no_wrap=True) for line, style in picture)

    def event(self, event: Event) -> None:
        """Show one event: as a line before there is a board, below the board afterwards."""
        if event.type in {"stage", "blocked"} or event.data.get("op") in QUIET:
            return
        if event.type in ENDS:
            self.ended = event.time
        if self.live is None or event.type in ABOVE:
            self.console.print(lines.line(event, self.began), markup=False, no_wrap=True, overflow="ellipsis")
        else:
            self.notes.append(event.message)

    def snapshot(self, snapshot: Snapshot) -> None:
        """Show a Snapshot; the time starts again for a commit that supersedes another."""
        if self.last is not None and self.last.revision not in ("", snapshot.revision):
            self.began = snapshot.taken_at
        self.last, self.ended = snapshot, None
        self._begin()

    def _begin(self) -> None:
        if self.live is None:
            self.live = Live(self, console=self.console, refresh_per_second=REFRESHES_A_SECOND)
            self.live.start()

    def log_end(self, lines: Sequence[str]) -> None:
        """Show the last lines of the log of the running step."""
        self.log = tuple(lines)

    def hint(self, keys: str) -> None:
        """Show the keys and their meaning in the last line."""
        self.keys = keys

    def of(self, workload: str) -> OneOfSeveral:
        """Return the progress of one of several workloads, on a row of this board."""
        return OneOfSeveral(self, workload)

    def show(self, workload: str, snapshot: Snapshot) -> None:
        """Show the Snapshot of one of several workloads."""
        self.several[workload] = snapshot
        self._begin()

    def close(self) -> None:
        """Draw the board a last time and restore the terminal."""
        if self.live is not None:
            self.live.stop()
            self.live = None


class OneOfSeveral:
    """One workload on a board of several."""

    def __init__(self, board: LiveProgress, workload: str) -> None:
        self._board = board
        self._workload = workload

    def event(self, event: Event) -> None:
        """Show one event, with the workload's name."""
        self._board.event(replace(event, message=f"{self._workload}: {event.message}"))

    def snapshot(self, snapshot: Snapshot) -> None:
        """Show a Snapshot."""
        self._board.show(self._workload, snapshot)

    def log_end(self, lines: Sequence[str]) -> None:
        """Show nothing: a board of several workloads has no logs."""

    def hint(self, keys: str) -> None:
        """Show nothing: the board has one hint for all."""

    def of(self, workload: str) -> OneOfSeveral:
        """Return the progress of another workload."""
        return OneOfSeveral(self._board, workload)

    def close(self) -> None:
        """Do nothing: the board is still used by the others."""
