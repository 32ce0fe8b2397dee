"""A commit that is followed, and a newer one that takes its place before it has arrived."""

from __future__ import annotations

from pkgops.errors import StepFailed
from pkgops.flows.run.goal import Goal
from pkgops.model import Snapshot
from pkgops.pipeline import revisions

SHOWN = 8


class Supersession:
    """Notices that the source has moved on from the commit that is followed.

    Only a commit that the source has had can be superseded: before that, another one at the
    source is the one before. A supply chain stamps with its newest inputs only, so a commit that was
    superseded may never arrive, and the wait for it would never end.
    """

    def __init__(self) -> None:
        self._seen = ""

    def newer(self, snapshot: Snapshot, goal: Goal) -> str:
        """Take one Snapshot; return the revision that took the place of the goal's, else nothing."""
        if not goal.revision or not snapshot.revision:
            return ""
        if revisions.same(snapshot.revision, goal.revision):
            self._seen = goal.revision
            return ""
        return snapshot.revision if self._seen == goal.revision else ""


def sentence(old: str, newer: str) -> str:
    """Say what happened."""
    return f"commit {_short(newer)} supersedes {_short(old)}"


def error(old: str, newer: str) -> StepFailed:
    """Return the error for a wait for one commit and no other."""
    return StepFailed(
        sentence(old, newer),
        why="a supply chain works on the newest commit only; the other may never arrive",
        next=f"pkgops wait --revision {revisions.sha(newer)}",
        slug="superseded",
    )


def _short(revision: str) -> str:
    return revisions.sha(revision)[:SHOWN]
