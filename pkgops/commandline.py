"""What a command names as the next one is never itself, in the same words.

Errors pass the boundary of the command line, which sees to that. Causes and checks are shown by commands that
do not fail of them, so that whoever words their next command asks here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

Other = Callable[[str], str]
"""Returns a step, or another where it is the command that runs."""

_other: ContextVar[Other | None] = ContextVar("other", default=None)


@contextmanager
def running(other: Other) -> Iterator[None]:
    """Say what to name instead of the command that runs within."""
    token = _other.set(other)
    try:
        yield
    finally:
        _other.reset(token)


def another(step: str) -> str:
    """Return a step, or what else to do where it is the command that runs."""
    other = _other.get()
    return other(step) if other is not None else step
