"""Whatever is killed in the middle of a run: the same end state, and nothing twice."""

from __future__ import annotations

import json
import os
import signal
import time
from collections.abc import Iterator
from uuid import uuid4

import pytest
from pipeline_kit import Source, environment, eventually, pkgops, revision_in, start

from pkgops import local
from pkgops.kube import Client
from pkgops.local.cluster import LocalCluster
from pkgops.local.start import SERVER

pytestmark = pytest.mark.cluster
SLOW = """package main

import (
	"testing"
	"time"
)

func TestSlow(t *testing.T) { time.Sleep(15 * time.Second) }
"""
QUIET_SECONDS = 3.0


@pytest.fixture(scope="module")
def source(instance: LocalCluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Source]:
    brought = pkgops("up", "--progress", "plain")
    assert brought.code == 0, brought
    yield Source.clone(instance, tmp_path_factory.mktemp("killed") / "hello-go")
    pkgops("clean", "--yes")


def kill_part(cluster: LocalCluster, name: str) -> None:
    (part,) = [part for part in local.status(cluster.name).parts if part.name == name]
    assert part.pid > 0, part
    os.kill(part.pid, signal.SIGKILL)


def task_runs(client: Client, text: str) -> list[str]:
    """The TaskRuns whose spec has a text."""
    runs = client.list("tekton.dev/v1", "TaskRun", "default").items
    return [run["metadata"]["name"] for run in runs if text in json.dumps(run["spec"])]


def builds(client: Client, text: str) -> list[str]:
    found = client.list("kpack.io/v1alpha2", "Build", "default").items
    return [build["metadata"]["name"] for build in found if text in json.dumps(build["spec"])]


@pytest.mark.parametrize("killed", ["platform", *SERVER, "pkgops up"])
def test_a_kill_in_the_middle_changes_nothing_of_the_end(
    source: Source, instance: LocalCluster, local_client: Client, killed: str
) -> None:
    commit = source.greet(f"Hello-{uuid4().hex[:8]}")
    command = start("up")
    eventually(lambda: task_runs(local_client, commit), f"{commit} is tested")
    if killed == "pkgops up":
        command.kill()
    else:
        kill_part(instance, killed)
    code = command.wait()
    # There is no supervisor: the command that needs the API server starts it again, and goes on.
    assert code == 0 or killed not in SERVER
    ended = pkgops("up", "--progress", "plain")
    assert ended.code == 0, ended
    assert revision_in("apps-dev") == commit
    assert len(task_runs(local_client, commit)) == 1
    assert len(builds(local_client, commit)) == 1
    image = environment("apps-dev")["image"]
    assert len(task_runs(local_client, image)) == 1


def test_a_command_that_only_waits_starts_the_store_again(
    source: Source, instance: LocalCluster, local_client: Client
) -> None:
    # An API server without its store ends no watch: no request of the command fails.
    (source.folder / "slow_test.go").write_text(SLOW)
    commit = source.greet(f"Hello-{uuid4().hex[:8]}")
    command = start("up")

    def tested() -> bool:
        pods = local_client.list("v1", "Pod", "default").items
        return any(commit in json.dumps(pod["spec"]) and pod["status"]["phase"] == "Running" for pod in pods)

    eventually(tested, f"the test of {commit} runs")
    time.sleep(QUIET_SECONDS)
    kill_part(instance, "etcd")
    assert command.wait() == 0
    assert revision_in("apps-dev") == commit
    assert len(task_runs(local_client, commit)) == 1
