"""The loop of ``dev``: inputs are taken between two Snapshots, and the resulting actions are carried out."""

from __future__ import annotations

import queue
from collections.abc import Callable
from datetime import datetime

from pkgops.errors import PkgopsError
from pkgops.flows import up
from pkgops.flows.dev import state as machine
from pkgops.flows.dev.answers import Answers, DevRequest
from pkgops.flows.log_sources import LogQuery
from pkgops.flows.logs import Readers
from pkgops.flows.other_port import OtherPorts
from pkgops.flows.ports import Ports
from pkgops.flows.run import failure
from pkgops.flows.run.deadlines import Deadlines, Limits
from pkgops.flows.run.follow import TICK, Run, RunRequest, check_deadlines
from pkgops.flows.run.goal import Goal
from pkgops.flows.run.log_buffer import LogBuffer
from pkgops.flows.run.outcome import Outcome
from pkgops.flows.run.watch import RunWatch
from pkgops.flows.target import Target
from pkgops.model import Snapshot, Verdict
from pkgops.settings import Origin
from pkgops.values import replace

OLDER_LINES = 5
"""How many lines are shown of the log of an application that answered before."""

Incoming = machine.Input | PkgopsError


class Inbox:
    """A queue of inputs from threads; ``wake`` is called for each."""

    def __init__(self) -> None:
        self.wake: Callable[[], None] = lambda: None
        self._queue: queue.SimpleQueue[Incoming] = queue.SimpleQueue()

    def put(self, found: Incoming) -> None:
        """Take one input; may be called from any thread."""
        self._queue.put(found)
        self.wake()

    def drained(self) -> list[Incoming]:
        """Return the inputs since the last call."""
        incoming = []
        while not self._queue.empty():
            incoming.append(self._queue.get())
        return incoming


def run_of(begun: RunRequest, commit: str, limits: Limits, *, first: bool) -> RunRequest:
    """Return the RunRequest for a commit.

    Args:
        begun: what was submitted when ``dev`` began.
        commit: the commit.
        limits: how long it may take.
        first: whether it is the run that ``dev`` begins with: that one may be of content whose run failed
            before, and is then restarted as ``up`` does. A save is a commit that nothing has run yet.
    """
    return RunRequest(
        name=begun.name,
        goal=Goal(revision=commit, environments=begun.goal.environments),
        environments=begun.environments,
        limits=limits,
        submitted=begun.submitted if first else (),
        restart=begun.restart and first,
    )


class Loop:
    """Carries out the actions of the state machine, and gives it their results."""

    def __init__(
        self,
        target: Target,
        request: DevRequest,
        run: RunRequest,
        watch: RunWatch,
        ports: Ports,
        begun: datetime,
    ) -> None:
        self._target = target
        self._request = request
        self._run_request = run
        self._watch = watch
        self._ports = ports
        self._state = machine.State(since=begun, tests=bool(target.settings.tree.get("workload.tests", True)))
        self._run: Run | None = None
        self._deadlines = Deadlines(request.limits, begun)
        self._clusters = target.clusters.preferring(run.environments)
        self._ends = LogBuffer(self._clusters)
        self._unanswering = OtherPorts(self._clusters)
        self._answers = Answers(target, request, run, ports)
        names = [one.name for one in run.environments]
        self._logs = Readers(
            self._clusters, LogQuery(environment=names[0] if names else "", tail=OLDER_LINES)
        )
        self._snapshot: Snapshot | None = None
        self._lines = machine.SHORT_LOG
        self._over = False

    def run(self, inbox: Inbox) -> None:
        """Take Snapshots, and between them the inputs, until the person ends it."""
        for seen in self._watch.snapshots(TICK):
            for incoming in inbox.drained():
                if isinstance(incoming, PkgopsError):
                    raise incoming
                self.take(incoming)
            if self._over:
                return
            self._on_snapshot(seen)

    def take(self, found: machine.Input) -> None:
        """Take one input and carry out the actions that follow from it."""
        self._state, actions = machine.step(self._state, found)
        for action in actions:
            match action:
                case machine.Push(again):
                    self._push(again=again)
                case machine.Follow(commit):
                    self._follow(commit)
                case machine.SetTests(on):
                    self._set_tests(on=on)
                case _:
                    self._show(action)

    def _show(self, action: machine.Action) -> None:
        match action:
            case machine.Note(text):
                self._ports.note(text)
            case machine.ShowAnswer(since, what):
                self._answers.show(self._snapshot, since, what)
            case machine.ShowOlder():
                self._answers.show_older(self._snapshot)
            case machine.ShowLog(lines):
                self._lines = lines
            case machine.Open():
                self._answers.open(self._snapshot)
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
        request = run_of(self._run_request, commit, self._request.limits, first=self._run is None)
        self._run = Run(self._watch, request, self._ports)
        self._deadlines = Deadlines(self._request.limits, self._ports.now())
        self._ends.clear()

    def _on_snapshot(self, seen: Snapshot) -> None:
        self._snapshot = seen
        if self._run is not None and self._state.running:
            self._judge(self._run, seen)
        self._ports.on_log_end(self._ends.latest(self._lines) if self._state.running else [])
        self._show_logs()

    def _judge(self, run: Run, seen: Snapshot) -> None:
        outcome, snapshot = run.step(seen)
        self._snapshot = self._unanswering.step(snapshot)
        self._ports.on_snapshot(run.shown(self._snapshot))
        self._ends.update(self._watch.tracker, self._snapshot)
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
            self._ports.failed(failure.explain(self._clusters, outcome, self._ends.end, installed=True))
        self.take(machine.Ended(well))

    def _set_tests(self, *, on: bool) -> None:
        """Submit the workload with its tests on or off; a running run continues with that."""
        settings = self._target.settings
        if "tests" not in (settings.schema.defaults.get("workload") or {}):
            self._ports.note("these templates have no value workload.tests")
            return
        target = replace(
            self._target, settings=settings.with_overrides({"workload": {"tests": on}}, Origin("option", "t"))
        )
        asked = up.UpRequest(
            how=self._request.how, limits=self._request.limits, source=self._request.folder, recorded=False
        )
        try:
            submission = up.submit(target, asked, self._ports)
        except PkgopsError as error:
            self._ports.failed(error)
            return
        self._target = submission.target
        for obj in submission.run.submitted if submission.run else ():
            self._watch.tracker.apply("MODIFIED", obj)
        self._ports.note(f"the source is {'tested' if on else 'not tested'} from now on")
        if submission.commit != self._state.commit:
            self.take(machine.Pushed(submission.commit))

    def _show_logs(self) -> None:
        """Show the application's log, once one answers."""
        snapshot = self._snapshot
        if snapshot is None or not self._run_request.environments:
            return
        self._logs.update(self._watch.tracker, snapshot)
        for line in self._logs.drained():
            self._ports.log(line.stage, line.scope, line.text, pod=line.pod, container=line.container)
