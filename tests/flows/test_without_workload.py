"""Deliverables without a workload: each command says what is delivered, and sends nobody to ``up``."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from commands_kit import Commands
from fake_registry import FakeRegistry
from registry_fixtures import *  # noqa: F403

pytestmark = pytest.mark.slow

NAME, WORKLOAD = "hello-go-from-pkg", "hello-go-web2pkg"
CARTO = "carto.run/v1alpha1"
ELSEWHERE = [{"name": "elsewhere", "namespace": "elsewhere"}]
HERE = ("-n", "apps-dev")
CHAIN = Path(__file__).parents[1] / "data" / "chains" / "delivered-alone"
TEMPLATES = ("--templates", str(CHAIN))


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
    same = [step["name"] for step in chain["steps"] if step["match"] == "same"]
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


def test_wait_ends_with_what_is_delivered(unknown_place: Commands) -> None:
    for words in ((), (NAME,), ("--for", "apps-dev")):
        ended = unknown_place("wait", *words, *HERE, "--timeout", "5s", "-o", "json")
        assert ended.code == 0, ended
        (found,) = ended.json()["workloads"]
        assert found["environments"][0]["version"] == "0.1.1795906340"


def test_wait_ends_with_what_fails(unknown_place: Commands) -> None:
    api = unknown_place.api
    kind = api.of("packaging.carvel.dev/v1alpha1", "PackageInstall")
    (install,) = api.objects.all(kind, "apps-dev")
    failed = {"type": "ReconcileFailed", "status": "True", "message": "Expected to find at least one version"}
    api.put({**install, "status": {**install["status"], "conditions": [failed]}})
    ended = unknown_place("wait", *HERE, "--timeout", "4s")
    assert ended.code in (1, 4), ended
    assert "apps-dev" in ended.err
    assert "pkgops up" not in ended.err


@pytest.fixture
def no_application(unknown_place: Commands) -> Commands:
    """The same, of a package that holds nothing but ConfigMaps."""
    api = unknown_place.api
    for place in ("Service", "Configuration", "Revision", "Route"):
        kind = api.of("serving.knative.dev/v1", place)
        for obj in list(api.objects.all(kind, "apps-dev")):
            meta = obj["metadata"]
            api.objects.drop(kind, (meta["namespace"], meta["name"]), orphan=True)
    (app,) = api.objects.all(api.of("kappctrl.k14s.io/v1alpha1", "App"), "apps-dev")
    app["status"]["deploy"]["kapp"]["associatedResources"]["groupKinds"] = [
        {"group": "", "kind": "ConfigMap"}
    ]
    api.put(app)
    return unknown_place


NOTE = "holds neither a Service of Knative nor a Deployment, but ConfigMap"


def test_a_delivery_that_runs_no_application_ends_well(no_application: Commands) -> None:
    ended = no_application("wait", *HERE, "--timeout", "5s", "-o", "json")
    assert ended.code == 0, ended
    (env,) = ended.json()["workloads"][0]["environments"]
    assert (env["verdict"], env["version"], env["image"]) == ("ready", "0.1.1795906340", "")
    assert env["note"] == NOTE
    assert f"apps-dev: {NOTE}" in no_application("status", *HERE).out
    said = no_application("why", *HERE)
    assert (said.code, said.out.count("everything is done")) == (0, 1)
    assert NOTE in " ".join(said.out.split())


def test_where_nothing_is_run_nothing_is_opened(no_application: Commands) -> None:
    ended = no_application("open", NAME, *HERE, "--curl")
    assert ended.code == 1, ended
    assert f"{NAME} has nothing to open in apps-dev" in ended.err
    assert NOTE in ended.err
    assert "next: pkgops status" in ended.err


def test_an_application_that_is_yet_to_come_is_waited_for(no_application: Commands) -> None:
    """What the App deployed has a Service among it: that it is not seen yet says nothing."""
    api = no_application.api
    (app,) = api.objects.all(api.of("kappctrl.k14s.io/v1alpha1", "App"), "apps-dev")
    for kinds in (
        [{"group": "serving.knative.dev", "kind": "Service"}],
        [{"group": "apps", "kind": "Deployment"}],
    ):
        app["status"]["deploy"]["kapp"]["associatedResources"]["groupKinds"] = kinds
        api.put(app)
        ended = no_application("wait", *HERE, "--timeout", "2s")
        assert ended.code == 4, ended


def test_what_nothing_tells_of_is_waited_for(no_application: Commands) -> None:
    """An earlier kapp-controller does not say what it deployed."""
    api = no_application.api
    (app,) = api.objects.all(api.of("kappctrl.k14s.io/v1alpha1", "App"), "apps-dev")
    del app["status"]["deploy"]["kapp"]
    api.put(app)
    assert no_application("wait", *HERE, "--timeout", "2s").code == 4


@pytest.mark.parametrize("option", [("--revision", "abc"), ("--built",)])
def test_nothing_of_a_delivery_alone_is_built_here(unknown_place: Commands, option: tuple[str, ...]) -> None:
    for name in ((), (NAME,)):
        ended = unknown_place("wait", *name, *HERE, *option)
        assert ended.code == 2, ended
        assert f"{NAME} is a deliverable without a workload" in ended.err


def test_timeline_has_the_stages_of_a_delivery(unknown_place: Commands) -> None:
    for name in ((), (NAME,)):
        ended = unknown_place("timeline", *name, *HERE, "-o", "json")
        assert ended.code == 0, ended
        assert {stage["part"] for stage in ended.json()["stages"]} == {"apps-dev"}


def test_report_is_written_of_a_delivery(unknown_place: Commands) -> None:
    ended = unknown_place("report", *HERE, "-o", "page.html", "--junit", "found.xml")
    assert ended.code == 0, ended
    assert NAME in (unknown_place.folder / "page.html").read_text()
    assert "apps-dev" in (unknown_place.folder / "found.xml").read_text()


def test_logs_of_a_delivery_are_those_of_what_serves(unknown_place: Commands) -> None:
    ended = unknown_place("logs", NAME, *HERE, "--stage", "serve")
    assert ended.code == 0, ended
    assert "there is no workload" not in ended.err
    assert unknown_place("logs", *HERE, "--env", "elsewhere").code == 2


def test_a_command_for_workloads_says_what_the_name_is(unknown_place: Commands) -> None:
    ended = unknown_place("up", NAME, *HERE)
    assert ended.code == 2, ended
    assert f"{NAME} in namespace apps-dev is a deliverable without a workload" in ended.err
    assert f"pkgops why {NAME}" in ended.err


@pytest.fixture
def with_chain(commands: Commands, registry: FakeRegistry) -> Commands:
    """A cluster with all kinds, and a namespace that the configuration does not know."""
    settings = {
        "registry": {"server": f"http://{registry.host}", "tagPrefix": f"{registry.host}/demo/"},
        "gitops": {"url": "http://git.example.com/parcels"},
    }
    (commands.folder / "pkgops.yaml").write_text(json.dumps(settings))
    commands.serve_all()
    commands.api.namespaces("default", "apps-dev", "apps-prod", "parcels")
    return commands


def parcels(commands: Commands, kind: str, api: str = CARTO) -> list[tuple[str, str]]:
    found = commands.api.objects.all(commands.api.of(api, kind))
    return [(obj["metadata"]["namespace"], obj["metadata"]["name"]) for obj in found]


def test_up_submits_a_deliverable_without_a_workload_where_n_says(with_chain: Commands) -> None:
    told = with_chain("up", *TEMPLATES, "-n", "parcels", "--no-wait", "--yes")
    assert told.code == 0, told
    assert parcels(with_chain, "Deliverable") == [("parcels", "parcel")]
    assert parcels(with_chain, "Workload") == []
    assert parcels(with_chain, "ServiceAccount", "v1") == [("parcels", "parcels")]
    again = with_chain("up", *TEMPLATES, "-n", "parcels", "--no-wait", "--yes")
    assert "unchanged deliverable/parcel" in again.err
    gone = with_chain("clean", "parcel", *TEMPLATES, "-n", "parcels", "--yes")
    assert gone.code == 0, gone
    assert (parcels(with_chain, "Deliverable"), parcels(with_chain, "ServiceAccount", "v1")) == (
        [],
        [("parcels", "parcels")],
    )


def test_up_delivers_to_an_environment_with_what_the_configuration_says_of_it(with_chain: Commands) -> None:
    gated = {"name": "prod", "namespace": "apps-prod", "gates": [{"soak": "30m"}]}
    config = json.loads((with_chain.folder / "pkgops.yaml").read_text())
    config["pkgops"] = {"environments": ["apps-dev", gated]}
    (with_chain.folder / "pkgops.yaml").write_text(json.dumps(config))
    refused = with_chain("up", *TEMPLATES, "-n", "apps-prod", "--no-wait", "--yes")
    assert refused.code == 2, refused
    assert "gates of prod" in refused.err
    assert with_chain("up", *TEMPLATES, "-n", "apps-dev", "--no-wait", "--yes").code == 0
    assert parcels(with_chain, "Deliverable") == [("apps-dev", "parcel")]


def test_a_folder_is_the_source_of_no_delivery_alone(with_chain: Commands) -> None:
    told = with_chain("up", *TEMPLATES, "-n", "parcels", "--source", ".", "--yes")
    assert told.code == 2, told
    assert "is the source of no workload" in told.err
    assert not with_chain.changed()
