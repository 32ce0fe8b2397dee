"""Gates as a person meets them: ``pkgops gates``, and in promotions and rollbacks."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator
from package_versions import pushed
from registry_fixtures import *  # noqa: F403
from typed_kit import *  # noqa: F403

from pkgops.formats import yaml

SCHEMA = Path(__file__).parents[2] / "docs" / "reference" / "schemas" / "gates.schema.json"


@pytest.fixture
def pkgops(registry, typed, tmp_path):
    """Run pkgops where a workload has one package version, which runs nowhere; prod has gates."""
    text = yaml.dump_all([{"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "greeting"}}])
    pushed(registry, tmp_path, "0.1.1", {"delivery.yml": text}, {"tier": "gold"})
    gates = [
        {"labels": {"tier": "gold"}},
        {"annotations": {"reviewed": None}, "name": "reviewed", "overridable": False, "rollback": True},
    ]
    values = {
        "registry": {"tagPrefix": f"{registry.host}/apps/"},
        "workload": {"name": "hello"},
        "git": {"url": "https://git.example.com/hello.git"},
        "steps": {"test": {"image": "r/go"}, "package": {"image": "r/toolbox"}},
        "pkgops": {"environments": [{"name": "apps-dev"}, {"name": "apps-prod", "gates": gates}]},
    }
    (tmp_path / "config.yaml").write_text(yaml.dump_all([values]))
    return typed


TO = ("--to", "apps-prod", "--version", "0.1.1")


def changed(memory):
    return [path for method, path in memory.requests if method != "GET" and "reviews" not in path]


def test_the_table_tells_every_gate_and_ends_with_5_unless_all_pass(pkgops):
    code, out, _ = pkgops("gates", *TO)
    head, healthy, _, labels, reviewed, _, end = out.splitlines()
    assert (code, head.split()[0]) == (5, "GATE")
    assert healthy.split()[:2] == ["healthy", "pending"]
    assert labels.split()[:2] == ["labels", "pass"]
    assert labels.split(maxsplit=2)[2].split("  ")[0] == "the package has tier=gold"
    assert reviewed.split()[:2] == ["reviewed", "fail"]
    assert end == "0.1.1 to apps-prod: does not pass: healthy, reviewed"


def test_the_document_fits_its_schema(pkgops):
    code, out, _ = pkgops("gates", *TO, "-o", "json")
    found = json.loads(out)
    Draft202012Validator(json.loads(SCHEMA.read_text())).validate(found)
    assert (code, found["passes"]) == (5, False)
    assert [(one["gate"], one["state"]) for one in found["gates"]] == [
        ("healthy", "pending"),
        ("not-rejected", "pass"),
        ("labels", "pass"),
        ("reviewed", "fail"),
    ]


def test_where_must_be_said(pkgops):
    code, _, err = pkgops("gates")
    assert code == 2
    assert "Missing option '--to' / '--env'." in err


def test_a_dry_run_shows_the_gates_and_a_plan_keeps_them(pkgops, memory, tmp_path):
    code, out, _ = pkgops("promote", *TO, "--dry-run", "--plan", "plan.json")
    assert code == 0
    assert "0.1.1 to apps-prod: does not pass: healthy, reviewed" in out.splitlines()
    kept = json.loads((tmp_path / "plan.json").read_text())["gates"]
    assert [(one["gate"], one["state"]) for one in kept] == [
        ("healthy", "pending"),
        ("not-rejected", "pass"),
        ("labels", "pass"),
        ("reviewed", "fail"),
    ]
    code, out, _ = pkgops("promote", *TO, "--dry-run", "-o", "json")
    assert [one["state"] for one in json.loads(out)["gates"]] == ["pending", "pass", "pass", "fail"]
    code, _, err = pkgops("promote", "--plan", "plan.json", "--yes")
    assert code == 5
    assert "2 gates of apps-prod do not pass 0.1.1: healthy, reviewed" in err
    assert changed(memory) == []


def test_an_override_passes_its_gate_and_no_other(pkgops, memory):
    words = ("promote", *TO, "--yes", "--override", "healthy", "--reason", "prod is down")
    code, _, err = pkgops(*words)
    assert code == 5
    assert "error: gate\n" in err
    assert "gate reviewed of apps-prod does not pass: annotations of the package: reviewed is missing" in err
    assert changed(memory) == []
    code, out, _ = pkgops(*words, "--dry-run")
    assert code == 0
    assert "healthy        pending, overridden" in out


@pytest.mark.parametrize(
    ("words", "code", "slug"),
    [
        (("--override", "reviewed", "--reason", "x"), 5, "not-overridable"),
        (("--override", "revewed", "--reason", "x"), 2, "unknown-gate"),
        (("--override", "labels"), 2, "reason-missing"),
        (("--reason", "x"), 2, "reason-of-what"),
    ],
)
def test_overrides_that_are_refused(pkgops, memory, words, code, slug):
    ended, _, err = pkgops("promote", *TO, "--yes", *words)
    assert (ended, f"error: {slug}\n" in err) == (code, True)
    assert changed(memory) == []


def test_an_unknown_type_is_told_with_its_place(pkgops, tmp_path):
    text = (
        "registry: {tagPrefix: r.example.com/apps/}\n"
        "pkgops:\n  environments:\n  - name: apps-dev\n  - name: apps-prod\n    gates:\n    - soaked: 30m\n"
    )
    (tmp_path / "config.yaml").write_text(text)
    for words in (("gates",), ("promote", "--yes")):
        code, _, err = pkgops(*words, *TO)
        assert code == 2
        assert "config.yaml:7:7: there is no type of gate 'soaked'" in err


def test_a_promotion_that_waits_ends_with_what_is_left(pkgops, memory, tmp_path):
    code, _, err = pkgops("promote", *TO, "--yes", "--wait")
    assert (code, "error: gate\n" in err) == (5, True)  # One fails: nothing is waited for.
    (values,) = yaml.parse_all((tmp_path / "config.yaml").read_text(), "config.yaml")
    values["pkgops"]["environments"][1]["gates"].pop()
    (tmp_path / "config.yaml").write_text(yaml.dump_all([values]))
    code, _, err = pkgops("promote", *TO, "--yes", "--wait", "--timeout", "1s", "--progress", "plain")
    assert (code, "error: gates-pending\n" in err) == (4, True)
    assert "apps-prod: waits for healthy (deliver 0.1.1 to apps-dev first" in err
    assert "gates of apps-prod did not pass 0.1.1 within 1s: healthy" in err
    assert changed(memory) == []


def test_a_dry_run_waits_for_nothing(pkgops):
    code, _, err = pkgops("promote", *TO, "--wait", "--dry-run")
    assert (code, "error: wait-dry-run\n" in err) == (2, True)


WRONG = [
    ({"soack": "30m"}, "there is no type of gate 'soack'"),
    ({"soak": "soon"}, "soon"),
    ({"window": {"schedule": "0 9 30 2 *", "for": "1h"}}, "has no occurrence"),
    ({"window": {"schedule": "0 9 * *", "for": "1h"}}, "must have minute, hour, day, month and weekday"),
    ({"approval": {"count": 0}}, "count"),
]


@pytest.mark.parametrize(("gate", "words"), WRONG)
def test_a_gate_that_makes_no_sense_is_told_before_anybody_promotes(typed, tmp_path, gate, words):
    prod = {"name": "apps-prod", "gates": [{"labels": {"tier": "gold"}}, gate]}
    values = {"pkgops": {"environments": [{"name": "apps-dev"}, prod]}}
    (tmp_path / "config.yaml").write_text(yaml.dump_all([values]))
    code, out, err = typed("config")
    assert code == 2
    assert "pkgops.environments" in out
    assert words in err
    assert "config.yaml" in err
    _, out, _ = typed("doctor", "-o", "json")
    (check,) = [one for one in json.loads(out)["checks"] if one["name"] == "gates"]
    assert check["result"] == "failed"
    assert words in check["message"]
    assert "config.yaml" in check["message"]


def test_the_doctor_names_the_gates_that_can_be_asked(pkgops):
    _, out, _ = pkgops("doctor", "-o", "json")
    told = [one["message"] for one in json.loads(out)["checks"] if one["name"] == "gates"]
    assert told == ["apps-prod: labels, reviewed can be evaluated"]
