"""What lasts for a moment is not told, what lasts is told once, and what ends is told at once."""

from __future__ import annotations

import view_snapshots as snapshots

from pkgops.model import Event, State
from pkgops.view.debounce import Debounce


def event(state, message="", **data):
    return Event(
        time=snapshots.at(0),
        type="stage",
        message=message or str(state),
        stage="image-builder",
        scope="supply-chain",
        state=state,
        data=data,
    )


def told(*moments):
    """What is told of (second, events): second and message of each."""
    held = Debounce()
    found = []
    for second, events in moments:
        snapshot = snapshots.snapshot(
            snapshots.chain(snapshots.source_tester()), taken_at=snapshots.at(second)
        )
        found += [(second, one.message) for one in held.take(events, snapshot)]
    return found


WORKS, DONE, FAILS = event(State.WORKING), event(State.DONE), event(State.FAILED)


def test_a_state_is_told_after_two_seconds_and_then_no_more():
    assert told((0, [WORKS]), (1.9, []), (2, []), (5, [])) == [(2, "working")]


def test_what_is_told_late_has_the_time_at_which_it_is_told():
    held = Debounce()
    snapshot = snapshots.snapshot((), taken_at=snapshots.at(0))
    assert list(held.take([WORKS], snapshot)) == []
    (late,) = held.take([], snapshots.snapshot((), taken_at=snapshots.at(3)))
    assert late.time == snapshots.at(3)


def test_an_end_is_told_at_once_and_what_came_before_it_never():
    assert told((0, [WORKS]), (1, [DONE]), (9, [])) == [(1, "done")]
    assert told((0, [WORKS]), (1, [FAILS]), (9, [])) == [(1, "failed")]


def test_the_end_of_another_commit_is_told_like_any_other_state():
    older = event(State.DONE, "still 2bcb94da", still="main@sha1:" + "2bcb94da" * 5)
    assert told((0, [older]), (1, [])) == []
    assert told((0, [older]), (2, [])) == [(2, "still 2bcb94da")]


def test_a_state_that_changes_its_words_is_counted_from_its_beginning():
    words = event(State.WORKING, "step 2")
    assert told((0, [WORKS]), (1.5, [words]), (2, [])) == [(2, "step 2")]


def test_what_waits_for_a_stage_on_the_board_is_told_by_that_stage():
    waits = event(State.WAITING, "waiting for source-tester", waitsFor="source-tester")
    assert told((0, [WORKS]), (1, [waits]), (9, [])) == []
    node = event(State.WAITING, "waiting for a node", waitsFor="a node")
    assert told((0, [node]), (9, [])) == [(9, "waiting for a node")]


def test_the_same_is_not_told_twice_in_a_row_but_after_something_else():
    assert told((0, [DONE]), (1, [DONE])) == [(0, "done")]
    assert told((0, [DONE]), (1, [FAILS]), (2, [DONE])) == [(0, "done"), (1, "failed"), (2, "done")]


def test_what_is_of_no_stage_goes_through():
    note = Event(time=snapshots.at(0), type="note", message="pushed")
    assert told((0, [note, note])) == [(0, "pushed"), (0, "pushed")]
