"""``pkgops history`` and ``pkgops rollback`` as a person runs them, against servers in memory."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator
from typed_kit import *  # noqa: F403

from pkgops.flows.releases import release
from pkgops.flows.releases.release import Action, Record, Release, Result

SCHEMA = Path(__file__).parents[2] / "docs" / "reference" / "schemas" / "history.schema.json"
BEGIN = datetime(2026, 1, 1, 12, tzinfo=UTC)


def record(number, result=Result.SUCCEEDED, message=""):
    planned = BEGIN + timedelta(minutes=number)
    before, after = (
        Release(version=f"0.1.{n}", revision=f"main@sha1:{n:040d}") for n in (number - 1, number)
    )
    ended = None if result is Result.PLANNED else planned + timedelta(seconds=65)
    made = Record(
        name=f"hello-release-{number}", workload="default/hello", environment="apps-prod",
        action=Action.PROMOTE, by="jane",
        planned=planned, before=before, after=after, result=result, completed=ended, message=message,
    )  # fmt: skip
    obj = release.config_map(made, "apps-prod")
    meta = {**obj["metadata"], "uid": made.name, "creationTimestamp": f"{planned:%Y-%m-%dT%H:%M:%SZ}"}
    return {**obj, "metadata": meta}


@pytest.fixture
def pkgops(typed):
    return typed


def test_nothing_is_recorded(pkgops):
    assert pkgops("history")[:2] == (0, "No change is recorded\n")


def test_the_newest_change_stands_first_and_what_ended_otherwise_than_well_is_told(memory, pkgops):
    memory.put(record(1), record(2, Result.FAILED, "the install failed"))
    code, out, _ = pkgops("history")
    assert code == 0
    head, *rows = (line.split() for line in out.splitlines()[:3])
    assert head == ["ENVIRONMENT", "WHEN", "CHANGE", "FROM", "TO", "COMMIT", "BY", "TOOK", "ENDED"]
    assert [" ".join(row) for row in rows] == [
        "apps-prod 2026-01-01 12:02:00Z promote 0.1.1 0.1.2 00000000 jane 1m05s failed",
        "apps-prod 2026-01-01 12:01:00Z promote 0.1.0 0.1.1 00000000 jane 1m05s succeeded",
    ]
    assert out.splitlines()[3] == "apps-prod: the last promote is failed: the install failed"


def test_the_document_fits_its_schema(memory, pkgops):
    edited = {**record(3), "data": {"release.json": "{}"}}
    memory.put(record(1), record(2, Result.PLANNED), edited)
    code, out, _ = pkgops("history", "-o", "json")
    assert code == 0
    found = json.loads(out)
    Draft202012Validator(json.loads(SCHEMA.read_text())).validate(found)
    dev, prod = found["environments"]
    assert (dev["name"], dev["releases"]) == ("apps-dev", [])
    assert [one["result"] for one in prod["releases"]] == ["planned", "succeeded"]
    assert prod["unreadable"] == ["hello-release-3"]


def test_records_that_may_not_be_read_are_unknown_and_the_others_are_shown(memory, pkgops):
    memory.put(record(1))
    memory.allow("ann", ("*",), ("*",), "default", "apps-prod", "")
    code, out, _ = pkgops("history", user="ann")
    assert code == 3
    assert "apps-dev: what changed it is unknown: " in out
    assert "0.1.1" in out


def test_five_hundred_releases_are_one_request(memory, pkgops):
    memory.put(*(record(number) for number in range(1, 501)))
    memory.requests.clear()
    code, out, _ = pkgops("history", "--env", "apps-prod")
    assert code == 0
    assert len(out.splitlines()) == 501
    lists = [path for method, path in memory.requests if "/namespaces/apps-prod/configmaps" in path]
    assert len(lists) == 1


@pytest.mark.parametrize(
    ("argv", "code", "slug"),
    [
        (("history", "--env", "apps-prd"), 2, "unknown-environment"),
        (("rollback", "--env", "apps-prd"), 2, "unknown-environment"),
        (("rollback", "--env", "apps-prod", "--to", ">1"), 2, "bad-version"),
        (("rollback", "--env", "apps-prod"), 5, "nothing-to-roll-back"),
    ],
)
def test_what_cannot_be_done(pkgops, argv, code, slug):
    ended, out, err = pkgops(*argv)
    assert (ended, out) == (code, "")
    assert f"error: {slug}\n" in err
