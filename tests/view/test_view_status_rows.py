"""What a row of the status says of an environment, and what stands below the table."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta, timezone

import pytest
import view_snapshots as snapshots

from pkgops.model import Behind, Blockage, CauseCode, State, Verdict
from pkgops.view import status

SINCE = snapshots.at(5).astimezone(timezone(timedelta(hours=2)))


def cells(**more):
    """The cells of the only row, by their heading."""
    shown = status.table([snapshots.snapshot((), (snapshots.served(**more),))])
    head, row = shown.splitlines()[:2]
    starts = [head.index(name.upper()) for name in status.HEADER]
    return {
        name: row[start:end].strip()
        for name, start, end in zip(status.HEADER, starts, [*starts[1:], None], strict=True)
    }


@pytest.mark.parametrize(
    ("more", "heading", "shown"),
    [
        ({"verdict": Verdict.READY}, "health", "ready"),
        ({"verdict": Verdict.READY, "stale": True}, "health", "stale"),
        ({"verdict": Verdict.FAILED, "stale": True}, "health", "failed"),
        ({"verdict": Verdict.UNKNOWN, "stale": True}, "health", "unknown"),
        ({}, "follows", "newest"),
        ({"pinned": "0.1.1"}, "follows", "pinned to 0.1.1"),
        ({"pin_known": False}, "follows", "unknown"),
        ({"pinned": "0.1.1", "pin_known": False}, "follows", "pinned to 0.1.1"),
        ({}, "behind", "-"),
        ({"behind": Behind("apps-dev", 0)}, "behind", "0"),
        ({"behind": Behind("apps-dev", 3)}, "behind", "3"),
        ({"behind": Behind("apps-dev")}, "behind", "unknown"),
        ({"behind": Behind("apps-dev", 3, SINCE)}, "behind", "3 since 2026-11-22 12:00:05Z"),
        ({"behind": Behind("apps-dev", None, SINCE)}, "behind", "unknown since 2026-11-22 12:00:05Z"),
        ({"version": ""}, "version", "-"),
        ({"revision": ""}, "commit", "-"),
        ({"revision": "v1.2"}, "commit", "v1.2"),
        ({"image": "r/app:latest"}, "image", "-"),
        ({"url": ""}, "url", "-"),
    ],
)
def test_a_cell(more, heading, shown):
    assert cells(**more)[heading] == shown


def without_environment(**more):
    return status.table([snapshots.snapshot((), **more)]).splitlines()[1].split()


def test_a_workload_that_is_delivered_nowhere_has_a_row_of_its_supply_chain():
    assert without_environment(verdict=Verdict.WORKING)[1:] == [*"--", "1a2b3c4d", "-", "working", *"---"]
    assert without_environment(revision="")[1:4] == ["-", "-", "-"]
    assert without_environment(workload=None)[0] == "-"


@pytest.mark.parametrize("count", [1, 2])
def test_a_workload_that_is_not_there_has_no_row(count):
    absent = snapshots.snapshot((), (), verdict=Verdict.ABSENT)
    assert status.table([absent] * count) == "No workload found"
    both = status.table([absent, snapshots.ready()])
    assert len(both.splitlines()) == 2


def blockage(cause, state=State.FAILED, next="pkgops why"):
    return Blockage(code=CauseCode.FAILED, cause=cause, object=None, state=state, next=next)


@pytest.mark.parametrize(
    ("blockages", "notes"),
    [
        ([], []),
        ([blockage("it broke")], ["it broke", "next: pkgops why"]),
        ([blockage("it broke", next="")], ["it broke"]),
        ([blockage("it broke"), blockage("so did that")], ["it broke", "next: pkgops why"]),
        (
            [blockage("it broke"), blockage("may not read pods", State.UNKNOWN)],
            ["it broke", "may not read pods", "next: pkgops why"],
        ),
        (
            [blockage("may not read pods", State.UNKNOWN), *[blockage("nor events", State.UNKNOWN)] * 2],
            ["may not read pods", "nor events", "next: pkgops why"],
        ),
        ([blockage("no pods", State.UNKNOWN)] * 2, ["no pods", "next: pkgops why"]),
    ],
)
def test_below_the_table_stand_the_cause_all_that_is_unknown_and_one_command(blockages, notes):
    found = snapshots.snapshot((), (snapshots.served(),), blockages=tuple(blockages))
    assert status.table([found]).splitlines()[2:] == notes


def test_a_note_names_its_environment():
    found = snapshots.snapshot((), (snapshots.served(note="another pod runs"), snapshots.served()))
    assert status.table([found]).splitlines()[3:] == ["apps-dev: another pod runs"]


@pytest.mark.parametrize(
    ("behind", "document"),
    [
        (None, None),
        (Behind("apps-dev", 2), {"environment": "apps-dev", "versions": 2, "since": None}),
        (Behind("apps-dev"), {"environment": "apps-dev", "versions": None, "since": None}),
        (
            Behind("apps-dev", 2, SINCE),
            {"environment": "apps-dev", "versions": 2, "since": "2026-11-22T12:00:05+00:00"},
        ),
    ],
)
def test_how_far_behind_for_programs(behind, document):
    assert status.environment(snapshots.served(behind=behind))["behind"] == document


def test_the_cause_for_programs_is_the_deepest():
    found = replace(snapshots.failed(), blockages=(blockage("deep"), blockage("shallow", next="")))
    (workload,) = json.loads(status.document([found]))["workloads"]
    assert workload["blockage"] == {"code": "failed", "cause": "deep", "next": "pkgops why", "again": ""}
    assert json.loads(status.document([snapshots.ready()]))["workloads"][0]["blockage"] is None


def test_a_workload_has_its_name_and_namespace_in_the_row_and_in_the_document():
    found = snapshots.snapshot((), (snapshots.served(),))
    assert status.table([found]).splitlines()[1].split()[0] == snapshots.NAME
    document = status.workload(found)
    assert (document["name"], document["namespace"]) == (snapshots.NAME, "default")


def test_a_snapshot_without_a_workload_has_empty_names():
    found = status.workload(snapshots.snapshot((), workload=None))
    assert (found["name"], found["namespace"]) == ("", "")
