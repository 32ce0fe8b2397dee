"""The commits between two releases of a workload."""

from __future__ import annotations

from datetime import datetime

from pkgops.values import Value


class Commit(Value, kw_only=True):
    """A commit: its SHA, the first line of its message, its author, and when it was committed."""

    sha: str
    subject: str
    author: str
    when: datetime


class Commits(Value, kw_only=True):
    """What the images of two releases were built from, and the commits between.

    Attributes:
        before: the source revision; empty where no Build names it.
        after: likewise.
        added: the ancestors of ``after`` that are not ancestors of ``before``, the newest first.
        removed: the ancestors of ``before`` that are not ancestors of ``after``: the change reverts them.
        complete: whether these are all of them.
        unknown: why the commits between are not known; empty where they are, or there are none.
    """

    before: str = ""
    after: str = ""
    added: tuple[Commit, ...] = ()
    removed: tuple[Commit, ...] = ()
    complete: bool = True
    unknown: str = ""
