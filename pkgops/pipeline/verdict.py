"""What stages and their causes come to, for an environment as for the whole run."""

from __future__ import annotations

from collections.abc import Iterable

from pkgops.model import Blockage, CauseCode, Stage, State, Verdict


def verdict(stages: Iterable[Stage], found: Iterable[Blockage | None]) -> Verdict:
    """The verdict of some stages with their causes; what only waits without a cause is in progress."""
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
