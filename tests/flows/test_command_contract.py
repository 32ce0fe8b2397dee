"""The commands do against the API server in memory what the same checks hold on the local cluster."""

from __future__ import annotations

import pytest
from command_contract import (
    ANSWERING,
    DELIVERED,
    PROMOTED,
    SUBMITTED,
    Ground,
    clean_leaves_nothing_and_can_be_repeated,
)
from recorded_promotion import promotable
from registry_fixtures import *  # noqa: F403

from pkgops.kube import connect

GIT = {"url": "https://git.example.com/demo/hello-go.git"}
FINISHED = ("fourth-run", 106.0)
RUN = "hello-go-web2pkg-test-golang"


@pytest.fixture
def ground(commands, registry):
    commands.configure(registry, git=GIT)
    return Ground(commands, connect(commands.api.kubeconfig(commands.folder / "admin.kubeconfig")))


@pytest.mark.parametrize("check", SUBMITTED, ids=lambda check: check.__name__)
def test_of_what_was_submitted(check, ground):
    assert ground.type("up", "--yes", "--no-wait").code == 0
    check(ground)


@pytest.mark.parametrize("check", ANSWERING, ids=lambda check: check.__name__)
def test_of_a_run_that_has_ended(check, ground, commands):
    commands.play(*FINISHED)
    for pod in ground.client.list("v1", "Pod", "default").items:
        for container in pod["spec"]["containers"]:
            key = ("default", pod["metadata"]["name"], container["name"])
            commands.api.logs[key] = f"ok {container['name']}\n"
    check(ground)


@pytest.mark.parametrize("check", [*PROMOTED, *DELIVERED], ids=lambda check: check.__name__)
def test_of_a_promotion_or_delivery(check, ground, commands):
    with promotable(commands.api) as cluster:
        cluster.goes_on.set()
        check(ground)


def test_of_a_clean(ground):
    assert ground.type("up", "--yes", "--no-wait").code == 0
    clean_leaves_nothing_and_can_be_repeated(ground)
