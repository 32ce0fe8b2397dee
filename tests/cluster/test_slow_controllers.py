"""What commands say of a change, where every controller needs as long as on a real cluster to notice it.

The tests of this file build on each other: each leaves the pipeline as the next one finds it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from pipeline_kit import Ran, environment, pkgops

from pkgops.kube import Client
from pkgops.local import state
from pkgops.local.cluster import LocalCluster
from pkgops.platform.delays import FILE

pytestmark = pytest.mark.cluster

SLOW = {"*": 0.7, "carto.run": 1.2, "source.toolkit.fluxcd.io": 1.5, "serving.knative.dev": 1.5}
"""Seconds that the controllers of each group take before they look at a change."""
QUIET = ("--progress", "plain")


@pytest.fixture(scope="module", autouse=True)
def slow(instance: LocalCluster) -> Iterator[None]:
    """Nothing of the pipeline, on controllers that take their time."""
    cleaned = pkgops("clean", "--yes")
    assert cleaned.code == 0, cleaned
    found = state.find()
    assert found is not None
    path = found.data / "platform" / FILE
    path.write_text(json.dumps(SLOW))
    yield
    path.unlink()
    pkgops("clean", "--yes")


@pytest.fixture(scope="module")
def first(slow: None) -> str:
    """The package version of the first commit."""
    brought = pkgops("up", *QUIET)
    assert brought.code == 0, brought
    return str(environment("apps-dev")["version"])


@pytest.fixture(scope="module")
def second(first: str, tmp_path_factory: pytest.TempPathFactory, local_client: Client) -> str:
    """The package version of the same commit with another configuration."""
    changed = up(tmp_path_factory.mktemp("values"), "workload: {env: [{name: NAME, value: slow}]}")
    assert changed.code == 0, changed
    assert names(local_client, "apps-dev") == ["slow"]
    return str(environment("apps-dev")["version"])


def up(folder: Path, values: str, *words: str) -> Ran:
    """Run ``up`` with values of its own."""
    path = folder / "config.yaml"
    path.write_text(values)
    return pkgops("up", "-f", str(path), *QUIET, *words)


def names(client: Client, namespace: str) -> list[str | None]:
    """What the newest serving pod of an environment is told as NAME."""
    pods = client.list("v1", "Pod", namespace, labels="serving.knative.dev/service").items
    newest = max(pods, key=lambda pod: (pod["metadata"]["creationTimestamp"], pod["metadata"]["name"]))
    boxes = [box for box in newest["spec"]["containers"] if box["name"] == "workload"]
    found = {entry["name"]: entry.get("value") for box in boxes for entry in box.get("env") or []}
    return [found.get("NAME")]


def test_a_branch_that_does_not_exist_is_no_answer(first: str, tmp_path: Path) -> None:
    failed = up(tmp_path, "git: {branch: nope}")
    assert failed.code == 1, failed
    assert "branch nope does not exist" in failed.err


def test_the_right_branch_again_is_no_missing_branch(first: str, tmp_path: Path) -> None:
    again = up(tmp_path, "git: {branch: main}")
    assert again.code == 0, again
    assert environment("apps-dev")["version"] == first


def test_a_builder_that_does_not_exist_is_no_answer(first: str, tmp_path: Path) -> None:
    failed = up(tmp_path, "build: {builder: {name: nobuilder}}", "--timeout", "15s")
    assert failed.code != 0, failed
    assert "nobuilder" in failed.err


def test_a_changed_configuration_answers_with_its_own_package(first: str, second: str) -> None:
    assert second != first


def test_a_promotion_and_its_rollback_end_with_what_was_asked_for(
    first: str, second: str, local_client: Client
) -> None:
    promote = ("promote", "--to", "apps-prod", "--version")
    for words, version, told in (
        ((*promote, second), second, ["slow"]),
        ((*promote, first), first, [None]),
        (("rollback", "--env", "apps-prod"), second, ["slow"]),
        ((*promote, first), first, [None]),
    ):
        changed = pkgops(*words, *QUIET)
        assert changed.code == 0, changed
        assert environment("apps-prod")["version"] == version
        assert names(local_client, "apps-prod") == told


def test_a_delivery_ends_with_the_newest_package(second: str, local_client: Client, tmp_path: Path) -> None:
    delivered = pkgops("deliver", "--to", "apps-prod", *QUIET)
    assert delivered.code == 0, delivered
    assert names(local_client, "apps-prod") == ["slow"]
    waited = pkgops("wait", "--for", "apps-prod", *QUIET)
    assert waited.code == 0, waited


def test_clean_waits_until_all_is_gone(second: str, local_client: Client) -> None:
    cleaned = pkgops("clean", "--yes")
    assert cleaned.code == 0, cleaned
    kinds = (("carto.run/v1alpha1", "Workload"), ("carto.run/v1alpha1", "Deliverable"))
    for version, kind in (*kinds, ("serving.knative.dev/v1", "Service")):
        for namespace in ("default", "apps-dev", "apps-prod"):
            assert local_client.list(version, kind, namespace).items == []
