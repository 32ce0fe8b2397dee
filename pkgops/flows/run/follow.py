"""Follow a run to its end: show it, request reconciliations where something is new, decide its outcome."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Protocol

from pkgops import values
from pkgops.errors import DeadlineError, Interrupted
from pkgops.flows import controllers, unreadable
from pkgops.flows.other_port import OtherPorts
from pkgops.flows.ports import Ports, Recorder
from pkgops.flows.run import failure, superseded, watch
from pkgops.flows.run import goal as goals
from pkgops.flows.run.deadlines import Deadlines, Limits
from pkgops.flows.run.goal import Goal
from pkgops.flows.run.log_buffer import LogBuffer
from pkgops.flows.run.outcome import Outcome, OutcomePolicy
from pkgops.flows.run.request_reconcile import Find, ReconcileRequester
from pkgops.flows.run.restart import Restarts
from pkgops.flows.run.shown import shown
from pkgops.flows.run.start_again import Rerun
from pkgops.flows.target import Target
from pkgops.kube import Obj
from pkgops.model import CHAIN, ObjectRef, Snapshot, Stage, Verdict
from pkgops.pipeline import Tracker, kinds
from pkgops.settings import EnvironmentSetting

TICK = 0.5


@dataclass(frozen=True, kw_only=True)
class RunRequest:
    """What to follow, and for how long.

    Attributes:
        name: the workload.
        goal: when the run has succeeded.
        environments: the environments to watch.
        limits: when it is given up.
        submitted: the owners that were applied for this run, as the server returned them: older versions of
            them do not count.
        find: ``revision`` completes the goal with the commit that Flux fetches on a request now,
            ``version`` with the package version that it selects for the goal's environment.
        ask: whether reconciliations of Flux are requested; without it nothing on the cluster is
            changed, and a commit that is superseded ends the run.
        restart: whether a run of the commit that had failed before is restarted, where that may help.
    """

    name: str
    goal: Goal
    environments: tuple[EnvironmentSetting, ...]
    limits: Limits
    submitted: tuple[Obj, ...] = ()
    find: Find = ""
    ask: bool = True
    restart: bool = False


class Watched(Protocol):
    """A watched run: its Tracker, and reads of its objects from the cluster."""

    @property
    def tracker(self) -> Tracker:
        """The objects of the run."""

    def snapshot(self) -> Snapshot:
        """Return the Snapshot now."""

    def known(self, ref: ObjectRef) -> Obj | None:
        """Return the last version of an object that was read."""

    def read(self, ref: ObjectRef) -> Obj | None:
        """Read an object from the API server, store it, and return it."""

    def reread(self, refs: Iterable[ObjectRef]) -> bool:
        """Read objects from the API server again; False where a cluster does not answer."""

    def request(self, ref: ObjectRef) -> str:
        """Request a reconciliation of an object; returns the token, empty where the object does not exist."""

    def start_again(self, stage: Stage) -> Rerun:
        """Start a stage again, and store the new object."""


def follow(target: Target, request: RunRequest, ports: Ports, recorder: Recorder | None = None) -> Outcome:
    """Follow a run until its goal is reached; after a superseded commit the newer one is followed.

    Raises:
        StepFailed: a step failed; has the end of the failing container's log and the next command. Or,
            without ``ask``, a newer commit superseded the one that is followed.
        DeadlineError: the time is over, or a stage takes longer than it may; lists what is awaited.
        PreflightError: the time is over, and what the goal depends on could not be read.
    """
    clusters = target.clusters.preferring(request.environments)
    deadlines, log_buffer = Deadlines(request.limits, ports.now()), LogBuffer(clusters)
    unanswering = OtherPorts(clusters)
    with watch.of_workload(target, request.name, request.environments, ports, recorder) as watched:
        run = Run(watched, request, ports)
        for seen in watched.snapshots(TICK):
            outcome, snapshot = run.step(seen)
            snapshot = unanswering.step(snapshot)
            ports.on_snapshot(run.shown(snapshot))
            log_buffer.update(watched.tracker, snapshot)
            if outcome is not None and outcome.verdict is Verdict.READY:
                return outcome
            if outcome is not None:
                raise failure.explain(clusters, outcome, log_buffer.end, installed=bool(request.submitted))
            run.check_superseded()
            check_deadlines(target, deadlines, snapshot, run.goal)
    raise Interrupted("the watch ended", next="run the command again")


def check_deadlines(target: Target, deadlines: Deadlines, snapshot: Snapshot, goal: Goal) -> None:
    """Take one Snapshot of a run that has not ended.

    Raises:
        DeadlineError: the time is over, or a stage takes longer than it may; names controllers that do not
            run.
        PreflightError: the time is over, and what the goal depends on could not be read.
    """
    try:
        deadlines.check(snapshot, goal)
    except DeadlineError as error:
        unknown = goals.unknown(snapshot, goal)
        if unknown is not None:
            raise unreadable.error(unknown) from error
        silent = controllers.with_controllers(target, snapshot.blockages)
        error.why = "\n".join([error.why, *silent])
        raise


class Run:
    """One run that is followed: requests reconciliations of new inputs, and decides the outcome."""

    def __init__(self, watched: Watched, request: RunRequest, ports: Ports) -> None:
        for obj in request.submitted:
            watched.tracker.apply("MODIFIED", obj)
        self._watched = watched
        self._request = request
        self._ports = ports
        goal = replace(request.goal, unresolved=bool(request.find)) if request.ask else request.goal
        self._policy = OutcomePolicy(goal=goal)
        self._requester = ReconcileRequester(request.find, watched)
        self._stamped = Stamped(watched)
        self._restarts = Restarts(watched, ports, wanted=request.restart)
        self._supersession = superseded.Supersession()
        self._newer = ""

    @property
    def goal(self) -> Goal:
        """The goal of the run, as far as it is known."""
        return self._policy.goal

    def step(self, seen: Snapshot) -> tuple[Outcome | None, Snapshot]:
        """Take a Snapshot; return the outcome where the run has ended, and the Snapshot that was judged."""
        snapshot = self._restarts.without_restarted(self._stamped.step(seen))
        if self._request.ask:
            self._policy.goal = self._requester.step(snapshot, self.goal)
        self._newer = self._supersession.newer(snapshot, self.goal)
        if self._newer and self._request.ask:
            sentence = superseded.sentence(self.goal.revision, self._newer)
            self._ports.note(f"{sentence}; following that one", commit=self._newer)
            self._policy.goal = replace(self.goal, revision=self._newer)
        outcome = self._policy.step(snapshot)
        outcome = self._confirmed(snapshot) if outcome else None
        ended = self._restarts.step(outcome) if outcome else None
        if outcome is not None and ended is None:
            snapshot = self._restarts.without_restarted(self._watched.snapshot())
        return ended, snapshot

    def shown(self, snapshot: Snapshot) -> Snapshot:
        """Return a Snapshot that ``step`` returned, in the form that is shown."""
        return shown(self._policy.without_flaps(snapshot), self.goal)

    def check_superseded(self) -> None:
        """End a run without ``ask`` whose commit was superseded.

        Raises:
            StepFailed: a newer commit superseded it.
        """
        if self._newer and not self._request.ask:
            raise superseded.error(self.goal.revision, self._newer)

    def _confirmed(self, snapshot: Snapshot) -> Outcome | None:
        """The outcome, once all objects that it depends on were read again and are the same."""
        scopes = {CHAIN, *(env.name for env in snapshot.environments)}
        if not self._watched.reread(objects_of(snapshot, scopes)):
            return None
        return self._policy.step(self._restarts.without_restarted(self._watched.snapshot()))


class Stamped:
    """Reads the objects that were stamped for an owner, once Cartographer has observed its present
    generation.

    Watches of several kinds are independent: the status of an owner may be read before the objects
    that were stamped for it. Objects that are read after that status are at least as new.
    """

    def __init__(self, watched: Watched) -> None:
        self._watched = watched
        self._read: set[str] = set()

    def step(self, snapshot: Snapshot) -> Snapshot:
        """Take a Snapshot; return one in which a scope is pending until its objects were read."""
        known = {CHAIN, *(env.name for env in snapshot.environments)}
        self._read &= known - set(snapshot.pending)
        new = known - set(snapshot.pending) - self._read
        if new and self._watched.reread(objects_of(snapshot, new)):
            snapshot = self._watched.snapshot()
            self._read |= new - set(snapshot.pending)
        unread = known - self._read - set(snapshot.pending)
        return values.replace(snapshot, pending=(*snapshot.pending, *sorted(unread)))


def objects_of(snapshot: Snapshot, scopes: Iterable[str]) -> list[ObjectRef]:
    """Return the objects of the stages of some scopes, in the order of the stages."""
    found: dict[ObjectRef, None] = {}
    owners = {env.name: env.owner for env in snapshot.environments}
    for scope in (one for one in (CHAIN, *owners) if one in set(scopes)):
        owner = snapshot.workload if scope == CHAIN else owners[scope]
        stages = [stage for stage in snapshot.all_stages if stage.scope == scope]
        for ref in (owner, *(ref for stage in stages for ref in (stage.object, stage.leaf, *stage.pods))):
            if ref is not None:
                found[ref] = None
                if ref.kind == kinds.PACKAGE_INSTALL.kind:
                    found[values.replace(ref, api_version=kinds.APP.api_version, kind=kinds.APP.kind)] = None
    return list(found)
