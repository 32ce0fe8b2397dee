"""The result of a trace, and its exit code."""

from __future__ import annotations

from dataclasses import dataclass

from pkgops.errors import Exit
from pkgops.flows.next_command import COMMANDS
from pkgops.model import CauseCode, ImageChain, Match


@dataclass(frozen=True, slots=True)
class Trace:
    """The image chains of one workload: one for each environment, or one from an image."""

    name: str
    chains: tuple[ImageChain, ...]

    @property
    def exit_code(self) -> Exit:
        """0 where every step matches or ends; 1 where one differs; 3 where one cannot be read."""
        if any(item.match is Match.DIFFERS and not _only_newer(item) for item in self.chains):
            return Exit.FAILED
        return Exit.UNREACHABLE if self._unread else Exit.DONE

    @property
    def next(self) -> str:
        """The next step where a step cannot be read; else empty."""
        return next(filter(None, (COMMANDS[code] for code in self._unread)), "")

    @property
    def _unread(self) -> list[CauseCode]:
        return [step.unreadable for item in self.chains for step in item.steps if step.unreadable]


def _only_newer(item: ImageChain) -> bool:
    """Whether the only difference is that a newer commit or package exists."""
    return all(step.name in ("commit", "push") for step in item.steps if step.match is Match.DIFFERS)
