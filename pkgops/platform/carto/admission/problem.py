"""The error with which validation refuses an object."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager


class Problem(Exception):
    """An object is refused; the text is the message of the admission response."""


@contextmanager
def prefixed(prefix: str) -> Iterator[None]:
    """Put ``prefix`` before the text of a Problem that is raised within the context."""
    try:
        yield
    except Problem as problem:
        raise Problem(f"{prefix}{problem}") from None
