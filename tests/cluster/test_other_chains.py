"""Supply chains of other shapes than the one that ships, from their templates to an answer."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from pipeline_kit import Ran, pkgops

from pkgops.kube import Client

pytestmark = pytest.mark.cluster

CHAINS = Path(__file__).parents[1] / "data" / "chains"
NAMESPACE = "greeters"
HERE = ("-n", NAMESPACE)


@pytest.fixture(scope="module")
def answered(local_client: Client) -> Iterator[Ran]:
    """A chain that deploys by itself, up from its templates in a namespace of its own."""
    cleaned = pkgops("clean", "--yes")
    assert cleaned.code == 0, cleaned
    chain = str(CHAINS / "deploys-by-itself")
    yield pkgops("up", "--templates", chain, *HERE, "--create-namespace", "--progress", "plain")
    pkgops("clean", "--yes", *HERE)
    local_client.delete("v1", "Namespace", NAMESPACE)


def test_up_ends_with_the_answer_of_this_commit(answered: Ran) -> None:
    assert answered.code == 0, answered
    assert "answers in greeters: HTTP 200" in answered.out
    assert "promote" not in answered.out


def test_objects_that_name_no_namespace_are_where_n_says(answered: Ran, local_client: Client) -> None:
    for api, kind in (("v1", "ServiceAccount"), ("rbac.authorization.k8s.io/v1", "Role")):
        assert local_client.find(api, kind, "greeter-deployer", NAMESPACE) is not None
        assert local_client.find(api, kind, "greeter-deployer", "default") is None


def test_status_says_what_runs(answered: Ran) -> None:
    (workload,) = pkgops("status", *HERE, "-o", "json").json()["workloads"]
    (env,) = workload["environments"]
    assert (workload["name"], workload["verdict"]) == ("greeter", "ready")
    assert (env["name"], env["verdict"], env["deliverable"]) == (NAMESPACE, "ready", None)
    assert env["image"] == workload["image"]
    assert workload["revision"].endswith(env["revision"])
    assert env["revision"]
    assert env["url"].startswith("http://greeter.greeters.")


def test_why_says_that_all_is_well(answered: Ran) -> None:
    ran = pkgops("why", *HERE, "-o", "json")
    assert (ran.code, ran.json()["healthy"]) == (0, True)


def test_open_reaches_it(answered: Ran) -> None:
    ran = pkgops("open", *HERE, "--curl")
    assert ran.code == 0, ran
    assert ", World!" in ran.out


def test_trace_leads_from_its_address_to_the_commit(answered: Ran) -> None:
    (env,) = pkgops("status", *HERE, "-o", "json").json()["workloads"][0]["environments"]
    for what in ("greeter", env["url"], env["image"]):
        ran = pkgops("trace", what, *HERE, "-o", "json")
        assert ran.code == 0, ran
        steps = {step["name"]: step["match"] for step in json.loads(ran.out)["chains"][0]["steps"]}
        assert list(steps) == ["pod", "image", "deploy", "build", "source", "commit"]
        assert set(steps.values()) == {"same"}


def test_a_configuration_of_these_templates_is_taken_with_them(answered: Ran, tmp_path: Path) -> None:
    config = tmp_path / "mine.yaml"
    config.write_text("workload: {greeting: Reader}\n")
    words = ("-f", str(config), "--templates", str(CHAINS / "deploys-by-itself"), *HERE)
    assert pkgops("status", "-f", str(config), *HERE).code == 2
    assert pkgops("status", *words).code == 0
    again = pkgops("up", *words, "--progress", "plain")
    assert again.code == 0, again
    assert ", Reader!" in pkgops("open", *HERE, "--curl").out


def test_a_template_that_fails_is_named(answered: Ran) -> None:
    """The build cannot begin: the builder is none."""
    chain = str(CHAINS / "deploys-by-itself")
    broken = pkgops("up", "--templates", chain, "--templates", str(CHAINS / "no-builder.yaml"), *HERE)
    assert broken.code == 1, broken
    told = pkgops("why", *HERE)
    assert told.code == 1
    assert "builder" in told.out
    back = pkgops("up", "--templates", chain, *HERE, "--progress", "plain")
    assert back.code == 0, back


def test_clean_leaves_nothing(answered: Ran, local_client: Client) -> None:
    ran = pkgops("clean", "--yes", *HERE)
    assert ran.code == 0, ran
    for api, kind in (("carto.run/v1alpha1", "Workload"), ("kappctrl.k14s.io/v1alpha1", "App")):
        assert not local_client.list(api, kind, NAMESPACE).items
