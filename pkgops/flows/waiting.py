"""``pkgops wait``: watch a run to its end without touching anything."""

from __future__ import annotations

from pkgops.errors import Interrupted
from pkgops.flows import failure, look, overtaken, wait
from pkgops.flows.deadlines import Deadlines, Limits
from pkgops.flows.keep import Keeper
from pkgops.flows.ports import Ports
from pkgops.flows.target import Target
from pkgops.flows.track import Follower, Recorder
from pkgops.kube import Client
from pkgops.model import Verdict
from pkgops.pipeline import Focus

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
    with _follower(target, chosen, ports, recorder) as follower:
        for snapshot in follower.snapshots(TICK):
            ports.on_snapshot(snapshot)
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


def _follower(target: Target, name: str, ports: Ports, recorder: Recorder | None) -> Follower:
    settings = target.settings
    clients = {one.namespace: target.client_of(one) for one in settings.environments}
    spaces = tuple((one.name, one.namespace) for one in settings.environments)

    def client_of(namespace: str) -> Client:
        return clients.get(namespace, target.client)

    focus = Focus(settings.workload_namespace, name, spaces)
    return Follower(target.client, focus, now=ports.now, recorder=recorder, client_of=client_of)
