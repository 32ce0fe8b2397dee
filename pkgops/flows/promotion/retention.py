"""Retention of the records of releases: which are kept, and which are deleted."""

from __future__ import annotations

from collections.abc import Container, Sequence

from pkgops.flows.releases.release import Record, Result


def prunable(records: Sequence[Record], keep: int, rejected: Container[str] = ()) -> list[Record]:
    """Return the records that need not be kept: all but the newest, a planned one, and the last healthy one.

    Args:
        records: those of one workload and environment, the newest first.
        keep: how many are kept.
        rejected: rejected versions, none of which is the last healthy one.
    """
    wanted = {id(one) for one in records[: max(keep, 1)]}
    succeeded = [one for one in records if one.result is Result.SUCCEEDED]
    current = succeeded[0].after.version if succeeded else ""
    wanted |= {id(one) for one in succeeded[:1]}
    usable = [one for one in succeeded if one.after.version != current and one.after.version not in rejected]
    wanted |= {id(one) for one in usable[:1]}
    return [one for one in records if id(one) not in wanted and one.result is not Result.PLANNED]
