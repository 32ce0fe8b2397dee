"""``up``, ``supplychain up``, ``deliver`` and ``clean``: what they write to a cluster, and when not."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from registry_fixtures import *  # noqa: F403

NAME = "hello-go-web2pkg"
CARTO = "carto.run/v1alpha1"
GIT = {"url": "https://git.example.com/demo/hello-go.git"}


@pytest.fixture
def commands(commands, registry):
    commands.configure(registry, git=GIT)
    return commands


def everything(commands):
    """All objects but the records of releases and the Lease, which a clean leaves too."""
    found = {(served.kind, *key) for served, key, _ in commands.api.objects.everything()}
    return {one for one in found if not one[2].startswith(f"{NAME}-release")}


def told(commands):
    """What history tells of the first environment: action, result and message of each record."""
    (past,) = commands("history", "--env", "apps-dev", "-o", "json").json()["environments"]
    return [(one["action"], one["result"], one["message"]) for one in past["releases"]]


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


def test_up_records_that_it_changed_the_deliverable_and_only_that(commands):
    assert commands("up", "--yes", "--no-wait").code == 0
    assert commands("up", "--yes", "--no-wait").code == 0
    unfinished = ("up", "unfinished", "the command did not wait for its end")
    assert told(commands) == [unfinished]
    served = commands.api.of(CARTO, "Deliverable")
    live = commands.api.objects.get(served, "apps-dev", "hello-go-from-pkg")
    live["spec"]["params"] = [{"name": "templates", "value": "others"}]
    commands.api.objects.write(served, live)
    ended = commands("up", "--yes", "--timeout", "1s")
    assert ended.code == 4, ended
    assert told(commands) == [("up", "unfinished", "still waiting after 1 seconds"), unfinished]


def test_two_people_at_once(commands):
    assert commands("up", "--yes", "--no-wait").code == 0
    served = commands.api.of("coordination.k8s.io/v1", "Lease")
    lease = commands.api.objects.get(served, "apps-dev", f"{NAME}-release")
    now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    lease["spec"] |= {"holderIdentity": "ann on laptop, process 7", "acquireTime": now, "renewTime": now}
    commands.api.objects.write(served, lease)
    before = len(commands.changed())
    ended = commands("deliver", "--to", "apps-dev", "--yes")
    assert ended.code == 5, ended
    assert f"{NAME}-release in apps-dev is held by ann on laptop, process 7" in ended.err
    assert f"since {now}, and until " in ended.err
    assert [path for _, path in commands.changed()[before:] if "deliverables" in path] == []
    # What is unchanged there is nobody else's matter.
    assert commands("up", "--yes", "--no-wait").code == 0


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


def test_clean_repeats_what_an_object_says_that_cannot_be_deleted(commands):
    assert commands("up", "--yes", "--no-wait").code == 0
    app = "kappctrl.k14s.io/v1alpha1"
    gone = 'Preparing kapp: Getting service account: serviceaccounts "deployer" not found'
    condition = {"type": "DeleteFailed", "status": "True", "message": gone}
    held = {"name": "shop", "namespace": "default", "finalizers": ["finalizers.kapp-ctrl.k14s.io/delete"]}
    commands.api.objects.write(
        commands.api.of(app, "App"),
        {"apiVersion": app, "kind": "App", "metadata": held, "status": {"conditions": [condition]}},
    )
    workload = commands.api.objects.get(commands.api.of(CARTO, "Workload"), "default", NAME)
    stamped = {"apiVersion": app, "kind": "App", "namespace": "default", "name": "shop"}
    workload["status"] = {"resources": [{"name": "running", "stampedRef": stamped}]}
    commands.api.objects.write(commands.api.of(CARTO, "Workload"), workload)
    ended = commands("clean", "--yes", "--timeout", "2s")
    assert ended.code == 4, ended
    assert f"app/shop in default (finalizers.kapp-ctrl.k14s.io/delete): {gone}" in ended.err


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


def test_a_delivery_leads_past_no_gate(commands, registry):
    gated = [{"labels": {"tier": "gold"}}, {"soak": "30m", "name": "a night"}]
    path = [{"name": "apps-dev"}, {"name": "apps-prod", "gates": gated}]
    commands.configure(registry, pkgops={"environments": path})
    before = len(commands.changed())
    ended = commands("deliver", "--to", "apps-prod", "--yes")
    assert ended.code == 5, ended
    assert (
        "error: gates\napps-prod has gates, which a delivery does not evaluate: labels, a night\n"
        in ended.err
    )
    assert "next: pkgops promote --to apps-prod\n" in ended.err
    assert commands.changed()[before:] == []
    assert commands("deliver", "--to", "apps-dev", "--yes", "--timeout", "1s").code == 4


@pytest.mark.parametrize(
    "words", [("up",), ("up", "--dry-run"), ("deliver", "--to", "apps-dev"), ("config",)]
)
def test_gates_of_the_first_environment_would_be_asked_by_nobody_and_are_refused(commands, registry, words):
    first = {"name": "apps-dev", "gates": [{"soak": "30m"}]}
    commands.configure(registry, pkgops={"environments": [first, {"name": "apps-prod"}]})
    ended = commands(*words)
    assert ended.code == 2, ended
    assert "the gates of apps-dev would not be evaluated: delivery starts there" in ended.err
    assert "next: leave them out, or put an environment before apps-dev\n" in ended.err
    assert commands.changed() == []


def test_up_makes_no_version_that_gates_would_not_be_asked_about(commands, registry):
    path = [{"name": "apps-dev"}, {"name": "apps-prod", "gates": [{"soak": "30m", "name": "a night"}]}]
    commands.configure(
        registry, git={"url": "https://git.example.com/demo/hello-go.git"}, pkgops={"environments": path}
    )
    meta = {"name": "hello-go-from-pkg", "namespace": "apps-prod"}
    served = commands.api.of(CARTO, "Deliverable")
    commands.api.objects.create(served, {"metadata": meta, "spec": {}})
    live = commands.api.objects.get(served, meta["namespace"], meta["name"])
    refused = commands("up", "--yes", "--no-wait")
    assert refused.code == 5, refused
    assert (
        "apps-prod follows the newest version, and its gates would not be evaluated: a night" in refused.err
    )
    assert "next: pkgops promote --to apps-prod pins it to one version\n" in refused.err
    assert commands.changed() == []

    live["spec"]["params"] = [{"name": "semver", "value": ">=0.1.0"}]
    commands.api.objects.write(served, live)
    assert commands("up", "--yes", "--no-wait").code == 5
    live["spec"]["params"] = [{"name": "semver", "value": "0.1.1"}]
    commands.api.objects.write(served, live)
    assert commands("up", "--yes", "--no-wait").code == 0


def test_where_it_is_unknown_whether_an_environment_follows_past_its_gates_it_is_told(commands, registry):
    path = [{"name": "apps-dev"}, {"name": "apps-prod", "gates": ["verified"]}]
    commands.configure(
        registry, git={"url": "https://git.example.com/demo/hello-go.git"}, pkgops={"environments": path}
    )
    commands.api.fail("GET", "/apps-prod/deliverables", 403, "Forbidden", "no", times=9)
    ended = commands("up", "--yes", "--no-wait")
    assert ended.code == 0, ended
    assert "unknown whether apps-prod gets the newest version without its gates: " in ended.err


def test_no_secret_is_shown(commands, monkeypatch):
    monkeypatch.setenv("PKGOPS_REGISTRY_PASSWORD", "hunter2")
    for words in (["up", "--dry-run"], ["up", "--yes", "--no-wait"], ["config"], ["clean", "--yes"]):
        ended = commands(*words)
        assert "hunter2" not in ended.out + ended.err


def test_a_changed_template_makes_a_new_generation_of_what_it_is_submitted_with(commands, registry):
    def generations():
        return {
            kind: [
                obj["metadata"]["generation"]
                for obj in commands.api.objects.all(commands.api.of(CARTO, kind))
            ]
            for kind in ("Workload", "Deliverable")
        }

    def up():
        ended = commands("up", "--yes", "--no-wait")
        assert ended.code == 0, ended
        return generations()

    before = up()
    assert up() == before
    # The prefix is in the supply chain alone, which hands it to its templates.
    path = commands.folder / "pkgops.yaml"
    path.write_text(path.read_text().replace("/demo/", "/other/", 1))
    after = up()
    assert after["Workload"] == [number + 1 for number in before["Workload"]]
    assert after["Deliverable"] == [number + 1 for number in before["Deliverable"]]
