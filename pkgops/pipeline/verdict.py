"""The verdict of stages and their causes, for an environment or for the whole run."""

from __future__ import annotations

from collections.abc import Iterable

from pkgops.model import Blockage, CauseCode, Stage, State, Verdict


def verdict(stages: Iterable[Stage], found: Iterable[Blockage | None]) -> Verdict:
    """Return the verdict of stages with their causes; waiting without a cause counts as in progress."""
    known = list(stages)
    blocked = [item for item in found if item is not None]
    stale = {CauseCode.STALE_PACKAGE, CauseCode.STALE_DEPLOYMENT}
    if any(item.state is State.FAILED and item.code not in stale for item in blocked):
        return Verdict.FAILED
    if any(item.code in stale for item in blocked):
        return Verdict.STALE
    if any(item.state is State.UNKNOWN for item in blocked):
        return Verdict.UNKNOWN
    if not known:
        return Verdict.WAITING
    if all(stage.state is State.DONE and stage.current for stage in known):
        return Verdict.WAITING if blocked else Verdict.READY
    if any(stage.state is State.WORKING for stage in known) and not blocked:
        return Verdict.WORKING
    return Verdict.UNKNOWN if all(stage.state is State.UNKNOWN for stage in known) else Verdict.WAITING
