"""``pkgops wait``: watch a run to its end without touching anything."""

from __future__ import annotations

from pkgops.errors import Interrupted
from pkgops.flows import failure, following, look, overtaken, wait
from pkgops.flows.deadlines import Deadlines, Limits
from pkgops.flows.keep import Keeper
from pkgops.flows.ports import Ports
from pkgops.flows.shown import shown
from pkgops.flows.target import Target
from pkgops.flows.track import Recorder
from pkgops.model import Verdict

TICK = 0.5


def until(
    target: Target,
    name: str | None,
    goal: wait.Goal,
    limits: Limits,
    ports: Ports,
    recorder: Recorder | None = None,
) -> wait.Outcome:
    """Wait for a goal and return how it was reached.

    Raises:
        StepFailed: a step failed, or the package is stale (says which, with the end of its log); or a
            newer commit took the place of the one that is waited for.
        DeadlineError: the time is over, or a stage takes longer than it may; lists what is waited for.
        UsageError: no such workload or environment.
    """
    for environment in goal.environments:
        look.environment_setting(target, environment)
    chosen = look.name_of(target, name)
    judge = wait.Judge(goal)
    deadlines, course = Deadlines(limits, ports.now()), overtaken.Course()
    keeper = Keeper(target.client)
    environments = target.settings.environments
    with following.follower(target, chosen, environments, ports, recorder) as follower:
        for snapshot in follower.snapshots(TICK):
            ports.on_snapshot(shown(snapshot, goal))
            keeper.see(follower.tracker, snapshot)
            outcome = judge.step(snapshot)
            if outcome is not None and outcome.verdict is Verdict.READY:
                return outcome
            if outcome is not None:
                raise failure.explain(target.client, outcome, keeper.end)
            newer = course.newer(snapshot, goal)
            if newer:
                raise overtaken.error(goal.revision, newer)
            deadlines.check(snapshot, goal)
    raise Interrupted("the watch ended", next="run the command again")
