"""What history and status tell of a recorded run: without records, and of an environment that is away."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from pkgops.flows.promotion import unrecorded
from pkgops.flows.releases import release
from pkgops.flows.releases.release import Action, Record, Release, Result
from pkgops.kube import retry
from pkgops.model import ObjectRef
from pkgops.pipeline.rollouts import Rollout

RUN, END = "fifth-run", 240.0
NAME = "hello-go-web2pkg"
SCHEMAS = Path(__file__).parents[2] / "docs" / "reference" / "schemas"


def valid(kind, document):
    Draft202012Validator(json.loads((SCHEMAS / f"{kind}.schema.json").read_text())).validate(document)
    return document


def test_what_an_environment_that_follows_got_is_listed_with_its_commits(commands):
    commands.play(RUN, END)
    ended = commands("history", "--env", "apps-dev")
    assert ended.code == 0, ended
    head, *rows = (" ".join(line.split()) for line in ended.out.splitlines())
    assert head.startswith("ENVIRONMENT WHEN CHANGE")
    assert rows[1:] == [
        "apps-dev 2026-11-28 22:52:26Z no record - - 66c5e01b - - -",
        "apps-dev 2026-11-28 22:51:04Z no record - - 00830f98 - - -",
    ]
    assert rows[0].startswith("apps-dev 2026-11-28 23:37:41Z no record - 0.1.1795909055 ")
    assert rows[0].endswith(" runs now")
    (past,) = valid("history", commands("history", "--env", "apps-dev", "-o", "json").json())["environments"]
    revisions = [one["knativeRevision"] for one in past["unrecordedChanges"]]
    assert revisions == [f"{NAME}-0000{number}" for number in (3, 2, 1)]


BEGIN = datetime(2026, 1, 1, 12, tzinfo=UTC)
IMAGES = {number: f"r/hello@sha256:{str(number) * 64}" for number in (1, 2, 3)}


def record(result, image=IMAGES[2], seconds=60):
    planned = BEGIN
    completed = None if seconds is None else BEGIN.replace(second=seconds % 60, minute=seconds // 60)
    return Record(
        name="r",
        workload="default/hello",
        environment="prod",
        action=Action.PROMOTE,
        by="jane",
        planned=planned,
        before=Release(version="0.1.1", image=IMAGES[1]),
        after=Release(version="0.1.2", image=image),
        result=result,
        completed=completed,
    )


def rollout(minute, image):
    return Rollout(
        when=BEGIN.replace(minute=minute),
        object=ObjectRef("v1", "Revision", "prod", f"r-{minute}"),
        image=image,
    )


@pytest.mark.parametrize(
    ("found", "rollouts", "left"),
    [
        (record(Result.SUCCEEDED), [(1, 2)], []),
        (record(Result.SUCCEEDED), [(30, 2)], [(30, "0.1.2")]),
        (record(Result.UNFINISHED), [(30, 2)], []),
        (record(Result.UNFINISHED), [(30, 3)], [(30, "")]),
        (record(Result.PLANNED, seconds=None), [(30, 2)], []),
        (record(Result.PLANNED, seconds=None), [(30, 1)], [(30, "0.1.1")]),
        (record(Result.PLANNED, image="", seconds=None), [(30, 3)], []),
    ],
)
def test_what_a_change_brought_is_not_told_twice(found, rollouts, left):
    came = unrecorded.came([found], [rollout(minute, IMAGES[number]) for minute, number in rollouts])
    assert [(one.when.minute, one.version) for one in came] == left


def test_what_came_before_a_change_was_not_brought_by_it():
    before = Rollout(
        when=BEGIN.replace(hour=11), object=ObjectRef("v1", "Revision", "prod", "r"), image=IMAGES[2]
    )
    (one,) = unrecorded.came([record(Result.SUCCEEDED)], [before])
    assert one.version == "0.1.2"


@pytest.fixture
def far(commands, tmp_path, memory_api):
    """A second cluster, where the second environment is; its kubeconfig is beside the first's."""
    config = {"pkgops": {"environments": [{"name": "apps-dev"}, {"name": "apps-prod", "context": "far"}]}}
    (tmp_path / "pkgops.yaml").write_text(json.dumps(config))
    commands.play(RUN, END)
    path = commands.api.kubeconfig
    other = json.loads(memory_api.kubeconfig(tmp_path / "far", context="far").read_text())

    def both(place, user="admin", context="memory"):
        own = json.loads(path(place, user, context).read_text())
        for key in ("clusters", "contexts"):
            own[key] += other[key]
        place.write_text(json.dumps(own))
        return place

    commands.api.kubeconfig = both
    return memory_api


def test_an_environment_whose_cluster_is_down_is_unknown_and_the_others_are_shown(commands, far, monkeypatch):
    monkeypatch.setattr(retry, "FIRST_CONTACT_SECONDS", 0.1)
    far.close()
    told = commands("status", "-o", "json")
    assert told.code == 3, told
    assert commands("status", "--exit-code").code == 3
    shown = commands("status")
    assert (shown.code, "0.1.1795909055" in shown.out, "unknown" in shown.out) == (3, True, True)
    (workload,) = valid("status", told.json())["workloads"]
    dev, prod = workload["environments"]
    assert dev["version"] == "0.1.1795909055"
    assert (prod["version"], prod["verdict"]) == ("", "unknown")
    assert prod["behind"] == {"environment": "apps-dev", "versions": None, "since": None}
    past = commands("history", "-o", "json")
    assert past.code == 3, past
    dev, prod = valid("history", past.json())["environments"]
    assert (dev["unknown"], len(dev["unrecordedChanges"])) == ("", 3)
    assert prod["unknown"]


def test_many_releases_cost_no_more_requests_than_a_few(commands):
    commands.play(RUN, END)
    few = len(commands.api.requests)
    commands("history", "--env", "apps-prod")
    few = len(commands.api.requests) - few
    for number in range(500):
        one = replace(
            record(Result.SUCCEEDED), name=f"r-{number}", workload=f"default/{NAME}", environment="apps-prod"
        )
        commands.api.put(release.config_map(one, "apps-prod"))
    begun = len(commands.api.requests)
    found = commands("history", "--env", "apps-prod", "-o", "json").json()["environments"]
    assert len(found[0]["releases"]) == 500
    assert len(commands.api.requests) - begun == few


def test_a_service_without_a_revision_has_no_past(commands):
    commands.play(RUN, END)
    served = commands.api.of("serving.knative.dev/v1", "Revision")
    for revision in commands.api.objects.all(served):
        meta = revision["metadata"]
        commands.api.objects.drop(served, (meta["namespace"], meta["name"]), orphan=True)
    ended = commands("history", "--env", "apps-dev", "-o", "json")
    assert ended.code == 0, ended
    assert ended.json()["environments"][0]["unrecordedChanges"] == []
