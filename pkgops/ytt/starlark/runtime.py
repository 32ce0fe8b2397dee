"""The state of a running module: its globals, its limits, and the template that it renders."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any, Protocol

from pkgops.values import Value
from pkgops.ytt.starlark.errors import LimitError, StarlarkError

_CHECK_EVERY = 2048


class Limits(Value, frozen=False, kw_only=True):
    """How long templates may run.

    Attributes:
        steps: the most iterations and calls, in all modules together.
        deadline: when evaluation stops, on ``clock``; None for no limit of time.
        clock: seconds of CPU that this thread took, so that a busy machine stops no template.
        depth: the most calls within calls.
    """

    steps: int = 20_000_000
    deadline: float | None = None
    clock: Callable[[], float] = time.thread_time
    depth: int = 1000
    taken: int = 0
    level: int = 0

    def step(self) -> None:
        """Count one step.

        Raises:
            LimitError: there were too many, or they took too long.
        """
        self.taken += 1
        if self.taken % _CHECK_EVERY == 0 or self.taken > self.steps:
            self.check()

    def check(self) -> None:
        """Raise a LimitError if a limit has been passed."""
        if self.taken > self.steps:
            raise LimitError(f"stopped after {self.steps} steps")
        if self.deadline is not None and self.clock() > self.deadline:
            raise LimitError("stopped because it took too long")

    def enter(self) -> None:
        """Count a call that begins."""
        self.step()
        self.level += 1
        if self.level > self.depth:
            raise StarlarkError(f"calls are nested more than {self.depth} levels deep")


class Host(Protocol):
    """The template engine around a module: it collects what the code between instructions emits."""

    def begin(self, dialect: str) -> None:
        """A function that contains template nodes starts."""

    def end(self) -> Any:
        """End it; returns the value of its nodes."""

    def discard(self) -> None:
        """End it with a value of its own; its nodes are discarded."""


class NoHost:
    """For modules without template nodes."""

    def begin(self, dialect: str) -> None:
        """Nothing to collect."""

    def end(self) -> Any:
        """Nothing was collected."""
        return

    def discard(self) -> None:
        """Nothing was collected."""


class ModuleRun:
    """One evaluation of one module. Functions that it defines keep it alive."""

    __slots__ = ("globals", "host", "limits", "load", "locals", "name")

    def __init__(
        self,
        name: str,
        host: Host,
        limits: Limits,
        load: Callable[[str], Mapping[str, Any]],
    ) -> None:
        self.name = name
        self.host = host
        self.limits = limits
        self.load = load
        self.globals: dict[str, Any] = {}
        self.locals: dict[str, Any] = {}
