"""Templates of years ago, and all that has changed since: corrected by overlays, to a second version."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from pipeline_kit import Ran, Source, pkgops

from pkgops.local.cluster import LocalCluster

pytestmark = pytest.mark.cluster

TEMPLATES = Path(__file__).parents[1] / "data" / "older-templates"
DRIFT = {
    "cluster-task",
    "deployment-without-source",
    "duration-not-normal",
    "image-withdrawn",
    "image-without-tag",
    "input-not-read",
    "latest-image-gone",
    "no-rebase-rules",
    "not-pinnable",
    "paused",
    "script-needs-bash",
    "step-downloads",
    "task-results",
    "version-not-served",
    "workspace-key",
}


def lint_of(*words: str) -> set[str]:
    checks = pkgops("doctor", *words, "-o", "json").json()["checks"]
    return {check["name"].removeprefix("lint ") for check in checks if check["name"].startswith("lint")}


@pytest.fixture(scope="module")
def fixes(instance: LocalCluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    assert pkgops("clean", "--yes").code == 0
    folder = tmp_path_factory.mktemp("older") / "fixes"
    wrote = pkgops("doctor", "--templates", str(TEMPLATES), "--fix-into", str(folder))
    assert wrote.code == 0, wrote
    yield folder
    pkgops("clean", "--yes")


@pytest.fixture(scope="module")
def given(fixes: Path, tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    config = tmp_path_factory.mktemp("config") / "config.yaml"
    config.write_text("workload: {name: older-app}\ndeliverable: {name: older-app-package}\n")
    return ["-f", str(config), "--templates", str(TEMPLATES), "--templates", str(fixes)]


@pytest.fixture(scope="module")
def first(given: list[str]) -> Ran:
    ran = pkgops("up", "--progress", "plain", *given)
    assert ran.code == 0, ran
    return ran


def test_all_that_has_changed_since_is_named_and_a_second_look_finds_nothing(given: list[str]) -> None:
    assert lint_of("--templates", str(TEMPLATES)) == DRIFT
    assert lint_of(*given) == {"lint"}


def test_what_was_written_is_never_written_over(fixes: Path) -> None:
    before = {path.name: path.read_text() for path in fixes.iterdir()}
    again = pkgops("doctor", "--templates", str(TEMPLATES), "--fix-into", str(fixes))
    assert again.code == 5, again
    assert {path.name: path.read_text() for path in fixes.iterdir()} == before


def test_they_run_to_an_answer(first: Ran) -> None:
    assert "older-app 0.2." in first.out
    assert "answers in apps-dev: HTTP 200" in first.out


def test_a_second_version_arrives(
    first: Ran, given: list[str], instance: LocalCluster, tmp_path: Path
) -> None:
    commit = Source.clone(instance, tmp_path / "clone").greet("Later")
    second = pkgops("up", "--progress", "plain", *given)
    assert second.code == 0, second
    assert f"(commit {commit[:8]}) answers in apps-dev: HTTP 200" in second.out
    assert second.out.split()[1] != first.out.split()[1]
