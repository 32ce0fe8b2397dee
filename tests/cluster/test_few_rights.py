"""Users with exactly the rights of `doctor --rbac`: what each does, and what is unknown to each."""

from __future__ import annotations

import secrets
from collections.abc import Iterator

import pytest
from pipeline_kit import pkgops
from users_kit import Users, account

from pkgops.flows.local_values import local_values
from pkgops.formats import yaml
from pkgops.kube import Client
from pkgops.local.cluster import LocalCluster
from pkgops.settings import Overrides, load

pytestmark = pytest.mark.cluster

PURPOSES = {"watcher": "watch", "deliverer": "deliver", "promoter": "promote", "reader": "watch"}
"""Service accounts, with the purpose whose Roles each has; the reader's lack one kind."""


@pytest.fixture(scope="module")
def space(local_client: Client) -> Iterator[str]:
    name = f"people-{secrets.token_hex(3)}"
    local_client.create({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}})
    yield name
    local_client.delete("v1", "Namespace", name)


@pytest.fixture(scope="module")
def users(
    instance: LocalCluster, local_client: Client, space: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Users]:
    """The sample application answers in the first environment, and four users look at it."""
    folder = tmp_path_factory.mktemp("users")
    found = Users(folder)
    values = local_values(instance, load(Overrides((), {}), {}, folder))
    tokens = {name: account(local_client, space, name) for name in PURPOSES}
    found.write(instance, tokens, yaml.dump_all([values]))
    assert pkgops("clean", "--yes").code == 0
    brought = pkgops("up", "--progress", "plain")
    assert brought.code == 0, brought
    made = [obj for name in PURPOSES for obj in roles(found, space, name)]
    for obj in made:
        local_client.apply(obj, manager="test")
    yield found
    for obj in made:
        meta = obj["metadata"]
        local_client.delete(obj["apiVersion"], obj["kind"], meta["name"], meta.get("namespace", ""))
    pkgops("clean", "--yes")


def who(space: str, name: str) -> str:
    return f"system:serviceaccount:{space}:{name}"


def roles(users: Users, space: str, name: str) -> list:
    """What `doctor --rbac` prints for a user, under names of its own."""
    ran = users.run("doctor", "--rbac", PURPOSES[name], "--user", who(space, name))
    assert ran.code == 0, ran
    documents = yaml.parse_all(ran.out, "roles")
    for obj in documents:
        obj["metadata"]["name"] = f"{space}-{name}"
        if "roleRef" in obj:
            obj["roleRef"]["name"] = f"{space}-{name}"
        if name == "reader":
            for rule in obj.get("rules") or ():
                rule["resources"] = [one for one in rule["resources"] if one != "packageinstalls"]
    return documents


def is_unknown(ran, sentence: str) -> None:
    assert ran.code == 3, ran
    assert f"unknown: {sentence}" in " ".join((ran.out + ran.err).split()), ran
    assert "Traceback" not in ran.err


def test_who_watches_is_told_everything_and_changes_nothing(users: Users):
    for words in (["status", "--exit-code"], ["why"], ["wait", "--for", "apps-dev"]):
        ran = users.run(*words, context="watcher")
        assert ran.code == 0, ran
        assert "unknown" not in ran.out
    traced = users.run("trace", context="watcher")
    assert "unknown: " not in traced.out, traced
    assert traced.code == 0, traced
    assert "| " in users.run("logs", "--stage", "test", context="watcher").out
    refused = users.run("up", "--yes", context="watcher")
    assert refused.code == 3, refused
    assert "patch workloads.carto.run" in refused.err


def test_one_kind_that_may_not_be_read_makes_what_depends_on_it_unknown(users: Users, space: str):
    sentence = f"{who(space, 'reader')} may not list packageinstalls in apps-dev"
    for words in (["status", "--exit-code"], ["why"], ["trace"], ["wait", "--for", "apps-dev"]):
        is_unknown(users.run(*words, context="reader"), sentence)
    is_unknown(users.run("logs", "--stage", "install", context="reader"), sentence)
    ran = users.run("status", "-o", "json", context="reader")
    (workload,) = ran.json()["workloads"]
    assert workload["verdict"] == workload["environments"][0]["verdict"] == "unknown"
    assert workload["image"]
    assert [gap["kind"] for gap in workload["unreadable"]] == ["PackageInstall"]


def test_who_delivers_brings_a_commit_up_and_knows_nothing_of_the_other_environment(users: Users, space: str):
    ran = users.run("up", "--yes", "--progress", "plain", context="deliverer", seconds=400)
    assert ran.code == 0, ran
    assert "answers in apps-dev: HTTP 200" in ran.out
    assert "not changed, you have no permission to change them" in ran.err
    sentence = f"{who(space, 'deliverer')} may not list deliverables in apps-prod"
    for words in (["status", "--exit-code"], ["why"], ["trace"], ["wait"]):
        is_unknown(users.run(*words, context="deliverer"), sentence)
    assert users.run("wait", "--for", "apps-dev", context="deliverer").code == 0
    shown = users.run("status", context="deliverer").out
    rows = {line.split()[1]: line for line in shown.splitlines() if line.startswith("hello-go")}
    assert "ready" in rows["apps-dev"]
    assert "unknown" in rows["apps-prod"]
    refused = users.run("promote", "--to", "apps-prod", "--yes", context="deliverer")
    assert refused.code == 3, refused


def test_who_promotes_needs_no_right_in_the_namespace_of_the_workload(users: Users, space: str):
    promoted = users.run("promote", "--to", "apps-prod", "--yes", context="promoter", seconds=400)
    assert promoted.code == 0, promoted
    sentence = f"{who(space, 'promoter')} may not list workloads in default"
    for words in (["status", "--exit-code"], ["why"], ["wait"]):
        is_unknown(users.run(*words, context="promoter"), sentence)
    assert users.run("open", "--to", "apps-prod", "--curl", context="promoter").code == 0
    seen = users.run("status", "-o", "json", context="watcher").json()["workloads"][0]["environments"]
    assert [bool(env["pinned"]) for env in seen] == [False, True]
