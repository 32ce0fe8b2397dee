"""The first reason to refuse an object."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager


class Problem(Exception):
    """An object is refused; the text is what a person reads."""


@contextmanager
def about(prefix: str) -> Iterator[None]:
    """Put ``prefix`` before the text of a problem that is raised inside."""
    try:
        yield
    except Problem as problem:
        raise Problem(f"{prefix}{problem}") from None
