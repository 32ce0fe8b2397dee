"""The loop of ``dev``: what comes in is taken between two Snapshots, and what follows from it is done."""

from __future__ import annotations

import queue
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from pkgops.errors import PkgopsError
from pkgops.flows import failure, probe, up
from pkgops.flows.dev import state as machine
from pkgops.flows.install import Install
from pkgops.flows.logs import Readers, Wanted
from pkgops.flows.ports import Ports
from pkgops.flows.run.deadlines import Deadlines, Limits
from pkgops.flows.run.follow import TICK, Run, RunRequest, check_deadlines
from pkgops.flows.run.goal import Goal
from pkgops.flows.run.log_buffer import LogBuffer
from pkgops.flows.run.outcome import Outcome
from pkgops.flows.run.watch import Follower
from pkgops.flows.target import Target
from pkgops.model import Environment, Snapshot, Verdict

OLDER_LINES = 5
"""How much is shown of the log of an application that answered before."""

Incoming = machine.Input | PkgopsError
Answer = Callable[[str, Environment, int], str]
"""Says that a workload answers in an environment, with an HTTP status."""
Keys = Callable[[Callable[[str], None]], AbstractContextManager[object]]
"""Tells each key that is pressed, for as long as the block lasts."""


@dataclass(frozen=True)
class DevRequest:
    """What ``dev`` is asked for.

    Attributes:
        folder: what is followed.
        how: how templates are installed, and who agrees.
        limits: when a run is given up; the folder is followed on.
        says: words an answer.
        keys: reads the terminal.
        opens: shows an address to the person.
    """

    folder: Path
    how: Install
    limits: Limits
    says: Answer
    keys: Keys
    opens: Callable[[str], object]


class Inbox:
    """What comes in from threads; whoever takes it is woken."""

    def __init__(self) -> None:
        self.wake: Callable[[], None] = lambda: None
        self._queue: queue.SimpleQueue[Incoming] = queue.SimpleQueue()

    def put(self, found: Incoming) -> None:
        """Take one input; may be called from any thread."""
        self._queue.put(found)
        self.wake()

    def drained(self) -> list[Incoming]:
        """Return what came in since the last call."""
        found = []
        while not self._queue.empty():
            found.append(self._queue.get())
        return found


class Loop:
    """Carries out what the state machine says, and tells it what became of it."""

    def __init__(
        self,
        target: Target,
        request: DevRequest,
        run: RunRequest,
        follower: Follower,
        ports: Ports,
        begun: datetime,
    ) -> None:
        self._target = target
        self._request = request
        self._run_request = run
        self._follower = follower
        self._ports = ports
        self._state = machine.State(begun)
        self._run: Run | None = None
        self._deadlines = Deadlines(request.limits, begun)
        self._clusters = target.clusters.preferring(run.environments)
        self._ends = LogBuffer(self._clusters)
        self._client = up.answering_client(target, run)
        names = [one.name for one in run.environments]
        self._logs = Readers(self._clusters, Wanted(environment=names[0] if names else "", tail=OLDER_LINES))
        self._snapshot: Snapshot | None = None
        self._lines = machine.SHORT_LOG
        self._over = False

    def run(self, inbox: Inbox) -> None:
        """Take Snapshots, and between them what came in, until somebody leaves."""
        for seen in self._follower.snapshots(TICK):
            for found in inbox.drained():
                if isinstance(found, PkgopsError):
                    raise found
                self.take(found)
            if self._over:
                return
            self._see(seen)

    def take(self, found: machine.Input) -> None:
        """Take one input and do what follows from it."""
        self._state, actions = machine.step(self._state, found)
        for action in actions:
            match action:
                case machine.Tell(text):
                    self._ports.note(text)
                case machine.Push(again):
                    self._push(again=again)
                case machine.Follow(commit):
                    self._follow(commit)
                case machine.ShowAnswer(since, what):
                    self._show_answer(since, what)
                case machine.ShowOlder():
                    self._show_older()
                case machine.ShowLog(lines):
                    self._lines = lines
                case machine.Open():
                    self._open()
                case machine.Quit():
                    self._over = True

    def _push(self, *, again: bool) -> None:
        try:
            commit = self._target.push_source(self._request.folder, self._ports, again=again)
        except PkgopsError as error:
            self._ports.failed(error)
            self.take(machine.NotPushed())
        else:
            self.take(machine.Pushed(commit))

    def _follow(self, commit: str) -> None:
        first = self._run is None
        goal = Goal(commit, self._run_request.goal.environments)
        submitted = self._run_request.submitted if first else ()
        request = RunRequest(
            name=self._run_request.name,
            goal=goal,
            environments=self._run_request.environments,
            limits=self._request.limits,
            submitted=submitted,
        )
        self._run = Run(self._follower, request, self._ports)
        self._deadlines = Deadlines(self._request.limits, self._ports.now())
        self._ends.forget()

    def _see(self, seen: Snapshot) -> None:
        self._snapshot = seen
        if self._run is not None and self._state.running:
            self._judge(self._run, seen)
        self._ports.on_log_end(self._ends.latest(self._lines) if self._state.running else [])
        self._tell_logs()

    def _judge(self, run: Run, seen: Snapshot) -> None:
        outcome, self._snapshot = run.step(seen)
        self._ports.on_snapshot(run.told(self._snapshot))
        self._ends.see(self._follower.tracker, self._snapshot)
        if outcome is not None:
            self._end(outcome)
            return
        try:
            check_deadlines(self._target, self._deadlines, self._snapshot, run.goal)
        except PkgopsError as error:
            self._ports.failed(error)
            self.take(machine.Ended(well=False))

    def _end(self, outcome: Outcome) -> None:
        well = outcome.verdict is Verdict.READY
        if not well:
            self._ports.failed(failure.explain(self._clusters, outcome, self._ends.end))
        self.take(machine.Ended(well))

    def _show_answer(self, since: datetime, what: str) -> None:
        environment = self._environment()
        if environment is None:
            self._ports.note("through its supply chain; nothing is deployed by it")
            return
        try:
            answer = up.first_answer(self._client, environment, self._ports)
        except PkgopsError as error:
            self._ports.failed(error)
            return
        took = (self._ports.now() - since).total_seconds()
        said = self._request.says(self._run_request.name, environment, answer.status)
        data = {"seconds": round(took, 1), "after": what, "status": answer.status}
        self._ports.done(f"{said}, {took:.1f} s after {what}", **data)

    def _show_older(self) -> None:
        environment = self._environment()
        if environment is None or not environment.image:
            return
        try:
            pods = up.serving_pods(environment)
            pod = probe.ready_pod(self._client, pods, environment.image)
            answer = probe.probe(self._client, pod) if pod is not None else None
        except PkgopsError as error:
            self._ports.failed(error)
            return
        if answer is not None and answer.healthy:
            said = self._request.says(self._run_request.name, environment, answer.status)
            self._ports.note(f"as before: {said}")

    def _open(self) -> None:
        environment = self._environment()
        if environment is None or not environment.url:
            self._ports.note("nothing has an address yet")
            return
        self._ports.note(f"{self._run_request.name} is at {environment.url}")
        self._request.opens(environment.url)

    def _environment(self) -> Environment | None:
        found = self._snapshot
        return up.reached_environment(found, self._run_request) if found is not None else None

    def _tell_logs(self) -> None:
        """Tell what the application writes, once one answers."""
        found = self._snapshot
        if found is None or not self._run_request.environments:
            return
        self._logs.see(self._follower.tracker, found)
        for line in self._logs.drained():
            self._ports.log(line.stage, line.part, line.text, pod=line.pod, container=line.container)
