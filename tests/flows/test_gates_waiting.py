"""Gates are waited for: what is pending may still pass, what fails is refused at once."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from gates_kit import *  # noqa: F403
from gates_kit import NOW

from pkgops.errors import DeadlineError, PreflightError, RefusedError, StepFailed
from pkgops.flows.ports import Ports
from pkgops.flows.promotion.gates import waiting
from pkgops.flows.promotion.gates.evaluate import Gated, Outcome
from pkgops.flows.promotion.gates.rule import Gate, Rule, State, Verdict
from pkgops.flows.releases.release import Release
from pkgops.model import Snapshot
from pkgops.view import board

RULE = Rule(read=lambda value: value, judge=lambda spec, seen: seen, gather=lambda spec, case: spec)
PASS = Verdict(state=State.PASS, evidence="there it is")
FAIL = Verdict(state=State.FAIL, evidence="it can never be")
SOAK = Verdict(state=State.PENDING, evidence="answered for 3s", remedy="wait until 12:00")
APPROVAL = Verdict(state=State.PENDING, evidence="0 of 2", remedy="pkgops approve 2 --to prod")


class Clock:
    """Time passes by sleeping alone; what is told is kept."""

    def __init__(self) -> None:
        self.time = NOW
        self.slept: list[float] = []
        self.told: list[str] = []
        self.shown: list[Snapshot] = []

    def ports(self) -> Ports:
        return Ports(
            on_event=lambda event: self.told.append(event.message),
            on_snapshot=self.shown.append,
            now=lambda: self.time,
            sleep=self.sleep,
        )

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.time += timedelta(seconds=seconds)


@pytest.fixture
def clock():
    return Clock()


def gated(case, **verdicts):
    return Gated(
        case,
        tuple(Outcome(Gate(name=name, type=name, rule=RULE), verdict) for name, verdict in verdicts.items()),
    )


def wait(clock, answers, seconds=60.0):
    """Wait with what the gates say at each look; an error is raised there."""
    first, *later = answers

    def ask():
        answer = later.pop(0) if len(later) > 1 else later[0]
        if isinstance(answer, Exception):
            raise answer
        return answer

    return waiting.wait(ask, first, seconds, clock.ports())


def test_it_ends_when_all_pass_and_tells_once_what_for(case_of, clock):
    case = case_of()
    both = gated(case, soak=SOAK, approval=APPROVAL)
    later = gated(case, soak=replace(SOAK, evidence="answered for 8s"), approval=APPROVAL)
    one = gated(case, soak=PASS, approval=APPROVAL)
    done = gated(case, soak=PASS, approval=PASS)
    assert wait(clock, [both, later, one, done]) is done
    assert clock.told == [
        "prod: waits for soak (wait until 12:00); approval (pkgops approve 2 --to prod)",
        "prod: waits for approval (pkgops approve 2 --to prod)",
    ]
    assert clock.slept == [5.0, 5.0, 5.0]


def test_each_gate_is_shown_as_a_stage_of_the_environment_with_its_time(case_of, clock):
    case = case_of()
    answers = [gated(case, soak=SOAK, approval=APPROVAL), gated(case, soak=PASS, approval=APPROVAL)]
    wait(clock, [*answers, gated(case, soak=PASS, approval=PASS)])
    rows = [
        [
            (one.title, str(one.state), one.message, (one.elapsed(shown.taken_at)).seconds)
            for one in shown.all_stages
        ]
        for shown in clock.shown
    ]
    assert rows == [
        [("Gate soak", "waiting", "answered for 3s", 0), ("Gate approval", "waiting", "0 of 2", 0)],
        [("Gate soak", "done", "there it is", 0), ("Gate approval", "waiting", "0 of 2", 5)],
        [("Gate soak", "done", "there it is", 0), ("Gate approval", "done", "there it is", 0)],
    ]
    drawn = "\n".join(line for line, _ in board.board(clock.shown[1], board.Layout(clock.time, NOW, 120)))
    assert "Delivery to prod" in drawn
    assert "Gate approval" in drawn
    assert "0 of 2" in drawn


def test_what_fails_meanwhile_is_no_longer_waited_for(case_of, clock):
    case = case_of()
    failed = gated(case, soak=SOAK, labels=FAIL)
    assert wait(clock, [gated(case, soak=SOAK, labels=PASS), failed]) is failed


@pytest.mark.parametrize(
    ("verdicts", "waits"),
    [
        ({"soak": SOAK}, True),
        ({"soak": SOAK, "labels": PASS}, True),
        ({"soak": SOAK, "labels": FAIL}, False),
        ({"labels": PASS}, False),
    ],
)
def test_only_what_can_still_pass_is_waited_for(case_of, verdicts, waits):
    assert waiting.can_pass(gated(case_of(), **verdicts).outcomes) is waits


def test_an_overridden_gate_is_not_waited_for(case_of):
    (outcome,) = gated(case_of(), soak=SOAK).outcomes
    assert not waiting.can_pass((replace(outcome, reason="prod is down"),))


def test_the_time_ends_with_what_is_left_and_not_later(case_of, clock):
    pending = gated(case_of(), soak=SOAK, approval=APPROVAL)
    with pytest.raises(DeadlineError) as ended:
        wait(clock, [pending, pending], seconds=12)
    assert ended.value.what == "gates of prod did not pass 2 within 12s: soak, approval"
    assert "approval (pending): 0 of 2" in ended.value.why
    assert ended.value.next == "wait until 12:00"
    assert clock.slept == [5.0, 5.0, 2.0]


def test_a_cluster_that_is_away_for_a_while_is_asked_again_and_told_once(case_of, clock):
    pending, done = gated(case_of(), soak=SOAK), gated(case_of(), soak=PASS)
    away = PreflightError("it does not answer", next="pkgops doctor")
    assert wait(clock, [pending, away, away, done]) is done
    assert clock.told == ["prod: waits for soak (wait until 12:00)", "it does not answer"]


def test_one_that_stays_away_is_told_as_unknown_at_the_end(case_of, clock):
    away = PreflightError("it does not answer", next="pkgops doctor")
    with pytest.raises(PreflightError, match="does not answer"):
        wait(clock, [gated(case_of(), soak=SOAK), away, away])
    assert sum(clock.slept) == 60


def test_other_errors_end_it(case_of, clock):
    with pytest.raises(StepFailed):
        wait(clock, [gated(case_of(), soak=SOAK), StepFailed("no", next="x"), StepFailed("no", next="x")])


def test_another_version_where_it_comes_from_is_not_promoted_unasked(case_of, clock):
    case = case_of()
    moved = gated(replace(case, after=Release(version="3")), soak=PASS)
    with pytest.raises(RefusedError) as ended:
        wait(clock, [gated(case, soak=SOAK), moved, moved])
    assert ended.value.what == "dev runs 3 by now, not 2"
    assert ended.value.slug == "moved"
