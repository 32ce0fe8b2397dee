"""The bars of a timeline: their columns, their words, and what is not known."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from shared_traces import recorded

from pkgops.cli import recorded as argument
from pkgops.errors import UsageError
from pkgops.flows import replay
from pkgops.model import Phase, Run, Span, StageTimes, State, Timeline
from pkgops.view import timeline as view

BEGAN = datetime(2026, 11, 22, 12, tzinfo=UTC)


def at(second):
    return BEGAN + timedelta(seconds=second)


def span(phase, begin, end):
    return Span(phase, at(begin), None if end is None else at(end))


def of(*stages, now=10):
    return Timeline(
        taken_at=at(now), workload=None, revision="main@sha1:" + "1a2b3c4d" * 5, stages=tuple(stages)
    )


def stage(title, *spans, state=State.DONE, **more):
    run = Run(object=None, state=state, spans=spans, note=more.pop("untold", ""))
    return StageTimes(name=title.lower(), scope="supply-chain", title=title, state=state, runs=(run,), **more)


def bars(found, columns=20, **more):
    layout = view.Layout(view.GUTTER + columns, view.PLAIN_BARS, **more)
    return {line.split()[0]: line for line in view.report(found, layout).splitlines() if line}


def drawn(line):
    return line[view.GUTTER - 1 :]


def test_columns_are_shares_of_the_time():
    lines = bars(
        of(
            stage("Fetch", span(Phase.WORKING, 0, 0)),
            stage("Test", span(Phase.WAITING, 0, 5), span(Phase.WORKING, 5, None), state=State.WORKING),
        )
    )
    assert drawn(lines["Fetch"]) == "#"
    assert drawn(lines["Test"]) == "-" * 10 + "#" * 10
    assert lines["Test"].split()[1:4] == ["working", "5s", "5s"]


def test_what_carries_another_commit_has_no_bar_and_stretches_no_scale():
    old = stage("Build", span(Phase.WORKING, -5000, -4000), still="main@sha1:" + "9" * 40)
    lines = bars(of(stage("Test", span(Phase.WORKING, 0, 10)), old))
    assert lines["Build"].split() == ["Build", "waiting", "still", "99999999"]
    assert drawn(lines["Test"]) == "#" * 20
    lines = bars(of(stage("Test", span(Phase.WORKING, 0, 10)), old), earlier=True)
    assert "2026-11-22 10:36:40" in lines["before"]


def test_no_time_is_said_in_words():
    lines = bars(of(stage("Fetch", untold="when is not known")))
    assert lines["Fetch"].split()[2:] == ["when", "is", "not", "known"]
    assert "no time is known" in view.report(of(stage("Fetch")), view.Layout())


@pytest.mark.parametrize("second", [0, 126])
def test_no_line_is_wider_than_the_terminal(second):
    moment = replay.moment(recorded("fourth-run"), second)
    times = moment.tracker.timeline(moment.snapshot)
    for width in (10, 60, 100, 400):
        shown = view.report(times, view.Layout(width, earlier=True))
        assert max(len(line) for line in shown.splitlines()) <= width


@pytest.mark.parametrize(
    ("subject", "path"),
    [
        ("hello", None),
        (None, None),
        ("hello.world", None),
        ("./hello", "hello"),
        ("run.jsonl", "run.jsonl"),
        ("a/run.jsonl.gz", "a/run.jsonl.gz"),
    ],
)
def test_a_name_is_told_from_a_file(subject, path):
    found = argument.recording_of(subject)
    assert (str(found) if found else None) == path


def test_a_moment_needs_a_recording():
    with pytest.raises(UsageError) as error:
        argument.recording_of("hello", 3.0)
    assert "'hello'" in error.value.why
