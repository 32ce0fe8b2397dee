"""``up``, ``supplychain up``, ``deliver`` and ``clean``: what they write to a cluster, and when not."""

from __future__ import annotations

import pytest
from registry_fixtures import *  # noqa: F403

NAME = "hello-go-web2pkg"
CARTO = "carto.run/v1alpha1"


@pytest.fixture
def commands(commands, registry):
    commands.configure(registry, git={"url": "https://git.example.com/demo/hello-go.git"})
    return commands


def everything(commands):
    return {(served.kind, *key) for served, key, _ in commands.api.objects.everything()}


def test_a_dry_run_writes_nothing(commands):
    before = everything(commands)
    ended = commands("up", "--dry-run")
    assert ended.code == 0, ended
    assert "to create   -           clustersupplychain/e2e-pkgops" in ended.out
    assert not commands.changed()
    assert everything(commands) == before


def test_without_consent_nothing_is_written(commands):
    ended = commands("up", "--no-wait")
    assert ended.code == 5
    assert "next: run the command again with --yes" in ended.err
    assert not commands.changed()


def test_up_then_up_then_clean(commands):
    before = everything(commands)
    ended = commands("up", "--yes", "--no-wait")
    assert ended.code == 0, ended
    assert commands.names(CARTO, "Workload") == [NAME]
    assert commands.names(CARTO, "Deliverable") == ["hello-go-from-pkg"]
    made = everything(commands)

    version = commands.api.objects.version
    ended = commands("up", "--yes", "--no-wait")
    assert (ended.code, ended.out.strip()) == (0, "29 unchanged")
    assert commands.api.objects.version == version

    assert "waiting" in commands("why").out
    assert commands("clean", "--dry-run").out.count("to delete") == 32
    assert everything(commands) == made
    ended = commands("clean", "--yes")
    assert ended.code == 0, ended
    assert everything(commands) == before
    assert commands("clean", "--yes").code == 0


def test_what_others_applied_is_left_alone(commands):
    meta = {
        "name": "test-golang",
        "namespace": "default",
        "labels": {"kapp.k14s.io/app": "1"},
        "annotations": {"kapp.k14s.io/identity": "v1;default/tekton.dev/Task/test-golang;tekton.dev/v1"},
    }
    theirs = {"apiVersion": "tekton.dev/v1", "kind": "Task", "metadata": meta, "spec": {"steps": []}}
    commands.api.put(theirs)
    ended = commands("up", "--yes", "--no-wait")
    assert ended.code == 5, ended
    assert "task/test-golang" in ended.err
    assert commands.names(CARTO, "ClusterSupplyChain") == []
    assert not [path for method, path in commands.changed() if "clustersupplychains" in path]


def test_a_right_that_is_missing_is_told_before_anything_is_written(commands):
    commands.api.allow("jane", ("get", "list", "watch", "create", "patch"), ("*",), "default")
    ended = commands("up", "--yes", "--no-wait", user="jane")
    assert ended.code == 3, ended
    assert "create secrets in namespace apps-dev" in ended.err
    assert not commands.changed()


def test_kinds_that_are_missing_are_told_with_their_project(commands):
    commands.api.stop_serving("kpack.io/v1alpha2", "Image")
    ended = commands("up", "--yes", "--no-wait")
    assert ended.code == 3
    assert "Image (kpack.io/v1alpha2): kpack" in ended.err
    assert not commands.changed()


def test_a_stumble_while_writing_is_tried_again(commands):
    commands.api.fail("PATCH", "clustersupplychains", 503, "ServiceUnavailable", "try again", times=2)
    commands.api.fail("PATCH", "workloads", 500, "InternalError", "etcdserver: leader changed", times=1)
    ended = commands("up", "--yes", "--no-wait")
    assert ended.code == 0, ended
    assert commands.names(CARTO, "Workload") == [NAME]


def test_clean_of_one_workload_leaves_the_templates(commands):
    assert commands("up", "--yes", "--no-wait").code == 0
    assert commands("clean", NAME, "--yes").code == 0
    assert commands.names(CARTO, "Workload") == []
    assert commands.names(CARTO, "Deliverable") == []
    assert commands.names(CARTO, "ClusterSupplyChain") == ["e2e-pkgops"]


def test_clean_waits_for_finalizers_and_says_what_holds_it(commands):
    assert commands("up", "--yes", "--no-wait").code == 0
    served = commands.api.of(CARTO, "Workload")
    live = commands.api.objects.get(served, "default", NAME)
    live["metadata"]["finalizers"] = ["example.com/held"]
    commands.api.objects.write(served, live)
    ended = commands("clean", "--yes", "--timeout", "2s")
    assert ended.code == 4, ended
    assert f"workload/{NAME}" in ended.err
    assert "example.com/held" in ended.err
    # The accounts that must still uninstall stay until the owners are gone.
    assert "workload-service-account" in commands.names("v1", "ServiceAccount")


def test_supplychain_up_submits_no_workload(commands):
    ended = commands("supplychain", "up", "--yes")
    assert ended.code == 0, ended
    assert commands.names(CARTO, "ClusterSupplyChain") == ["e2e-pkgops"]
    assert commands.names(CARTO, "Workload") == []


def test_deliver_submits_the_deliverable_alone(commands):
    assert commands("supplychain", "up", "--yes").code == 0
    ended = commands("deliver", "--yes", "--timeout", "1s")
    assert ended.code == 4, ended
    assert commands.names(CARTO, "Deliverable") == ["hello-go-from-pkg"]
    assert commands.names(CARTO, "Workload") == []


def test_no_secret_is_shown(commands, monkeypatch):
    monkeypatch.setenv("PKGOPS_REGISTRY_PASSWORD", "hunter2")
    for words in (["up", "--dry-run"], ["up", "--yes", "--no-wait"], ["config"], ["clean", "--yes"]):
        ended = commands(*words)
        assert "hunter2" not in ended.out + ended.err
