"""A followed commit that is superseded by a newer one before it is delivered."""

from __future__ import annotations

from pkgops.errors import StepFailed
from pkgops.flows.run.goal import Goal
from pkgops.model import Snapshot
from pkgops.model.revision import short_commit
from pkgops.pipeline import revisions


class Supersession:
    """Detects that the source has a newer commit than the followed one.

    Only a commit that the source has had can be superseded: before that, another one at the
    source is the previous one. A supply chain stamps with its newest inputs only, so a superseded commit
    may never be delivered, and the wait for it would never end.
    """

    def __init__(self) -> None:
        self._seen = ""

    def newer(self, snapshot: Snapshot, goal: Goal) -> str:
        """Take one Snapshot; return the revision that superseded the goal's, else empty."""
        if not goal.revision or not snapshot.revision:
            return ""
        if revisions.same(snapshot.revision, goal.revision):
            self._seen = goal.revision
            return ""
        return snapshot.revision if self._seen == goal.revision else ""


def sentence(old: str, newer: str) -> str:
    """Return the sentence that a commit was superseded."""
    return f"commit {short_commit(newer)} supersedes {short_commit(old)}"


def error(old: str, newer: str) -> StepFailed:
    """Return the error for a wait for exactly the superseded commit."""
    return StepFailed(
        sentence(old, newer),
        why="a supply chain works on the newest commit only; the other may never be delivered",
        next=f"pkgops wait --revision {revisions.sha(newer)}",
        slug="superseded",
    )
