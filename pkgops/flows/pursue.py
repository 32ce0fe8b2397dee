"""Follow a run to its end: show it, ask Flux to look when there is something to see, tell the truth."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

from pkgops.errors import PkgopsError
from pkgops.flows import failure, following, nudge, overtaken, wait
from pkgops.flows.deadlines import Deadlines, Limits
from pkgops.flows.keep import Keeper
from pkgops.flows.ports import Ports
from pkgops.flows.shown import shown
from pkgops.flows.target import Target
from pkgops.flows.track import Recorder
from pkgops.kube import Client, Obj
from pkgops.model import ObjectRef, Snapshot, Stage, Verdict
from pkgops.settings import EnvironmentSetting

TICK = 0.5
SETTLE_SECONDS = 1.5


@dataclass(frozen=True)
class Chase:
    """What to follow, and for how long.

    Attributes:
        name: the workload.
        goal: when the run has ended well.
        environments: the environments to watch and to nudge.
        limits: when it is given up.
        find: ``revision`` completes the goal with the commit that Flux finds when it is asked now,
            ``version`` with the package version that it chooses for the goal's environment.
    """

    name: str
    goal: wait.Goal
    environments: tuple[EnvironmentSetting, ...]
    limits: Limits
    find: Literal["", "revision", "version"] = ""


def pursue(target: Target, chase: Chase, ports: Ports, recorder: Recorder | None = None) -> wait.Outcome:
    """Follow a run until its goal is reached; a commit that is overtaken hands on to the newer one.

    Raises:
        StepFailed: a step failed; has the end of the failing container's log and the next command.
        DeadlineError: the time is over, or a stage takes longer than it may; lists what is waited for.
    """
    looker = Looker(target, chase, ports)
    judge = wait.Judge(chase.goal)
    deadlines, keeper = Deadlines(chase.limits, ports.now()), Keeper(target.client)
    with following.follower(target, chase.name, chase.environments, ports, recorder) as follower:
        for snapshot in follower.snapshots(TICK):
            keeper.see(follower.tracker, snapshot)
            goal = looker.see(snapshot)
            judge.goal = goal or chase.goal
            ports.on_snapshot(shown(snapshot, judge.goal))
            judged = judge.step(snapshot) if goal or _cannot_begin(snapshot) else None
            if judged is not None:
                return _ended(target, judged, keeper)
            deadlines.check(snapshot, judge.goal)
    raise PkgopsError("the watch ended", next="run the command again")


class Looker:
    """Asks Flux to look now: at the source once, at the packages whenever a new one was pushed."""

    def __init__(self, target: Target, chase: Chase, ports: Ports) -> None:
        self.target = target
        self.chase = chase
        self.ports = ports
        self.goal = None if chase.find else chase.goal
        self.environments = {one.name: one for one in chase.environments}
        self.tokens: dict[tuple[str, str], str] = {}
        self.course = overtaken.Course()

    def see(self, snapshot: Snapshot) -> wait.Goal | None:
        """Take a snapshot, ask where it helps, and return the goal; None while it is not known whole."""
        source = _object_of(snapshot.stages, "GitRepository")
        if source is not None and not self.chase.goal.version and self.chase.find != "version":
            self._ask("source", "", source, self.target.client)
        self._packages(snapshot)
        if self.goal is None:
            self.goal = self._found(snapshot, source)
        else:
            self.goal = self._newest(snapshot, self.goal)
        return self.goal

    def _newest(self, snapshot: Snapshot, goal: wait.Goal) -> wait.Goal:
        """The goal, with the commit that has overtaken it where one has."""
        newer = self.course.newer(snapshot, goal)
        if not newer:
            return goal
        self.ports.note(f"{overtaken.sentence(goal.revision, newer)}; following that one", commit=newer)
        return replace(goal, revision=newer)

    def _packages(self, snapshot: Snapshot) -> None:
        for environment in snapshot.environments:
            ref = _object_of(environment.stages, "ImageRepository")
            if ref is not None and environment.name in self._asked_of():
                client = self.target.client_of(self.environments[environment.name])
                self._ask(environment.name, snapshot.package, ref, client)

    def _asked_of(self) -> set[str]:
        """The environments whose packages are asked for: those of the goal, else all that follow."""
        return set(self.chase.goal.environments) & set(self.environments) or set(self.environments)

    def _ask(self, what: str, about: str, ref: ObjectRef, client: Client) -> None:
        if not self.tokens.get((what, about)):
            token = nudge.ask(client, ref.api_version, ref.kind, ref.name, ref.namespace, self.ports.now())
            self.tokens[what, about] = token

    def _found(self, snapshot: Snapshot, source: ObjectRef | None) -> wait.Goal | None:
        if self.chase.find == "version":
            version = self._version(snapshot)
            return replace(self.chase.goal, version=version) if version else None
        # A supply chain whose source is no GitRepository: what it has now is what is followed.
        revision = self._revision(source) if source else snapshot.revision
        return replace(self.chase.goal, revision=revision) if revision else None

    def _revision(self, source: ObjectRef) -> str:
        found = _get(self.target.client, source)
        if not nudge.handled(found, self.tokens.get(("source", ""), "-")):
            return ""
        return str(((found.get("status") or {}).get("artifact") or {}).get("revision") or "")

    def _version(self, snapshot: Snapshot) -> str:
        name = self.chase.goal.environments[0]
        stages = next((env.stages for env in snapshot.environments if env.name == name), ())
        scan, policy = _object_of(stages, "ImageRepository"), _object_of(stages, "ImagePolicy")
        token = self.tokens.get((name, snapshot.package), "-")
        client = self.target.client_of(self.environments[name])
        if scan is None or policy is None or not nudge.handled(_get(client, scan), token):
            return ""
        # The policy follows its repository's scan within a moment; asked at once it may be a tag behind.
        if (self.ports.now() - datetime.fromisoformat(token)).total_seconds() < SETTLE_SECONDS:
            return ""
        latest = (_get(client, policy).get("status") or {}).get("latestRef") or {}
        return str(latest.get("tag") or "").removeprefix("v")


def _get(client: Client, ref: ObjectRef) -> Obj:
    return client.find(ref.api_version, ref.kind, ref.name, ref.namespace) or {}


def _ended(target: Target, outcome: wait.Outcome, keeper: Keeper) -> wait.Outcome:
    if outcome.verdict is Verdict.READY:
        return outcome
    raise failure.explain(target.client, outcome, keeper.end)


def _cannot_begin(snapshot: Snapshot) -> bool:
    """Tell whether the run cannot even find its commit or version; only then a cause counts without one."""
    first = snapshot.stages[0] if snapshot.stages else None
    return (
        first is None or not first.output.revision or bool(snapshot.blockage and not snapshot.blockage.stage)
    )


def _object_of(stages: tuple[Stage, ...], kind: str) -> ObjectRef | None:
    return next((stage.object for stage in stages if stage.object and stage.object.kind == kind), None)
