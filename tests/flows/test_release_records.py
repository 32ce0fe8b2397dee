"""Records of releases: their form, their order, which one is gone back to, and which may be deleted."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from pkgops.flows.promotion import retention
from pkgops.flows.releases import release
from pkgops.flows.releases.recordmap import Unreadable
from pkgops.flows.releases.release import Action, Record, Release, Result

BEGIN = datetime(2026, 1, 1, 12, tzinfo=UTC)


def ran(version, *, healthy=True):
    return Release(
        version=version,
        image=f"r/hello@sha256:{version}",
        revision=f"main@sha1:{version}",
        pinned=version,
        healthy=healthy,
    )


def record(number, before, after, result=Result.SUCCEEDED, **more):
    """The change with this number of an environment; they are a minute apart."""
    planned = BEGIN + timedelta(minutes=number)
    ended = None if result is Result.PLANNED else planned + timedelta(seconds=7)
    values = {
        "name": f"hello-release-{number}",
        "workload": "default/hello",
        "environment": "prod",
        "action": Action.PROMOTE,
        "by": "jane",
        "planned": planned,
        "before": before,
        "after": after,
        "result": result,
        "completed": ended,
    }
    return Record(**{**values, **more})


def test_a_record_is_read_as_it_was_written():
    for result in Result:
        written = record(1, Release(), ran("1"), result, message="so")
        obj = release.config_map(written, "ns")
        assert release.parse(obj) == written
        assert obj["metadata"]["labels"] == {"pkgops.dev/release": "v1"}
        assert obj.get("immutable", False) is (result is not Result.PLANNED)


@pytest.mark.parametrize(
    "data", [{}, {"release.json": ""}, {"release.json": "[]"}, {"release.json": '{"kind": "Release"}'}]
)
def test_what_somebody_edited_is_no_record(data):
    obj = {**release.config_map(record(1, Release(), ran("1")), "ns"), "data": data}
    with pytest.raises(Unreadable, match="hello-release-1"):
        release.parse(obj)


def test_a_record_of_a_later_form_is_not_guessed_at():
    obj = release.config_map(record(1, Release(), ran("1")), "ns")
    text = obj["data"]["release.json"].replace("pkgops.dev/v1", "pkgops.dev/v2")
    with pytest.raises(Unreadable):
        release.parse({**obj, "data": {"release.json": text}})


def test_the_order_is_that_of_the_cluster_though_a_machines_clock_is_off_by_an_hour():
    early = record(1, Release(), ran("1"), created=BEGIN)
    late = replace(record(2, ran("1"), ran("2"), created=BEGIN + timedelta(minutes=1)))
    behind = replace(late, planned=late.planned - timedelta(hours=1))
    assert release.in_order([early, behind]) == [behind, early]


@pytest.mark.parametrize(
    ("records", "current", "found"),
    [
        ([], "1", None),
        ([record(1, Release(), ran("1"))], "1", None),
        ([record(2, ran("1"), ran("2")), record(1, Release(), ran("1"))], "2", "1"),
        ([record(1, ran("0"), ran("1"))], "1", "0"),
        ([record(1, ran("0", healthy=False), ran("1"))], "1", None),
        ([record(2, ran("1"), ran("2"), Result.FAILED), record(1, Release(), ran("1"))], "2", "1"),
        ([record(3, ran("1"), ran("3")), record(2, ran("1"), ran("2"), Result.FAILED)], "3", "1"),
        (
            [record(2, ran("1", healthy=False), ran("2"), Result.UNFINISHED), record(1, ran("0"), ran("1"))],
            "2",
            "1",
        ),
        ([record(2, ran("2", healthy=False), ran("2")), record(1, ran("1"), ran("2"))], "2", "1"),
    ],
)
def test_the_last_healthy_release_before_the_one_that_runs(records, current, found):
    release_found = release.last_healthy(records, current)
    assert (release_found.version if release_found else None) == found


def test_the_newest_stay_and_the_current_and_the_last_healthy_one_whatever_their_age():
    old = [record(1, Release(), ran("1")), record(2, ran("1"), ran("2"))]
    failed = [record(n, ran("2"), ran(str(n)), Result.FAILED) for n in range(3, 60)]
    planned = record(2, ran("1"), ran("2"), Result.PLANNED, name="planned")
    everything = release.in_order([*old, *failed, planned])
    gone = retention.prunable(everything, 50)
    assert [one.name for one in gone] == [f"hello-release-{n}" for n in range(9, 2, -1)]
    assert retention.prunable(everything[:50], 50) == []


def test_a_rejected_version_is_not_kept_as_the_last_healthy_one():
    told = [record(n, ran(str(n - 1)), ran(str(n))) for n in (3, 2, 1)]
    assert [one.name for one in retention.prunable(told, 1)] == ["hello-release-1"]
    assert [one.name for one in retention.prunable(told, 1, {"2"})] == ["hello-release-2"]


@pytest.mark.parametrize(
    ("runs", "result"),
    [
        (ran("2"), Result.SUCCEEDED),
        (ran("1"), Result.UNFINISHED),
        (ran("2", healthy=False), Result.UNFINISHED),
    ],
)
def test_the_record_of_a_killed_command_is_completed_with_what_is_true_now(runs, result):
    left = record(1, ran("1"), ran("2"), Result.PLANNED)
    found = release.completed_later(left, runs, BEGIN + timedelta(hours=1))
    assert (found.result, found.completed) == (result, BEGIN + timedelta(hours=1))
    assert f"{runs.version} runs" in found.message
