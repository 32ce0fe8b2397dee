"""``pkgops wait``: watch a run to its end without changing anything."""

from __future__ import annotations

from pkgops.flows import read_snapshot, without_workload
from pkgops.flows.ports import Ports, Recorder
from pkgops.flows.run.deadlines import Limits
from pkgops.flows.run.follow import RunRequest, follow
from pkgops.flows.run.goal import Goal
from pkgops.flows.run.outcome import Outcome
from pkgops.flows.target import Target


def wait(
    target: Target,
    name: str | None,
    goal: Goal,
    limits: Limits,
    ports: Ports,
    recorder: Recorder | None = None,
) -> Outcome:
    """Wait for a goal and return the outcome.

    Raises:
        StepFailed: a step failed, or the package is stale (with its name and the end of its log); or a newer
            commit superseded the awaited one.
        DeadlineError: the time is over, or a stage takes longer than it may; lists what is awaited.
        UsageError: no such workload or environment; or a commit or build of what is only delivered there.
    """
    if goal.revision or not goal.deliver:
        without_workload.check_built(target, name)
    target, chosen = without_workload.chosen(target, name)
    for environment in goal.environments:
        read_snapshot.environment_setting(target, environment)
    request = RunRequest(
        name=chosen, goal=goal, environments=target.settings.environments, limits=limits, ask=False
    )
    return follow(target, request, ports, recorder)
