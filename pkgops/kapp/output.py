"""The output of a deployment, line by line, as kapp prints it without a terminal."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from pkgops.kapp.table import stamped

Listener = Callable[[str], None]


@dataclass(slots=True)
class Output:
    """Collects lines; calls a listener with the whole text so far after each.

    Attributes:
        now: returns the present time.
        listener: called with the text so far.
        lines: what was printed.
    """

    now: Callable[[], datetime]
    listener: Listener = lambda _text: None
    lines: list[str] = field(default_factory=list)
    _seen: set[str] = field(default_factory=set)

    @property
    def text(self) -> str:
        """Everything printed so far."""
        return "\n".join(self.lines)

    def plain(self, text: str) -> None:
        """Print text as it is."""
        self.lines += text.split("\n")
        self.listener(self.text)

    def section(self, text: str) -> None:
        """Print a separator such as ``---- waiting on 1 changes [0/1 done] ----``, once."""
        self.notify([f"---- {text} ----"])

    def notify(self, messages: list[str]) -> None:
        """Print progress with the time of day; earlier lines are not repeated."""
        whole = "\n".join(messages)
        if messages and whole not in self._seen:
            self._seen.add(whole)
            self.plain("\n".join(stamped(self.now(), message) for message in messages))
