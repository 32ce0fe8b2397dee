"""When a wait is given up: after its overall time, or after the time of the stage that it waits for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from pkgops.errors import DeadlineError
from pkgops.flows.next_command import in_words
from pkgops.flows.run import goal as goals
from pkgops.flows.run.goal import Goal
from pkgops.model import CHAIN, Blockage, Snapshot, Stage, State
from pkgops.pipeline import revisions

OTHERS = "default"
"""The key of the time for stages that are not named."""
_HELD = (State.WORKING, State.WAITING)


@dataclass(frozen=True)
class Limits:
    """How long to wait, in seconds: overall, and by stage name.

    A stage that is not in ``stages`` has the time of ``default``; without that it has no limit.
    """

    overall: float
    stages: Mapping[str, float] = field(default_factory=dict)

    def of(self, stage: Stage) -> float | None:
        """Return a stage's time in seconds; None where it has no limit."""
        return self.stages.get(stage.name, self.stages.get(OTHERS))


class Deadlines:
    """Checks at each Snapshot of one wait whether its time, or that of a stage, is over.

    A stage's time begins when the run first waits for it, and again when its state
    changes: times in the objects are of another machine's clock, and may be from before a repair.
    """

    def __init__(self, limits: Limits, begun: datetime) -> None:
        self._limits = limits
        self._begun = begun
        self._held: dict[tuple[str, str], tuple[tuple[State, datetime | None], datetime]] = {}

    def check(self, snapshot: Snapshot, goal: Goal) -> None:
        """Take one Snapshot.

        Raises:
            DeadlineError: a stage takes longer than it may, or the time is over.
        """
        for stage, since in self._take(holding(snapshot, goal), snapshot.taken_at):
            limit = self._limits.of(stage)
            if limit is not None and snapshot.taken_at - since > timedelta(seconds=limit):
                raise stage_over(snapshot, goal, stage, snapshot.taken_at - since)
        if snapshot.taken_at - self._begun > timedelta(seconds=self._limits.overall):
            raise over(snapshot, goal, duration(self._limits.overall))

    def _take(self, stages: list[Stage], now: datetime) -> list[tuple[Stage, datetime]]:
        before, self._held = self._held, {}
        for stage in stages:
            state = stage.state, stage.since
            known = before.get((stage.scope, stage.name))
            since = known[1] if known and known[0] == state else now
            self._held[stage.scope, stage.name] = state, since
        return [(stage, self._held[stage.scope, stage.name][1]) for stage in stages]


def holding(snapshot: Snapshot, goal: Goal) -> list[Stage]:
    """Return the stages that a run waits for.

    Environments count once the supply chain is done. Where no stage works, it is the first
    one that has not taken its new inputs.
    """
    awaited = goals.awaited(snapshot, goal)
    if goal.revision and snapshot.stages and not revisions.same(snapshot.revision, goal.revision):
        return [snapshot.stages[0]]
    left = [stage for stage in awaited if stage.state is not State.DONE or not stage.current]
    left = [stage for stage in left if stage.scope == CHAIN] or left
    return [stage for stage in left if stage.state in _HELD and not stage.waits_for] or left[:1]


def over(snapshot: Snapshot, goal: Goal, after: str) -> DeadlineError:
    """Return the error for a wait whose time is over: it lists what is still awaited."""
    concerned = goals.scopes(snapshot, goal) | set(goal.environments)
    blockages = [one for one in snapshot.blockages if one.scope in concerned]
    lines = _left(snapshot, goal) + [blockage.cause for blockage in blockages]
    return DeadlineError(f"still waiting after {after}", why="\n".join(lines), next=_why(snapshot))


def stage_over(snapshot: Snapshot, goal: Goal, stage: Stage, waited: timedelta) -> DeadlineError:
    """Return the error for a stage that exceeds its time: its object, how long, what it waits for."""
    blockage = _blockage(snapshot, stage)
    ref = stage.leaf or stage.object
    about = f"{stage.scope} {stage.name}" + (f" ({ref})" if ref else "")
    doing = str(stage.state) if stage.state in _HELD else "not done"
    lines = [
        f"waits for: {(blockage and blockage.cause) or stage.message or stage.reason or stage.title}",
        *_left(snapshot, goal),
        f"its time is pkgops.timeouts.stages.{stage.name}, else pkgops.timeouts.stages.{OTHERS}",
    ]
    return DeadlineError(
        f"{about} is {doing} after {duration(waited.total_seconds())}",
        why="\n".join(lines),
        next=(blockage and in_words(blockage)) or _why(snapshot),
        slug="stage-deadline",
    )


def duration(seconds: float) -> str:
    """Return a duration as text: minutes from one minute on."""
    if seconds < 60:
        return f"{seconds:g} seconds"
    minutes = round(seconds / 60, 1)
    return "1 minute" if minutes == 1 else f"{minutes:g} minutes"


def _left(snapshot: Snapshot, goal: Goal) -> list[str]:
    return [
        f"{stage.scope} {stage.name}: {stage.state}"
        + (f", waits for {stage.waits_for}" if stage.waits_for else f" {stage.message or stage.reason}")
        for stage in goals.awaited(snapshot, goal)
        if stage.state is not State.DONE or not stage.current
    ]


def _blockage(snapshot: Snapshot, stage: Stage) -> Blockage | None:
    here = (stage.scope, stage.name)
    return next((one for one in snapshot.blockages if (one.scope, one.stage) == here), None)


def _why(snapshot: Snapshot) -> str:
    name = snapshot.workload.name if snapshot.workload else ""
    return f"pkgops why {name}".strip()
