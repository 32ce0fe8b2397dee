"""What a trace found: the ways back, and how the command ends."""

from __future__ import annotations

from dataclasses import dataclass

from pkgops.errors import Exit
from pkgops.flows.next_command import COMMANDS
from pkgops.model import CauseCode, ImageChain, Match


@dataclass(frozen=True, slots=True)
class Trace:
    """The ways back of one workload: one an environment, or one from an image."""

    name: str
    chains: tuple[ImageChain, ...]

    @property
    def exit_code(self) -> Exit:
        """0 where every step holds or leads to nothing; 1 where one is broken; 3 where one cannot be read."""
        if any(item.match is Match.DIFFERS and not _only_newer(item) for item in self.chains):
            return Exit.FAILED
        return Exit.UNREACHABLE if self._unread else Exit.DONE

    @property
    def next(self) -> str:
        """What to do where a step cannot be read; else empty."""
        return next(filter(None, (COMMANDS[code] for code in self._unread)), "")

    @property
    def _unread(self) -> list[CauseCode]:
        return [step.unreadable for item in self.chains for step in item.steps if step.unreadable]


def _only_newer(item: ImageChain) -> bool:
    """Whether nothing is broken but that a newer commit or package exists."""
    return all(step.name in ("commit", "push") for step in item.steps if step.match is Match.DIFFERS)
