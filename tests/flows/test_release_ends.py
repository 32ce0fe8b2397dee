"""How the record of a change ends, which release one may go back to, and what is refused as a record."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from snapshot_kit import IMAGE, NOW, ONE, at, environment

from pkgops.flows.promotion.gates import clock
from pkgops.flows.releases import release
from pkgops.flows.releases.recordmap import Unreadable, name_of
from pkgops.flows.releases.release import Action, GateResult, Record, Release, Result
from pkgops.model import Verdict


def ran(version, *, healthy=True):
    return Release(version=version, image=IMAGE, healthy=healthy)


def record(before="0.1.1", after="0.1.2", result=Result.SUCCEEDED, second=0, *, healthy=True, **more):
    values = {
        "name": f"hello-release-{second}",
        "workload": "default/hello",
        "environment": "prod",
        "action": Action.PROMOTE,
        "by": "ann",
        "planned": at(second),
        "before": ran(before, healthy=healthy),
        "after": ran(after),
        "result": result,
        "completed": None if result is Result.PLANNED else at(second + 65),
    }
    return Record(**{**values, **more})


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        (None, Release()),
        (
            environment(pinned="0.1.1", package="p", ops="o"),
            Release(
                version="0.1.1", image=IMAGE, revision=ONE, pinned="0.1.1", package="p", ops="o", healthy=True
            ),
        ),
        (environment(verdict=Verdict.STALE), Release(version="0.1.1", image=IMAGE, revision=ONE)),
        # What is ready without a package is no release that one could go back to.
        (environment(version=""), Release(image=IMAGE, revision=ONE)),
    ],
)
def test_what_an_environment_runs_as_a_release(found, expected):
    assert release.running(found) == expected


@pytest.mark.parametrize(
    ("records", "current", "rejected", "back"),
    [
        ([], "0.1.2", (), None),
        ([record()], "0.1.2", (), "0.1.1"),
        ([record()], "0.1.3", (), "0.1.2"),
        ([record(healthy=False)], "0.1.2", (), None),
        ([record(result=Result.FAILED)], "0.1.2", (), "0.1.1"),
        ([record(result=Result.FAILED)], "0.1.3", (), "0.1.1"),
        ([record(result=Result.UNFINISHED)], "0.1.3", (), "0.1.1"),
        ([record(before="")], "0.1.2", (), None),
        # A version that somebody rejected is none to go back to.
        ([record()], "0.1.2", ("0.1.1",), None),
        ([record("0.1.2", "0.1.3", second=9), record()], "0.1.3", ("0.1.2",), "0.1.1"),
        ([record("0.1.2", "0.1.3", second=9), record()], "0.1.3", (), "0.1.2"),
        # What was brought well counts before what was replaced.
        ([record("0.1.1", "0.1.5", second=9)], "0.1.9", (), "0.1.5"),
    ],
)
def test_the_last_healthy_release_before_the_one_that_runs(records, current, rejected, back):
    found = release.last_healthy(records, current, rejected)
    assert (found.version if found else None) == back


@pytest.mark.parametrize(
    ("runs", "result", "words"),
    [
        (ran("0.1.2"), Result.SUCCEEDED, "0.1.2 runs, healthy"),
        (ran("0.1.2", healthy=False), Result.UNFINISHED, "0.1.2 runs, not healthy"),
        (ran("0.1.1"), Result.UNFINISHED, "0.1.1 runs, healthy"),
        (Release(), Result.UNFINISHED, "nothing runs, not healthy"),
    ],
)
def test_a_command_that_ended_without_a_word_is_judged_by_what_runs(runs, result, words):
    planned = record(result=Result.PLANNED)
    found = release.completed_later(planned, runs, at(99))
    assert (found.result, found.completed) == (result, at(99))
    assert found.message.endswith(words)
    assert found.after == (runs if result is Result.SUCCEEDED else planned.after)


def test_a_planned_change_without_a_version_is_never_said_to_have_succeeded():
    planned = record(after="", result=Result.PLANNED)
    assert release.completed_later(planned, Release(healthy=True), at(9)).result is Result.UNFINISHED


@pytest.mark.parametrize(
    ("result", "runs", "after"),
    [
        (Result.SUCCEEDED, ran("0.1.4"), "0.1.4"),
        (Result.SUCCEEDED, None, "0.1.2"),
        (Result.FAILED, ran("0.1.1"), "0.1.2"),
        (Result.UNFINISHED, ran("0.1.1"), "0.1.2"),
    ],
)
def test_only_a_success_says_what_came(result, runs, after):
    found = release.completed(record(result=Result.PLANNED), result, at(9), runs, "why")
    assert (found.after.version, found.result, found.message) == (after, result, "why")


@pytest.mark.parametrize("result", list(Result))
def test_a_record_is_read_back_and_can_be_changed_only_while_it_is_planned(result):
    gates = (GateResult(gate="age", type="age", state="fail", evidence="2h", overridden="urgent"),)
    kept = record(result=result, gates=gates, message="why")
    obj = json.loads(json.dumps(release.config_map(kept, "apps-prod")))
    assert release.parse(obj) == kept
    assert obj.get("immutable", False) is (result is not Result.PLANNED)
    assert obj["metadata"]["namespace"] == "apps-prod"


def broken(change):
    obj = release.config_map(record(), "apps-prod")
    document = json.loads(obj["data"][release.FILE])
    change(document)
    return {**obj, "data": {release.FILE: json.dumps(document)}}


@pytest.mark.parametrize(
    "change",
    [
        lambda found: found.update(kind="Decision"),
        lambda found: found.update(apiVersion="pkgops.dev/v2"),
        lambda found: found.update(action="destroy"),
        lambda found: found.update(result="fine"),
        lambda found: found.update(planned="soon"),
        lambda found: found.update(completed="later"),
        lambda found: found.update(before=None),
        lambda found: found["after"].update(unheard="of"),
        lambda found: found.pop("workload"),
        lambda found: found.update(gates=[{"gate": "age"}]),
    ],
)
def test_what_somebody_else_wrote_is_no_record(change):
    with pytest.raises(Unreadable, match="hello-release-0"):
        release.parse(broken(change))


@pytest.mark.parametrize("data", [None, {}, {"release.json": "{"}, {"release.json": "[]"}, {"other": "{}"}])
def test_a_config_map_without_a_record_is_none(data):
    with pytest.raises(Unreadable):
        release.parse({"metadata": {"name": "hello-release-0"}, "data": data})


def test_records_are_in_the_order_of_the_cluster_s_clock():
    """The machine of one of them was an hour ahead."""
    ahead = record(second=3600, created=at(10))
    later = record(second=20, created=at(20))
    uncreated = record(second=5)
    assert release.in_order([uncreated, ahead, later]) == [later, ahead, uncreated]


@pytest.mark.parametrize(("result", "seconds"), [(Result.SUCCEEDED, 65.0), (Result.PLANNED, None)])
def test_how_long_a_change_took(result, seconds):
    assert record(result=result).seconds == seconds


@pytest.mark.parametrize(
    ("workload", "room", "name"),
    [
        ("default/hello", 40, "hello-release-x"),
        ("hello", 40, "hello-release-x"),
        ("default/hello-world", 6, "hello-release-x"),
        ("default/hello.world", 6, "hello-release-x"),
    ],
)
def test_the_name_of_a_record_is_one_that_kubernetes_takes(workload, room, name):
    assert name_of(workload, room, "release", "x") == name


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0, "0s"),
        (59.9, "59s"),
        (60, "1m"),
        (90, "1m"),
        (3600, "1h"),
        (5400, "1h30m"),
        (86400, "1d"),
        (90000, "1d1h"),
        (90060, "1d1h"),
        (86460, "1d1m"),
    ],
)
def test_a_span_in_words_has_two_units_at_most(seconds, words):
    assert clock.lasting(timedelta(seconds=seconds)) == words


class Told:
    """The clock of a cluster, as far as it tells one."""

    name = "team"

    def __init__(self, moment):
        self.moment = moment

    def time(self):
        return self.moment


class Here:
    """The clock of this machine."""

    def now(self):
        return NOW


@pytest.mark.parametrize(
    ("there", "now", "note"),
    [
        (at(0), at(0), ""),
        (at(59), at(59), ""),
        (at(-59), at(-59), ""),
        (at(120), at(120), "by the clock of team; this machine's is 2m behind"),
        (at(-3600), at(-3600), "by the clock of team; this machine's is 1h ahead"),
        (None, NOW, "by the clock of this machine, since team has no time"),
    ],
)
def test_the_clock_of_the_cluster_counts_and_a_difference_is_told(there, now, note):
    found = clock.of(Told(there), Here())
    assert (found.now, found.note) == (now, note)
