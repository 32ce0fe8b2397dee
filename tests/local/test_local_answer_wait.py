"""A part that is only slow is left alone; one that hangs is started again. By a clock of the test's own."""

from __future__ import annotations

import pytest

from pkgops.local import probes
from pkgops.local.answer_wait import DEADLINE, HANGS_SECONDS, LONGEST_ANSWER, SHARE, AnswerWait


def first_step(share, *, fresh):
    """Return the first step that is not to wait, and its second, for a part with a share of a processor."""
    answer_wait = AnswerWait(1000.0, 7.0, fresh=fresh)
    for second in range(int(2 * DEADLINE)):
        step = answer_wait.step(1000.0 + second, 7.0 + second * share)
        if step != "wait":
            return step, second
    return "wait", 0


@pytest.mark.parametrize("share", [0.0, SHARE / 2])
def test_a_part_that_neither_answers_nor_works_is_started_again(share):
    step, second = first_step(share, fresh=False)
    assert step == "again"
    assert second == pytest.approx(HANGS_SECONDS, abs=1)


@pytest.mark.parametrize("share", [SHARE * 2, 0.2, 1.9])
def test_a_part_that_works_is_left_alone_until_the_deadline(share):
    step, second = first_step(share, fresh=False)
    assert step == "again"
    assert second == pytest.approx(DEADLINE, abs=1)


@pytest.mark.parametrize("share", [0.0, 1.0])
def test_a_part_that_was_started_just_now_has_until_the_deadline(share):
    assert first_step(share, fresh=True)[0] == "end"
    assert first_step(share, fresh=True)[1] == pytest.approx(DEADLINE, abs=1)


def test_a_part_that_stops_working_is_started_again_from_then_on():
    answer_wait = AnswerWait(0.0, 0.0, fresh=False)
    assert answer_wait.step(HANGS_SECONDS + 1, 30.0) == "wait"
    assert answer_wait.step(HANGS_SECONDS * 1.5, 30.0) == "wait"
    assert answer_wait.step(HANGS_SECONDS * 2 + 2, 30.0) == "again"


def test_the_longer_a_part_is_silent_the_longer_its_answer_may_take():
    answer_wait = AnswerWait(0.0, 0.0, fresh=False)
    given = [answer_wait.answer_seconds(float(second)) for second in range(int(DEADLINE))]
    assert given == sorted(given)
    assert (given[0], given[-1]) == (probes.SECONDS, LONGEST_ANSWER)
