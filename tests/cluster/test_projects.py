"""Programs of one's own side by side, each named after its folder; one is promoted, one goes."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from pipeline_kit import SAMPLE, Ran, pkgops

from pkgops.local.cluster import LocalCluster

pytestmark = pytest.mark.cluster


@pytest.fixture(scope="module")
def shop(instance: LocalCluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder with a configuration of its own, brought to an answer by `pkgops init && pkgops up`."""
    assert pkgops("clean", "--yes").code == 0
    folder = Path(shutil.copytree(SAMPLE, tmp_path_factory.mktemp("projects") / "Corner Shop"))
    wrote = pkgops("init", cwd=folder)
    assert wrote.code == 0, wrote
    answered(pkgops("up", "--progress", "plain", cwd=folder), "corner-shop")
    yield folder
    pkgops("clean", "--yes", cwd=folder)


@pytest.fixture(scope="module")
def stall(shop: Path) -> Path:
    """A second folder beside it, without a configuration."""
    folder = Path(shutil.copytree(SAMPLE, shop.parent / "stall"))
    ran = pkgops("up", "--source", str(folder), "--progress", "plain", cwd=shop.parent)
    answered(ran, "stall")
    assert "workload stall, after its folder; pkgops init" in ran.err
    assert not (folder / "pkgops.yaml").exists()
    return folder


def answered(ran: Ran, name: str) -> None:
    assert ran.code == 0, ran
    assert f"{name} " in ran.out
    assert "answers in apps-dev: HTTP 200" in ran.out
    assert "hello-go" not in ran.out


def test_without_a_command_it_says_what_runs_and_what_comes_next(stall: Path) -> None:
    ran = pkgops(cwd=stall.parent)
    assert ran.code == 0, ran
    assert "corner-shop" in ran.out
    assert "next: pkgops promote corner-shop --to apps-prod" in ran.out


def test_status_shows_each_by_its_own_name(stall: Path) -> None:
    found = pkgops("status", "-o", "json").json()
    names = {entry["name"] for entry in found["workloads"]}
    assert names == {"corner-shop", "stall"}


def test_one_without_a_configuration_is_promoted_by_its_name(stall: Path) -> None:
    ran = pkgops("promote", "stall", "--to", "apps-prod", "--progress", "plain", cwd=stall.parent)
    assert ran.code == 0, ran
    found = pkgops("status", "stall", "-o", "json").json()
    (workload,) = found["workloads"]
    versions = {entry["name"]: entry["version"] for entry in workload["environments"]}
    assert versions["apps-prod"] == versions["apps-dev"]


def test_clean_with_a_name_takes_that_one_and_leaves_the_other_and_its_templates(
    stall: Path, shop: Path, kubectl
) -> None:
    cleaned = pkgops("clean", "stall", "--yes", cwd=stall.parent)
    assert cleaned.code == 0, cleaned
    assert kubectl("get", "deliverables", "-A", "-o", "name").split() == ["deliverable.carto.run/corner-shop"]
    assert kubectl("get", "workloads", "-A", "-o", "name").split() == ["workload.carto.run/corner-shop"]
    answered(pkgops("up", "--progress", "plain", cwd=shop), "corner-shop")


def test_a_configuration_that_lists_several_brings_all_of_them(shop: Path, stall: Path) -> None:
    (shop.parent / "pkgops.yaml").write_text(
        "workloads: [{name: corner-shop, source: Corner Shop}, {name: stall, source: stall}]\n"
    )
    ran = pkgops("up", "--progress", "plain", cwd=shop.parent)
    (shop.parent / "pkgops.yaml").unlink()
    assert ran.code == 0, ran
    for name in ("corner-shop", "stall"):
        assert re.search(rf"^{name} .* answers in apps-dev: HTTP 200$", ran.out, re.MULTILINE), ran


def test_a_folder_of_no_language_ends_before_any_pod_runs(shop: Path, tmp_path: Path, kubectl) -> None:
    before = kubectl("get", "workloads", "-A", "-o", "name")
    (tmp_path / "notes").mkdir()
    (tmp_path / "notes" / "README.md").write_text("nothing to build\n")
    ran = pkgops("up", "--source", str(tmp_path / "notes"))
    assert ran.code == 2, ran
    assert "go.mod" in ran.err
    assert kubectl("get", "workloads", "-A", "-o", "name") == before
