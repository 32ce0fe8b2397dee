"""Deliverables without a workload: each command says what is delivered, and sends nobody to ``up``."""

from __future__ import annotations

import json

import pytest
from commands_kit import Commands

NAME, WORKLOAD = "hello-go-from-pkg", "hello-go-web2pkg"
CARTO = "carto.run/v1alpha1"
ELSEWHERE = [{"name": "elsewhere", "namespace": "elsewhere"}]
HERE = ("-n", "apps-dev")


@pytest.fixture
def alone(commands: Commands) -> Commands:
    """What was delivered by a cluster that is well, on one that has no workload."""
    commands.play("fourth-run", 200.0)
    commands.api.objects.drop(commands.api.of(CARTO, "Workload"), ("default", WORKLOAD), orphan=True)
    return commands


@pytest.fixture
def unknown_place(alone: Commands) -> Commands:
    """The same, where no environment of the configuration is the namespace."""
    alone.api.namespaces("elsewhere")
    (alone.folder / "pkgops.yaml").write_text(json.dumps({"pkgops": {"environments": ELSEWHERE}}))
    return alone


def test_status_has_what_is_delivered_to_the_namespace(unknown_place: Commands) -> None:
    ended = unknown_place("status", *HERE, "-o", "json", "--exit-code")
    assert ended.code == 0, ended
    (found,) = ended.json()["workloads"]
    (env,) = found["environments"]
    assert (env["name"], env["version"], env["deliverable"]["name"]) == ("apps-dev", "0.1.1795906340", NAME)
    assert "apps-dev" in unknown_place("status", *HERE).out


def test_why_is_about_the_deliverable(unknown_place: Commands) -> None:
    ended = unknown_place("why", *HERE, "-o", "json")
    assert (ended.code, ended.json()["workload"], ended.json()["healthy"]) == (0, NAME, True)


@pytest.mark.parametrize("words", [(), (NAME,), ("hello",)])
def test_a_delivery_is_traced_by_its_name(unknown_place: Commands, words: tuple[str, ...]) -> None:
    ended = unknown_place("trace", *words, *HERE, "-o", "json")
    (chain,) = ended.json()["chains"]
    assert (chain["environment"], ended.json()["workload"]) == ("apps-dev", NAME)
    same = [hop["name"] for hop in chain["hops"] if hop["match"] == "same"]
    assert same == ["pod", "ops bundle", "package", "package bundle"]


def test_a_delivery_is_traced_by_its_image_and_by_its_address(unknown_place: Commands) -> None:
    (env,) = unknown_place("status", *HERE, "-o", "json").json()["workloads"][0]["environments"]
    for what in (env["image"], env["url"]):
        ended = unknown_place("trace", what, *HERE, "-o", "json")
        assert ended.json()["workload"] == NAME, ended


def test_of_several_each_has_its_own_row_and_one_has_to_be_named(unknown_place: Commands) -> None:
    api = unknown_place.api
    (first,) = (obj for obj in api.objects.all(api.of(CARTO, "Deliverable"), "apps-dev"))
    meta = {"name": "another", "namespace": "apps-dev", "generation": 1}
    api.put({**first, "metadata": meta, "status": {}})
    rows = unknown_place("status", *HERE, "-o", "json").json()["workloads"]
    assert [row["environments"][0]["deliverable"]["name"] for row in rows] == ["another", NAME]
    ended = unknown_place("why", *HERE)
    assert ended.code == 2
    assert "there are several deliverables in namespace apps-dev" in ended.err
    assert unknown_place("why", NAME, *HERE).code == 0


def test_a_name_that_is_none_is_answered_with_those_that_are_there(unknown_place: Commands) -> None:
    ended = unknown_place("trace", "nobody", *HERE)
    assert ended.code == 2
    assert "there is no deliverable 'nobody' in namespace apps-dev" in ended.err
    assert "pkgops up" not in ended.err


def test_environments_of_the_configuration_count_as_before(alone: Commands) -> None:
    found = alone("status", "-o", "json").json()["workloads"][0]["environments"]
    assert [env["name"] for env in found] == ["apps-dev", "apps-prod"]
    assert alone("why").code == 0
    for name in (NAME, WORKLOAD):
        assert len(alone("trace", name, "-o", "json").json()["chains"]) == 2


def test_where_nothing_is_nothing_is_told(unknown_place: Commands) -> None:
    assert unknown_place("status", "-n", "elsewhere").out == "No workload found\n"
    assert unknown_place("why", "-n", "elsewhere").code == 1
