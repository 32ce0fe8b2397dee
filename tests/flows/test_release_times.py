"""The changes of environments in the timeline: how long each took, by its record."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from recorded_promotion import NAME, rollable

from pkgops.flows.releases.release import Action, Record, Release, Result
from pkgops.flows.releases.times import TITLE, with_releases
from pkgops.model import Environment, Snapshot, StageTimes, State, Timeline, Verdict

BEGIN = datetime(2026, 1, 1, tzinfo=UTC)
NEWEST, OLDER = "main@sha1:" + "a" * 40, "main@sha1:" + "b" * 40
ENVIRONMENTS = tuple(
    Environment(name=name, namespace=f"ns-{name}", owner=None, stages=(), verdict=Verdict.READY)
    for name in ("dev", "prod")
)
SNAPSHOT = Snapshot(taken_at=BEGIN, workload=None, revision=NEWEST, environments=ENVIRONMENTS)


def record(number, revision=NEWEST, result=Result.SUCCEEDED, seconds=12):
    planned = BEGIN + timedelta(hours=number)
    return Record(
        name=f"r{number}",
        workload="default/hello",
        environment="prod",
        action=Action.PROMOTE,
        by="ann",
        planned=planned,
        before=Release(version="1"),
        after=Release(version="2", revision=revision),
        result=result,
        completed=None if seconds is None else planned + timedelta(seconds=seconds),
    )


def rows(*records, unknown=None):
    stages = [
        StageTimes(name=name, scope=scope, title=name, state=State.DONE)
        for name, scope in (("build", "supply-chain"), ("serve", "dev"), ("serve", "prod"))
    ]
    times = Timeline(taken_at=BEGIN, workload=None, stages=tuple(stages))
    return with_releases(times, SNAPSHOT, {"prod": records, "dev": ()}, unknown or {}).stages


def test_the_row_stands_below_the_stages_of_its_environment():
    shown = [(one.scope, one.title) for one in rows(record(1), unknown={"dev": "you may not list"})]
    assert shown == [
        ("supply-chain", "build"),
        ("dev", "serve"),
        ("dev", TITLE),
        ("prod", "serve"),
        ("prod", TITLE),
    ]
    assert [one.title for one in rows()] == ["build", "serve", "serve"], "nothing where nothing is recorded"


def test_what_is_not_known_is_said():
    row = next(one for one in rows(unknown={"dev": "you may not list"}) if one.title == TITLE)
    assert (row.state, row.note, row.runs) == (State.UNKNOWN, "unknown: you may not list", ())


@pytest.mark.parametrize(
    ("result", "seconds", "state", "took"),
    [
        (Result.SUCCEEDED, 12, State.DONE, 12),
        (Result.FAILED, 5, State.FAILED, 5),
        (Result.UNFINISHED, None, State.UNKNOWN, 0),
        (Result.PLANNED, None, State.WORKING, None),
    ],
)
def test_each_takes_from_its_beginning_to_its_end(result, seconds, state, took):
    row = rows(record(2, result=result, seconds=seconds), record(1))[-1]
    newest, before = row.runs
    ((span,),) = (newest.spans,)
    assert (row.state, newest.state, str(newest.object)) == (state, state, "configmap/r2")
    assert (span.end - span.begin).total_seconds() == took if span.end else took is None
    assert (before.object.name, before.revision) == ("r1", NEWEST)


def test_what_brought_another_commit_than_the_one_that_is_followed_is_one_of_before():
    assert rows(record(1))[-1].still == ""
    assert rows(record(1, revision=OLDER))[-1].still == OLDER
    assert rows(record(1, revision=""))[-1].still == "2"


def test_the_timeline_of_a_cluster_tells_of_deliveries_whose_objects_are_gone(commands):
    commands.serve_all()
    with rollable(commands.api):
        told = commands("timeline", NAME, "-o", "json")
        assert told.code == 0, told
        (row,) = [one for one in told.json()["stages"] if one["title"] == TITLE]
        assert (row["part"], [one["state"] for one in row["runs"]]) == ("apps-prod", ["done", "done"])
        shown = commands("timeline", NAME, "--all").out
        assert shown.count("2026-01-01 0") == 2
        assert "Release" in shown
        report = commands("report", NAME, "-o", "run.html")
        assert report.code == 0, report
    assert f'"title":"{TITLE}"' in (commands.folder / "run.html").read_text().replace('": "', '":"')
