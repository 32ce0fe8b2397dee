"""Since when each cause has lasted, and which are shown while they may be temporary."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from pkgops.model import CHAIN, Blockage, CauseCode, Snapshot, Stage, State
from pkgops.pipeline.verdict import verdict
from pkgops.values import replace

FLAP = timedelta(seconds=5)
"""A failure that disappears within this time is a flap (a first delivery has one of 2 s)."""

REPAIRED = timedelta(seconds=2)
"""Controllers observe the last apply within this time; what they report before is old."""

RETRIED = timedelta(seconds=90)
"""Controllers retry these causes by themselves, with a back-off; a failure that lasts this long counts."""

RETRIED_CODES = frozenset(
    {
        CauseCode.GIT_UNREACHABLE,
        CauseCode.NOT_REACHABLE,
        CauseCode.REGISTRY_FAILED,
        CauseCode.REGISTRY_NOT_FOUND,
        CauseCode.REPOSITORY_FAILED,
        CauseCode.PACKAGE_NOT_FOUND,
        CauseCode.INSTALL_FAILED,
        CauseCode.IMAGE_PULL,
        CauseCode.TASK_MISSING,
        CauseCode.NO_BLUEPRINT,
        CauseCode.BLUEPRINT_NOT_READY,
        CauseCode.TEMPLATE_MISSING,
        CauseCode.SERVICE_ACCOUNT_MISSING,
        CauseCode.BUILDER_NOT_READY,
        CauseCode.BUILDER_MISSING,
        CauseCode.NO_TAG_IN_RANGE,
    }
)

RUNS = frozenset({"TaskRun", "PipelineRun", "Build"})
"""Kinds whose objects run once: a failed one is not retried."""

Key = tuple[CauseCode, str, str, str]


class CauseTimes:
    """Stores when each cause was first present; one that is missing in a Snapshot starts again."""

    def __init__(self) -> None:
        self._seen: dict[Key, datetime] = {}

    def take(self, snapshot: Snapshot) -> None:
        """Take one Snapshot."""
        now = snapshot.taken_at
        self._seen = {_key(one): self._seen.get(_key(one), now) for one in snapshot.blockages}

    def has_lasted(self, blockage: Blockage, snapshot: Snapshot, grace: timedelta) -> bool:
        """Return whether a cause has lasted for its grace period, by the objects' times or by our clock."""
        seen = since = self._seen.get(_key(blockage), snapshot.taken_at)
        if blockage.scope == CHAIN:
            # In an environment the objects' times may be of the previous package.
            since = min(since, _since(snapshot, blockage) or since)
        return snapshot.taken_at - seen >= min(REPAIRED, grace) and snapshot.taken_at - since >= grace


def is_retried(blockage: Blockage) -> bool:
    """Return whether the controller retries the operation of a cause by itself."""
    over = blockage.object is not None and blockage.object.kind in RUNS
    return blockage.code in RETRIED_CODES and not over


def without_flaps(snapshot: Snapshot, seen: CauseTimes, flap: timedelta, retried: timedelta) -> Snapshot:
    """Return a Snapshot as it is shown while a run is followed: without failures that may be temporary.

    A cause is shown once it has lasted longer than a flap, as a failure once it could end the run; only what
    cannot be read is shown immediately.
    """
    shown = []
    for blockage in snapshot.blockages:
        if blockage.state is State.UNKNOWN:
            shown.append(blockage)
        if blockage.state is State.UNKNOWN or not seen.has_lasted(blockage, snapshot, flap):
            continue
        early = is_retried(blockage) and not seen.has_lasted(blockage, snapshot, retried)
        shown.append(replace(blockage, state=State.WAITING) if early else blockage)
    failed = {(one.scope, one.stage) for one in shown if one.state is State.FAILED}
    waiting = {(one.scope, one.stage) for one in shown}
    stages = _stages_without_flaps(snapshot.stages, failed, waiting)
    environments = []
    for env in snapshot.environments:
        own = _stages_without_flaps(env.stages, failed, waiting)
        found = verdict(own, [one for one in shown if one.scope == env.name])
        environments.append(replace(env, stages=own, verdict=found))
    everything = [*stages, *(stage for env in environments for stage in env.stages)]
    return replace(
        snapshot,
        stages=stages,
        environments=tuple(environments),
        blockages=tuple(shown),
        verdict=verdict(everything, shown),
    )


def _stages_without_flaps(
    stages: Iterable[Stage], failed: set[tuple[str, str]], waiting: set[tuple[str, str]]
) -> tuple[Stage, ...]:
    def calmed(stage: Stage) -> Stage:
        key = stage.scope, stage.name
        if stage.state is not State.FAILED or failed & {key, (stage.scope, "")}:
            return stage
        if key in waiting:
            return stage.with_status(state=State.WAITING, until=None)
        return stage.with_status(state=State.WORKING, message="", until=None)

    return tuple(calmed(stage) for stage in stages)


def _key(blockage: Blockage) -> Key:
    return blockage.code, blockage.scope, blockage.stage, str(blockage.object)


def _since(snapshot: Snapshot, blockage: Blockage) -> datetime | None:
    for stage in snapshot.all_stages:
        if (stage.scope, stage.name) == (blockage.scope, blockage.stage):
            return stage.until or stage.since
    return blockage.since
