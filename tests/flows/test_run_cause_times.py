"""Since when a cause stands, and what is told of it while it may still heal by itself."""

from __future__ import annotations

from datetime import timedelta

import pytest
from snapshot_kit import CHAIN, NOW, at, cause, environment, ref, snapshot, stage

from pkgops.flows.run.cause_times import FLAP, RETRIED, CauseTimes, is_retried, without_flaps
from pkgops.flows.run.goal import Goal
from pkgops.flows.run.superseded import Supersession, error, sentence
from pkgops.model import CauseCode, State, Verdict
from pkgops.values import replace

GRACE = timedelta(seconds=5)
BROKEN = cause()


def stood(*moments, about=BROKEN, grace=GRACE):
    """Whether a cause has stood at the last of some moments: seconds, and the causes then."""
    seen = CauseTimes()
    for second, causes in moments:
        taken = snapshot(second=second, blockages=tuple(causes))
        seen.take(taken)
    return seen.has_lasted(about, taken, grace)


OTHER = cause(CauseCode.TASK_FAILED)


@pytest.mark.parametrize(
    ("moments", "expected"),
    [
        ([(0, [BROKEN])], False),
        ([(0, [BROKEN]), (4.9, [BROKEN])], False),
        ([(0, [BROKEN]), (5, [BROKEN])], True),
        # What vanishes between begins anew.
        ([(0, [BROKEN]), (3, []), (6, [BROKEN])], False),
        ([(0, [BROKEN]), (3, []), (6, [BROKEN]), (11, [BROKEN])], True),
        ([(0, [OTHER]), (6, [BROKEN])], False),
        ([(0, [BROKEN, OTHER]), (6, [OTHER, BROKEN])], True),
        # Its words may change; it is the same cause of the same object.
        ([(0, [replace(BROKEN, cause="other words")]), (6, [BROKEN])], True),
        ([(0, [replace(BROKEN, object=ref())]), (6, [BROKEN])], False),
    ],
)
def test_a_cause_has_to_stand_for_its_grace(moments, expected):
    assert stood(*moments) is expected


@pytest.mark.parametrize(
    ("scope", "failed_at", "expected"),
    [
        # In the supply chain the objects' own times count, after a moment for what was just repaired.
        (CHAIN, -60, True),
        (CHAIN, -1, False),
        # In an environment they may be of the package before.
        ("dev", -60, False),
    ],
)
def test_since_when_a_stage_failed_counts_in_the_supply_chain(scope, failed_at, expected):
    found = cause(scope=scope, stage="build" if scope == CHAIN else "serve")
    own = stage(State.FAILED, found.stage, scope, since=at(failed_at - 5), until=at(failed_at))
    stages = (own,) if scope == CHAIN else (stage(),)
    envs = [] if scope == CHAIN else [replace(environment(), stages=(own,))]
    seen = CauseTimes()
    for second in (0, 2):
        taken = snapshot(*stages, environments=envs, second=second, blockages=(found,))
        seen.take(taken)
    assert seen.has_lasted(found, taken, GRACE) is expected


def test_a_cause_without_a_stage_has_its_own_time():
    found = cause(stage="", since=at(-60))
    assert stood((0, [found]), (2, [found]), about=found)
    assert not stood((0, [found]), about=found)


@pytest.mark.parametrize(
    ("code", "object", "retried"),
    [
        (CauseCode.GIT_UNREACHABLE, ref("GitRepository"), True),
        (CauseCode.IMAGE_PULL, ref("Pod"), True),
        (CauseCode.IMAGE_PULL, ref("TaskRun"), False),
        (CauseCode.REGISTRY_FAILED, ref("Build"), False),
        (CauseCode.TASK_MISSING, None, True),
        (CauseCode.TEST_FAILED, ref("TaskRun"), False),
        (CauseCode.FORBIDDEN, ref("Runnable"), False),
    ],
)
def test_what_a_controller_tries_again_by_itself(code, object, retried):
    assert is_retried(cause(code, object=object)) is retried


def calmed(second, code=CauseCode.FAILED, state=State.FAILED, scope=CHAIN, name="build"):
    """A Snapshot as it is told, of a failure that was there from the beginning."""
    found = cause(code, state, scope, name)
    failing = stage(State.FAILED, "build", message="it broke", until=NOW)
    seen = CauseTimes()
    for moment in (0, second):
        taken = snapshot(
            stage(name="test"),
            failing,
            environments=[],
            second=moment,
            blockages=(found,),
            verdict=Verdict.FAILED,
        )
        seen.take(taken)
    return without_flaps(taken, seen, FLAP, RETRIED)


@pytest.mark.parametrize(
    ("second", "code", "state", "told", "verdict"),
    [
        # A flap is on its way: neither failed nor blocked, and it says nothing of its failure.
        (2, CauseCode.FAILED, State.WORKING, [], Verdict.WORKING),
        (5, CauseCode.FAILED, State.FAILED, [State.FAILED], Verdict.FAILED),
        (2, CauseCode.GIT_UNREACHABLE, State.WORKING, [], Verdict.WORKING),
        (30, CauseCode.GIT_UNREACHABLE, State.WAITING, [State.WAITING], Verdict.WAITING),
        (90, CauseCode.GIT_UNREACHABLE, State.FAILED, [State.FAILED], Verdict.FAILED),
    ],
)
def test_what_is_told_of_a_failure_by_its_age(second, code, state, told, verdict):
    shown = calmed(second, code)
    assert shown.stages[1].state is state
    assert [one.state for one in shown.blockages] == told
    assert shown.verdict is verdict
    assert shown.stages[1].message == ("" if state is State.WORKING else "it broke")
    assert shown.stages[0].state is State.DONE


def test_a_cause_of_the_whole_part_leaves_its_stages_failed():
    assert calmed(9, name="").stages[1].state is State.FAILED


def test_what_cannot_be_read_is_told_at_once():
    shown = calmed(0, CauseCode.MAY_NOT_READ, State.UNKNOWN)
    assert [one.code for one in shown.blockages] == [CauseCode.MAY_NOT_READ]
    assert shown.verdict is Verdict.UNKNOWN


def test_an_environment_has_the_verdict_of_what_is_told_of_it():
    failing = replace(environment(), stages=(stage(State.FAILED, "serve", "dev"),), verdict=Verdict.FAILED)
    found = cause(scope="dev", stage="serve")
    seen = CauseTimes()
    taken = snapshot(environments=[failing], blockages=(found,))
    seen.take(taken)
    assert without_flaps(taken, seen, FLAP, RETRIED).environments[0].verdict is Verdict.WORKING
    later = replace(taken, taken_at=at(9))
    seen.take(later)
    assert without_flaps(later, seen, FLAP, RETRIED).environments[0].verdict is Verdict.FAILED


ONE, TWO, THREE = ("1" * 40, "2" * 40, "3" * 40)


@pytest.mark.parametrize(
    ("seen", "followed", "newer"),
    [
        # The commit before is still at the source: nothing took the place of what is awaited.
        ([TWO], ONE, ""),
        ([TWO, ONE], ONE, ""),
        ([TWO, ONE, THREE], ONE, THREE),
        ([ONE, ""], ONE, ""),
        ([ONE, THREE], "", ""),
        ([f"main@sha1:{ONE}", f"main@sha1:{THREE}"], ONE[:8], f"main@sha1:{THREE}"),
    ],
)
def test_a_commit_is_superseded_only_after_it_was_seen(seen, followed, newer):
    watched, found = Supersession(), ""
    for revision in seen:
        found = watched.newer(snapshot(revision=revision), Goal(revision=followed))
    assert found == newer


def test_another_goal_is_not_superseded_by_what_it_follows():
    watched = Supersession()
    assert watched.newer(snapshot(revision=ONE), Goal(revision=ONE)) == ""
    assert watched.newer(snapshot(revision=ONE), Goal(revision=TWO)) == ""


def test_that_a_commit_was_superseded_is_said_with_the_command_for_the_newer_one():
    assert sentence(f"main@sha1:{ONE}", TWO) == "commit 22222222 supersedes 11111111"
    assert error(ONE, f"main@sha1:{TWO}").next == f"pkgops wait --revision {TWO}"
