"""Changes of an environment without a record: by a version range, kubectl or kapp."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import timedelta

from pkgops.flows.releases.release import Record, Release, Result
from pkgops.pipeline import revisions
from pkgops.pipeline.rollouts import Rollout
from pkgops.values import replace

SLACK = timedelta(seconds=5)
"""How far apart a record and a Revision of one change may be: the cluster's times are to the second."""


def runs_now(records: Sequence[Record], runs: Release) -> Release | None:
    """Return the release that runs now, where no record is of it.

    Args:
        records: those of the environment, the newest first.
        runs: what runs there.
    """
    if not runs.version or (records and runs.version in _explained(records[0])):
        return None
    return runs


def came(records: Sequence[Record], rollouts: Iterable[Rollout]) -> list[Rollout]:
    """Return the roll-outs without a record, the newest first, with versions from records filled in."""
    known = {
        revisions.digest(one.image): one.version
        for record in records
        for one in (record.before, record.after)
        if one.image and one.version
    }
    return [
        replace(one, version=one.version or known.get(revisions.digest(one.image), ""))
        for one in rollouts
        if not any(_is_of_change(record, one) for record in records)
    ]


def _is_of_change(record: Record, one: Rollout) -> bool:
    """Whether a roll-out belongs to a change: during it, or of its image after it was given up."""
    begun = record.created or record.planned
    if one.when < begun - SLACK:
        return False
    if record.seconds is not None and one.when <= begun + timedelta(seconds=record.seconds) + SLACK:
        return True
    if record.result is Result.SUCCEEDED:
        return False
    own = revisions.digest(record.after.image)
    return own == revisions.digest(one.image) if own else record.result is Result.PLANNED


def _explained(last: Record) -> tuple[str, ...]:
    """The versions that may run after a change: also the one it replaced, unless it succeeded."""
    ends = (last.after,) if last.result is Result.SUCCEEDED else (last.after, last.before)
    return tuple(one.version for one in ends)
