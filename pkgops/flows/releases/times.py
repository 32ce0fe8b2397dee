"""How long the changes of environments took, as rows of a Timeline: by their records."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from pkgops.flows.releases.release import Record, Result
from pkgops.model import ObjectRef, Phase, Run, Snapshot, Span, StageTimes, State, Timeline
from pkgops.pipeline import revisions
from pkgops.values import replace

NAME = "pkgops.dev/release"
"""The name of the row: no resource of a blueprint has a slash in its own."""
TITLE = "Release"
_STATES = {
    Result.PLANNED: State.WORKING,
    Result.SUCCEEDED: State.DONE,
    Result.FAILED: State.FAILED,
    Result.UNFINISHED: State.UNKNOWN,
}


def with_releases(
    times: Timeline, snapshot: Snapshot, records: Mapping[str, Sequence[Record]], unknown: Mapping[str, str]
) -> Timeline:
    """Return a Timeline with a row for the changes of each environment, after the environment's stages.

    Args:
        times: the stages of the Snapshot.
        snapshot: what runs where.
        records: those of each environment by its name, the newest first.
        unknown: why the records of an environment are not known, by its name.
    """
    stages = list(times.stages)
    for environment in snapshot.environments:
        name = environment.name
        found = [_run(one, environment.namespace) for one in records.get(name, ())]
        row = StageTimes(name=NAME, scope=name, title=TITLE, state=State.UNKNOWN, runs=tuple(found))
        if found:
            newest = records[name][0].after
            followed = revisions.same(newest.revision, snapshot.revision)
            still = "" if followed else newest.revision or newest.version
            row = replace(row, state=found[0].state, still=still)
        elif name in unknown:
            row = replace(row, note=f"unknown: {unknown[name]}")
        else:
            continue
        after = [place for place, stage in enumerate(stages, 1) if stage.scope == name]
        stages.insert(after[-1] if after else len(stages), row)
    return replace(times, stages=tuple(stages))


def _run(record: Record, namespace: str) -> Run:
    over = None if record.result is Result.PLANNED else record.completed or record.planned
    return Run(
        object=ObjectRef("v1", "ConfigMap", namespace, record.name),
        state=_STATES[record.result],
        revision=record.after.revision,
        spans=(Span(Phase.WORKING, record.planned, over),),
    )
