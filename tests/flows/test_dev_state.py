"""Saves, keys and the ends of runs become actions; time is passed in."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from pkgops.flows.dev.state import (
    GATHERED,
    KEY,
    LONG_LOG,
    SAVE,
    SHORT_LOG,
    START,
    Ended,
    Follow,
    Gathering,
    Note,
    NotPushed,
    Open,
    Pressed,
    Push,
    Pushed,
    Quit,
    Saved,
    SetTests,
    ShowAnswer,
    ShowLog,
    ShowOlder,
    State,
    listed,
    step,
)

NOW = datetime(2026, 1, 1, tzinfo=UTC)
LATER = NOW + timedelta(seconds=30)
OLD, NEW = "0" * 40, "1" * 40


def run(*inputs, state=None):
    """Take inputs one after the other; return the last state and what is to be done for the last."""
    found, actions = state or State(since=NOW), ()
    for one in inputs:
        found, actions = step(found, one)
    return found, actions


def test_a_save_is_pushed_and_its_commit_followed():
    state, actions = run(Pushed(OLD), Ended(well=True), Saved(("main.go",), LATER))
    assert actions == (Note("saved: main.go"), Push())
    state, actions = run(Pushed(NEW), state=state)
    assert actions == (Follow(NEW),)
    assert state.running
    assert state.commit == NEW


def test_a_configuration_that_changed_is_told_to_be_read_at_the_start_only():
    _, actions = run(Saved(("main.go", "pkgops.yaml"), LATER))
    assert [one.text.split()[0] for one in actions[:-1]] == ["saved:", "pkgops.yaml"]
    assert actions[-1] == Push()


def test_an_answer_is_measured_from_the_save_that_it_comes_from():
    state, actions = run(Pushed(OLD), Ended(well=True))
    assert actions == (ShowAnswer(NOW, START),)
    _, actions = run(Saved(("main.go",), LATER), Pushed(NEW), Ended(well=True), state=state)
    assert actions == (ShowAnswer(LATER, SAVE),)


def test_a_newer_save_overtakes_the_run_before():
    state, actions = run(Pushed(OLD), Saved(("main.go",), LATER), Pushed(NEW))
    said, follow = actions
    assert follow == Follow(NEW)
    assert "11111111 supersedes 00000000" in said.text
    assert run(Ended(well=True), state=state)[1] == (ShowAnswer(LATER, SAVE),)


def test_a_run_goes_on_while_a_save_is_pushed_that_changes_nothing():
    state, actions = run(Pushed(OLD), Saved(("main.go",), LATER), Pushed(OLD))
    assert [type(one) for one in actions] == [Note]
    assert state.running
    assert run(Ended(well=True), state=state)[1] == (ShowAnswer(NOW, START),)


def test_a_save_that_changes_nothing_starts_no_run():
    state, actions = run(Pushed(OLD), Ended(well=True), Saved(("main.go",), LATER), Pushed(OLD))
    assert [type(one) for one in actions] == [Note]
    assert not state.running


def test_after_a_failure_the_version_before_is_asked_and_the_next_save_runs():
    state, actions = run(Pushed(OLD), Ended(well=False))
    assert actions == (ShowOlder(),)
    _, actions = run(Saved(("main.go",), LATER), Pushed(NEW), state=state)
    assert actions == (Follow(NEW),)


@pytest.mark.parametrize("running", [True, False])
def test_what_could_not_be_pushed_leaves_everything_as_it_was(running):
    before, _ = run(Pushed(OLD), *([] if running else [Ended(well=True)]))
    assert run(Saved((".",), LATER), NotPushed(), state=before) == (before, ())


def test_the_same_content_runs_again_when_that_is_asked_for():
    state, actions = run(Pushed(OLD), Ended(well=False), Pressed("r", LATER))
    assert actions == (Push(again=True),)
    state, actions = run(Pushed(NEW), state=state)
    assert actions == (Follow(NEW),)
    assert run(Ended(well=True), state=state)[1] == (ShowAnswer(LATER, KEY),)


def test_the_log_is_shown_long_and_short_in_turn():
    state, actions = run(Pressed("l", NOW))
    assert actions == (ShowLog(LONG_LOG),)
    assert run(Pressed("l", NOW), state=state)[1] == (ShowLog(SHORT_LOG),)


def test_tests_are_turned_off_and_on_in_turn():
    state, actions = run(Pressed("t", NOW))
    assert actions == (SetTests(False),)
    assert run(Pressed("t", NOW), state=state)[1] == (SetTests(True),)


@pytest.mark.parametrize(("key", "expected"), [("o", (Open(),)), ("q", (Quit(),)), ("x", ()), ("\x1b", ())])
def test_keys_that_change_no_run(key, expected):
    before, _ = run(Pushed(OLD))
    assert run(Pressed(key, LATER), state=before) == (before, expected)


def test_only_the_first_files_of_many_are_named():
    assert listed(("a", "b", "c")) == "a, b, c"
    assert listed(("a", "b", "c", "d", "e")) == "a, b, c and 2 more"


def test_a_save_is_gathered_from_its_first_file_on():
    gathering, moment = Gathering(), timedelta(milliseconds=100)
    assert gathering.take((), NOW) is None
    assert gathering.take(("b", "a"), NOW) is None
    assert gathering.take(("a", "c"), NOW + moment) is None
    assert gathering.take((), NOW + GATHERED) == Saved(("b", "a", "c"), NOW)
    assert gathering.take((), NOW + GATHERED + moment) is None


def test_files_that_never_end_changing_are_saves_too():
    gathering, moment = Gathering(), timedelta(milliseconds=100)
    saves = [gathering.take((str(index),), NOW + index * moment) for index in range(12)]
    found = [one for one in saves if one is not None]
    assert [name for one in found for name in one.names] == [str(index) for index in range(12)]
