"""A chain that tests with a Pipeline and writes to Git, and a delivery from there."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from pipeline_kit import SAMPLE, Ran, brought, pkgops

from pkgops.kube import Client
from pkgops.local.cluster import LocalCluster
from pkgops.local.snapshot import push_snapshot

pytestmark = pytest.mark.cluster

CHAIN = Path(__file__).parents[1] / "data" / "chains" / "written-to-git"
NAMESPACE = "letters"
HERE = ("-n", NAMESPACE)


@dataclass(frozen=True)
class Letter:
    """The chain after its first run: its source, and the words of the commands for it."""

    cluster: LocalCluster
    source: Path
    commit: str
    words: tuple[str, ...]
    up: Ran


@pytest.fixture(scope="module")
def letter(
    instance: LocalCluster, local_client: Client, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Letter]:
    assert pkgops("clean", "--yes").code == 0
    folder = tmp_path_factory.mktemp("letter")
    source, letters = folder / "source", folder / "letters"
    shutil.copytree(SAMPLE, source)
    letters.mkdir()
    (letters / "README.md").write_text("Configuration is written here.\n")
    commit = push_snapshot(source, "letter-source", cluster=instance)
    push_snapshot(letters, "letters", cluster=instance)
    values = {
        "git": {"url": instance.git_url("letter-source")},
        "gitops": {"url": instance.git_url("letters")},
    }
    with brought(local_client, folder, values, [CHAIN], NAMESPACE) as (words, up):
        yield Letter(instance, source, commit, words, up)


def test_up_ends_with_the_answer_of_this_commit(letter: Letter) -> None:
    assert letter.up.code == 0, letter.up
    assert f"(commit {letter.commit[:8]}) answers in apps-dev: HTTP 200" in letter.up.out


def test_status_says_what_runs_where_git_was_delivered_to(letter: Letter) -> None:
    (workload,) = pkgops("status", *HERE, "-o", "json").json()["workloads"]
    (env,) = workload["environments"]
    assert (workload["verdict"], env["name"], env["verdict"]) == ("ready", "apps-dev", "ready")
    assert env["image"] == workload["image"]
    assert letter.commit in env["revision"]
    assert env["url"].startswith("http://letter.apps-dev.")


def test_why_says_that_all_is_well(letter: Letter) -> None:
    ran = pkgops("why", *HERE, "-o", "json")
    assert (ran.code, ran.json()["healthy"]) == (0, True), ran


def test_open_reaches_it(letter: Letter) -> None:
    ran = pkgops("open", *HERE, "--curl")
    assert ran.code == 0, ran
    assert "Hello" in ran.out


def test_trace_leads_from_its_address_to_the_commit(letter: Letter) -> None:
    (env,) = pkgops("status", *HERE, "-o", "json").json()["workloads"][0]["environments"]
    for what in ("letter", env["url"], env["image"]):
        ran = pkgops("trace", what, *HERE, "-o", "json")
        assert ran.code == 0, ran
        steps = {step["name"]: step["match"] for step in ran.json()["chains"][0]["steps"]}
        assert list(steps) == ["pod", "image", "deploy", "configuration", "build", "source", "commit"]
        assert set(steps.values()) == {"same"}


def test_each_task_of_the_pipeline_has_its_log_and_its_times(letter: Letter) -> None:
    logs = pkgops("logs", "--stage", "test", *HERE)
    assert "style of " in logs.out
    assert "unit: all well" in logs.out
    told = pkgops("timeline", *HERE, "-o", "json").json()
    (tests,) = [one for one in told["stages"] if one["name"] == "tests"]
    assert tests["runs"][0]["object"]["kind"] == "PipelineRun"
    assert [step["name"] for step in tests["runs"][0]["steps"]] == ["style", "unit"]


def test_the_task_that_fails_is_named_with_the_end_of_its_log(letter: Letter) -> None:
    (letter.source / "broken.txt").write_text("the seal is broken")
    push_snapshot(letter.source, "letter-source", cluster=letter.cluster)
    failed = pkgops("up", *letter.words, "--progress", "plain")
    assert failed.code == 1, failed
    assert "task unit: " in failed.err
    assert "unit: the seal is broken" in failed.err
    why = pkgops("why", *HERE, "-o", "json")
    assert why.code == 1
    (cause,) = why.json()["blockages"]
    assert cause["code"] == "test-failed"
    assert cause["object"]["name"].endswith("-unit")
    again = pkgops("rerun", "--stage", "test", *HERE)
    assert again.code == 0, again
    assert "pipelinerun/" in again.out + again.err
