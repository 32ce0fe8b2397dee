"""A wait is given up as a whole, or because of the stage that holds it up; the time comes in."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from shared_traces import played

from pkgops.errors import DeadlineError, Exit
from pkgops.flows.run import deadlines
from pkgops.flows.run.deadlines import Deadlines, Limits
from pkgops.flows.run.goal import Goal
from pkgops.model import Blockage, CauseCode, State

FIRST = "9b0079e312a65dc55050281443af8f26a09fa0a4"
SECOND = "3d862503ae1d657bfc18925c10652e641d23bba8"
TESTED = 60  # in the second run: the test of the second commit runs


def moment(seconds, name="second-run"):
    return played(name).after(seconds)


def later(snapshot, seconds):
    return replace(snapshot, taken_at=snapshot.taken_at + timedelta(seconds=seconds))


def caught(clock, snapshot, goal=None):
    with pytest.raises(DeadlineError) as error:
        clock.check(snapshot, goal or Goal(revision=SECOND))
    assert error.value.exit_code == Exit.DEADLINE
    return error.value


def begun(snapshot, limits, goal=None):
    clock = Deadlines(limits, snapshot.taken_at)
    clock.check(snapshot, goal or Goal(revision=SECOND))
    return clock


def test_the_whole_time_over_lists_what_is_waited_for():
    testing = moment(TESTED)
    clock = begun(testing, Limits(60))
    clock.check(later(testing, 60), Goal(revision=SECOND))
    error = caught(clock, later(testing, 61))
    assert (error.what, error.slug) == ("still waiting after 1 minute", "deadline")
    assert "supply-chain source-tester: working" in error.why
    assert "image-builder: waiting, waits for source-tester" in error.why


def test_a_stage_over_its_time_is_named_with_object_time_reason_and_next_command():
    testing = moment(TESTED)
    stage = next(one for one in testing.stages if one.name == "source-tester")
    clock = begun(testing, Limits(3600, {"source-tester": 90}))
    clock.check(later(testing, 90), Goal(revision=SECOND))
    error = caught(clock, later(testing, 120))
    assert error.slug == "stage-deadline"
    assert error.what == f"supply-chain source-tester ({stage.leaf}) is working after 2 minutes"
    assert error.why.startswith(f"waits for: {stage.message or stage.reason}")
    assert "image-builder: waiting, waits for source-tester" in error.why
    assert error.next == "pkgops why hello-go-web2pkg"


def test_a_known_cause_says_what_for_and_what_next():
    testing = moment(TESTED)
    cause = Blockage(
        code=CauseCode.UNSCHEDULABLE,
        cause="no node has room",
        object=None,
        stage="source-tester",
        scope="supply-chain",
        state=State.WAITING,
        next="do",
    )
    stuck = replace(testing, blockages=(cause,))
    error = caught(begun(stuck, Limits(3600, {"default": 60})), later(stuck, 61))
    assert error.why.startswith("waits for: no node has room")
    assert error.next == "do"


def test_only_the_stage_that_holds_up_the_others_is_on_the_clock():
    """The builder waits for the test, so that its own time has not begun."""
    testing = moment(TESTED)
    limits = Limits(3600, {"image-builder": 1, "config-provider": 1, "imgpkg-bundler": 1})
    begun(testing, limits).check(later(testing, 3000), Goal(revision=SECOND))


def test_the_environments_come_into_it_after_the_supply_chain():
    testing = moment(TESTED)
    (env, *_) = testing.environments
    scanning = tuple(stage.with_status(state=State.WORKING) for stage in env.stages)
    testing = replace(testing, environments=(replace(env, stages=scanning),))
    assert {stage.scope for stage in deadlines.holding(testing, Goal(revision=SECOND))} == {"supply-chain"}
    done = tuple(stage.with_status(state=State.DONE, current=True) for stage in testing.stages)
    through = replace(testing, stages=done)
    assert {stage.scope for stage in deadlines.holding(through, Goal(revision=SECOND))} == {env.name}


def test_a_commit_that_nobody_fetches_is_on_the_source():
    before = moment(5)
    assert [stage.name for stage in deadlines.holding(before, Goal(revision=SECOND))] == ["source-provider"]
    error = caught(begun(before, Limits(3600, {"default": 60})), later(before, 61))
    assert error.what.startswith("supply-chain source-provider (gitrepository/")
    assert "is not done after 1 minute" in error.what


def test_a_new_state_begins_anew():
    """A run that starts again is another one, and so is a stage after another."""
    testing = moment(TESTED)
    clock = begun(testing, Limits(3600, {"default": 60}))
    again = tuple(stage.with_status(since=datetime(2030, 1, 1, tzinfo=UTC)) for stage in testing.stages)
    restarted = replace(later(testing, 50), stages=again)
    clock.check(restarted, Goal(revision=SECOND))
    clock.check(later(restarted, 60), Goal(revision=SECOND))
    assert "source-tester" in caught(clock, later(restarted, 61)).what


def test_what_stood_before_the_wait_does_not_count():
    """Who has just repaired what hung for hours gets the whole time; so does who has another clock."""
    testing = moment(TESTED)
    old = tuple(stage.with_status(since=testing.taken_at - timedelta(hours=5)) for stage in testing.stages)
    begun(replace(testing, stages=old), Limits(3600, {"default": 60}))


def test_a_stage_without_a_limit_has_the_whole_time():
    testing = moment(TESTED)
    clock = begun(testing, Limits(3600, {"elsewhere": 1}))
    assert caught(clock, later(testing, 3601)).slug == "deadline"


@pytest.mark.parametrize(("name", "begin", "end", "commit"), [("second-run", 30, 99, SECOND)])
def test_a_run_that_goes_on_is_not_given_up(name, begin, end, commit):
    """Each stage takes less than half a minute, all of them together more."""
    goal = Goal(revision=commit, deliver=False)
    seen = [snapshot for _, snapshot in played(name).between(begin, end)]
    clock = Deadlines(Limits(3600, {"default": 40}), seen[0].taken_at)
    for snapshot in seen:
        clock.check(snapshot, goal)
    assert seen[-1].taken_at - seen[0].taken_at > timedelta(seconds=40)


def test_what_is_reached_holds_up_nothing():
    assert deadlines.holding(moment(5), Goal(revision=FIRST, environments=("apps-dev",))) == []


@pytest.mark.parametrize(
    ("seconds", "text"), [(0.5, "0.5 seconds"), (60, "1 minute"), (1200, "20 minutes"), (150, "2.5 minutes")]
)
def test_durations_in_words(seconds, text):
    assert deadlines.duration(seconds) == text
