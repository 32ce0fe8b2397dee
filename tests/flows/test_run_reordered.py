"""One verdict, in whatever order and however late the events of different objects are seen.

The recordings are the truth of a cluster. What is watched of it lags behind, each object by itself, and a
change of spec and status may be seen as two; what is read past a watch is as it was at that moment.
"""

from __future__ import annotations

import heapq
import math
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from random import Random

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from shared_traces import recorded

from pkgops.flows import replay
from pkgops.flows.next_command import next_command
from pkgops.flows.ports import Ports
from pkgops.flows.run.deadlines import Limits
from pkgops.flows.run.follow import Run, RunRequest
from pkgops.flows.run.goal import Goal
from pkgops.model import CauseCode, ObjectRef, State, Verdict
from pkgops.pipeline import Tracker
from pkgops.readiness import readiness
from pkgops.readiness.base import meta

QUICK = settings(
    max_examples=3, deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=True
)
TICK, STANDING_TICK = 0.5, 2.0
ANSWER = 0.1
"""So soon Flux answers a question about what it has."""
WORKLOAD, DELIVERABLE = "hello-go-web2pkg", "hello-go-from-pkg"
DEV, PROD = ("apps-dev",), ("apps-prod",)


@dataclass(frozen=True)
class Case:
    """A command of a person in a recording: what it submitted and when, and what is true of it.

    ``until`` is when the next command changes what is true; for ``stays`` seconds more everything is as it
    was then, as if that command had never come. So it is, where a verdict is awaited, until all was seen.
    """

    name: str
    begin: float
    until: float
    goal: Goal
    verdict: Verdict | None
    code: CauseCode | None = None
    submitted: tuple[str, str, str, int] | None = None
    find: str = ""
    earliest: float = 0.0
    stays: float = 0.0


def workload(generation):
    return "Workload", "default", WORKLOAD, generation


def deliverable(generation):
    return "Deliverable", "apps-prod", DELIVERABLE, generation


SECOND, THIRD = "66c5e01b", "2807a7b9"
CASES = [
    # A promotion, and the rollback of it.
    Case(
        "fourth-run",
        106.3,
        117.5,
        Goal(environments=PROD, version="0.1.1795906340"),
        Verdict.READY,
        submitted=deliverable(1),
        earliest=114.5,
    ),
    Case(
        "fourth-run",
        117.8,
        150,
        Goal(environments=PROD, version="0.1.1795906130"),
        Verdict.READY,
        submitted=deliverable(2),
        earliest=137,
    ),
    # Commits that are healthy.
    Case("fourth-run", 57.7, 117, Goal(revision=SECOND, environments=DEV), Verdict.READY, earliest=96.8),
    Case("fifth-run", 135.3, 177, Goal(revision=THIRD, environments=DEV), Verdict.READY, earliest=174.2),
    # A branch that does not exist, and the right one again: before and after Flux has noticed.
    Case("fifth-run", 3.1, 6.3, Goal(environments=DEV), None, submitted=workload(2), find="revision"),
    Case(
        "fifth-run",
        66.7,
        78.1,
        Goal(environments=DEV),
        Verdict.FAILED,
        CauseCode.GIT_BRANCH_MISSING,
        workload(4),
        "revision",
        68.5,
    ),
    Case("fifth-run", 78.1, 87.5, Goal(environments=DEV), None, submitted=workload(5), find="revision"),
    Case(
        "fifth-run",
        87.5,
        98.2,
        Goal(environments=DEV),
        Verdict.FAILED,
        CauseCode.GIT_BRANCH_MISSING,
        workload(6),
        "revision",
        89.5,
    ),
    # The right branch with a commit that answers already.
    Case(
        "fifth-run",
        98.2,
        132,
        Goal(environments=DEV),
        Verdict.READY,
        None,
        workload(7),
        "revision",
        108.6,
    ),
    # A builder that does not exist, and the right one again: kpack is given time, then it is the truth.
    Case("fifth-run", 108.78, 115.2, Goal(revision=SECOND, environments=DEV), None),
    Case("fifth-run", 108.78, 118, Goal(revision=SECOND, environments=DEV), Verdict.READY, earliest=115.7),
    Case(
        "fifth-run",
        108.78,
        110,
        Goal(revision=SECOND, environments=DEV),
        Verdict.FAILED,
        CauseCode.BUILDER_MISSING,
        earliest=198.7,
        stays=98,
    ),
    # The service account of an environment loses its role, and has it again.
    Case("fifth-run", 133.3, 135.05, Goal(revision=SECOND, environments=DEV), None),
    Case("fifth-run", 133.3, 177, Goal(revision=THIRD, environments=DEV), Verdict.READY, earliest=174.2),
    Case(
        "fifth-run",
        133.3,
        135.05,
        Goal(revision=SECOND, environments=DEV),
        Verdict.FAILED,
        CauseCode.FORBIDDEN,
        earliest=138.2,
        stays=10,
    ),
    # A version range without a tag in it, and the right one again.
    Case("fifth-run", 177.3, 186, Goal(environments=DEV), None),
    Case("fifth-run", 219, 271, Goal(environments=DEV), Verdict.READY, earliest=269),
    Case(
        "fifth-run",
        218,
        220,
        Goal(environments=DEV),
        Verdict.FAILED,
        CauseCode.NO_TAG_IN_RANGE,
        earliest=308,
        stays=95,
    ),
    # The right branch with a commit whose test fails.
    Case(
        "fifth-run",
        6.3,
        28,
        Goal(environments=DEV),
        Verdict.FAILED,
        CauseCode.TEST_FAILED,
        workload(3),
        "revision",
        20.4,
    ),
]


class Lagging:
    """A cluster as its watches show it, each object's events in order and by a delay of its own."""

    def __init__(self, case: Case, seed: int, lag: float) -> None:
        self._recording = recorded(case.name)
        self._end = case.until if longer(case, lag) else math.inf
        self._random = Random(seed)
        self._lag = lag
        self._truth: dict[ObjectRef, dict] = {}
        self._coming: list[tuple[float, int, str, dict]] = []
        self._last: dict[ObjectRef, float] = {}
        self._lines = iter(self._recording.lines)
        self._next = next(self._lines)
        self._count = 0
        self.tracker = Tracker(replay.scope_of(self._recording), next_command)
        self.time = case.begin
        while self._next.t <= case.begin:
            self.tracker.apply(self._next.type, self._next.object)
            self._happened(self._next)

    @property
    def moment(self):
        return self._recording.began + timedelta(seconds=self.time)

    def advance(self, time: float) -> None:
        """Let the time come: what happens until then is true at once, and seen later."""
        self.time = time
        while self._next is not None and self._next.t <= min(time, self._end):
            line = self._next
            for kind, obj in self._parts(line):
                self._come(line.t - time, kind, obj)
            self._happened(line)
        while self._coming and self._coming[0][0] <= time:
            _, _, kind, obj = heapq.heappop(self._coming)
            self.tracker.apply(kind, obj)

    def _parts(self, line) -> list[tuple[str, dict]]:
        """An event as it is, or as a change of the spec and one of the status, where it has both.

        The recording may have seen in one what two programs have written one after the other.
        """
        obj, before = line.object, self._truth.get(ObjectRef.of(line.object), {})
        both = _spec(obj) != _spec(before) and obj.get("status") != before.get("status")
        if line.type == "DELETED" or not both or self._random.random() < 0.5:
            return [(line.type, obj)]
        first = {key: value for key, value in obj.items() if key != "status"}
        if "status" in before:
            first["status"] = before["status"]
        return [(line.type, first), ("MODIFIED", obj)]

    def _come(self, after, kind, obj) -> None:
        """Have an event be seen: late, and after those of the same object."""
        ref = ObjectRef.of(obj)
        seen = max(self.time + after + self._random.uniform(0, self._lag), self._last.get(ref, 0.0))
        self._last[ref] = seen
        self._count += 1
        heapq.heappush(self._coming, (seen, self._count, kind, obj))

    def _happened(self, line) -> None:
        ref = ObjectRef.of(line.object)
        if line.type == "DELETED":
            self._truth.pop(ref, None)
        else:
            self._truth[ref] = line.object
        self._next = next(self._lines, None)

    def submitted(self, kind, namespace, name, generation):
        """The object as the server answered the command that the recording has."""
        for line in self._recording.lines:
            where = meta(line.object)
            found = line.object["kind"], where.get("namespace"), where.get("name"), where.get("generation")
            if found == (kind, namespace, name, generation):
                return line.object
        raise AssertionError("not in the recording")

    def snapshot(self):
        return self.tracker.snapshot(self.moment)

    def known(self, ref):
        return self.tracker.store.find(ref)

    def read(self, ref):
        known, found = self.known(ref), self._truth.get(ref)
        if found is not None:
            self.tracker.apply("MODIFIED", found)
        elif known is not None:
            self.tracker.apply("DELETED", known)
        return found

    def reread(self, refs):
        for ref in refs:
            self.read(ref)
        return True

    def request(self, ref):
        """Ask: what is there is looked at, and the answer is seen as late as everything else.

        Somebody asks in the recording as well; an answer to them that is later counts as one.
        """
        token, obj = self.moment.isoformat(), self._truth[ref]
        if readiness(obj).state is State.DONE:
            status = {**obj["status"], "lastHandledReconcileAt": token}
            self._come(ANSWER, "MODIFIED", {**obj, "status": status})
        return token


def _spec(obj: dict) -> dict:
    return {key: value for key, value in obj.items() if key not in ("status", "metadata")}


def longer(case: Case, lag: float) -> float:
    """How many seconds a run is followed after nothing becomes true any more."""
    return case.stays or (lag and lag + TICK if case.verdict else 0.0)


def seen(cluster: Lagging, case: Case, lag: float) -> Iterator:
    """Every Snapshot of a run that follows a command."""
    time = case.begin
    while time < case.until + longer(case, lag):
        time += TICK if time < case.until else STANDING_TICK
        cluster.advance(time)
        yield cluster.snapshot()


def followed(case: Case, seed: int, lag: float):
    """How a run ends that follows a command, when, and what it told before as failed."""
    cluster = Lagging(case, seed, lag)
    submitted = (cluster.submitted(*case.submitted),) if case.submitted else ()
    request = RunRequest(
        name=WORKLOAD,
        goal=case.goal,
        environments=(),
        limits=Limits(600),
        submitted=submitted,
        find=case.find,
    )
    run = Run(cluster, request, Ports(now=lambda: cluster.moment))
    told = set()
    for snapshot in seen(cluster, case, lag):
        outcome, judged = run.step(snapshot)
        told |= {stage.name for stage in run.shown(judged).all_stages if stage.state is State.FAILED}
        if outcome is not None:
            return outcome, cluster.time, told
    return None, cluster.time, told


@pytest.mark.parametrize(
    "case", CASES, ids=lambda case: f"{case.name}-{case.begin}-{case.until + case.stays:g}"
)
@given(seed=st.integers(0, 2**16), lag=st.sampled_from([0.5, 1.5, 3.0]))
@example(seed=0, lag=0.0)
@QUICK
def test_the_verdict_does_not_depend_on_what_is_seen_first(case, seed, lag):
    outcome, time, told = followed(case, seed, lag)
    if case.verdict is None:
        assert outcome is None
        return
    assert outcome is not None, "no verdict"
    assert outcome.verdict is case.verdict
    assert time >= case.earliest
    assert (outcome.blockage.code if outcome.blockage else None) is case.code
    if case.verdict is Verdict.READY:
        assert told == set()
