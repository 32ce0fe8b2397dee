"""When each stage, run and container waited and worked, by the times in the objects."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from pkgops.model.causes import Unreadable
from pkgops.model.objects import ObjectRef
from pkgops.model.states import State
from pkgops.values import Value


class Phase(StrEnum):
    """Whether a span of time was spent waiting or working."""

    WAITING = "waiting"
    WORKING = "working"


class Span(Value):
    """A span of time; ``end`` is None while it has not ended."""

    phase: Phase
    begin: datetime
    end: datetime | None = None

    def until(self, now: datetime) -> datetime:
        """When it ended, or ``now`` where it has not."""
        return self.end or max(now, self.begin)


class Step(Value):
    """A container of a run, or a step of a controller's own work, with its spans in order."""

    name: str
    state: State
    spans: tuple[Span, ...] = ()


class Run(Value, kw_only=True):
    """One object that worked for a stage: a TaskRun, Build, App, Revision, or the stamped object itself.

    ``revision`` is the source revision that it worked on, empty where that is unknown. ``note`` is why there
    are no spans, where there are none.
    """

    object: ObjectRef | None
    state: State
    revision: str = ""
    spans: tuple[Span, ...] = ()
    steps: tuple[Step, ...] = ()
    note: str = ""


class StageTimes(Value, kw_only=True):
    """A stage of the Snapshot with its runs, the newest first; ``runs`` is empty where none is known.

    ``still`` is the other revision or version that it has, as in the stage itself.

    """

    name: str
    scope: str
    title: str
    state: State
    still: str = ""
    note: str = ""
    runs: tuple[Run, ...] = ()


class Timeline(Value, kw_only=True):
    """All stages of a workload and its environments, in order, as of ``taken_at``."""

    taken_at: datetime
    workload: ObjectRef | None
    revision: str = ""
    stages: tuple[StageTimes, ...] = ()
    unreadable: tuple[Unreadable, ...] = ()
