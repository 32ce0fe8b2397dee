"""Commands against a server that refuses, stumbles or loses objects: what is told, and what is done."""

from __future__ import annotations

import pytest
from pipeline_kinds import KINDS
from registry_fixtures import *  # noqa: F403

from pkgops.kube.discovery import plural

NAME = "hello-go-web2pkg"
CARTO = "carto.run/v1alpha1"
RUN = "hello-go-web2pkg-test-golang-j5ffx"
HEALTHY, TEST_FAILED = ("fourth-run", 200.0), ("fifth-run", 21.0)
EVERY = {plural(kind) for kinds in KINDS.values() for kind in kinds.split()} | {
    "namespaces", "pods", "pods/log", "services", "events", "configmaps", "secrets", "serviceaccounts",
    "deployments", "leases", "roles", "rolebindings", "clusterroles", "clusterrolebindings",
}  # fmt: skip


def without(commands, *resources, user="jane", verbs=("*",)):
    """Give a user every right but those on some resources."""
    commands.api.allow(user, verbs, tuple(EVERY - set(resources)))


@pytest.mark.parametrize(
    ("resource", "namespace"),
    [
        ("workloads", "default"),
        ("runnables", "default"),
        ("deliverables", "apps-dev"),
        ("packageinstalls", "apps-dev"),
        ("pods", "apps-dev"),
    ],
)
def test_without_a_right_a_finished_run_is_unknown(commands, resource, namespace):
    commands.play(*HEALTHY)
    without(commands, resource)
    ended = commands("why", user="jane")
    assert ended.code == 3, ended
    assert f"jane may not list {resource} in {namespace}" in " ".join(ended.out.split())
    assert not commands.changed()


def test_without_events_what_is_done_is_done_as_far_as_it_can_be_read(commands):
    commands.play(*HEALTHY)
    without(commands, "events")
    ended = commands("why", user="jane")
    assert ended.code == 0, ended
    assert ended.out.startswith(f"{NAME}: everything is done as far as it can be read\n")
    assert "unknown: jane may not list events in default" in ended.out


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        (429, "TooManyRequests"),
        (500, "InternalError"),
        (503, "ServiceUnavailable"),
        (504, "Timeout"),
    ],
)
def test_a_list_that_fails_once_is_asked_again(commands, code, reason):
    commands.play(*HEALTHY)
    commands.api.fail("GET", "/packageinstalls", code, reason, "try again")
    assert commands("status", "--exit-code").code == 0


def test_credentials_that_are_not_accepted_are_no_state_of_a_run(commands):
    commands.play(*HEALTHY)
    commands.api.fail("GET", "/workloads", 401, "Unauthorized", "Unauthorized", times=99)
    ended = commands("status", "--exit-code")
    assert ended.code == 3, ended
    assert "ready" not in ended.out
    assert "next: " in ended.err


@pytest.fixture
def failed(commands):
    commands.play(*TEST_FAILED)
    return commands


def test_the_log_of_a_pod_that_is_gone_is_not_made_up(failed):
    served = failed.api.of("v1", "Pod")
    failed.api.objects.drop(served, ("default", f"{RUN}-pod"))
    ended = failed("logs", "--stage", "test")
    assert ended.code == 0, ended
    assert "no log: runnable/hello-go-web2pkg runs no pod" in ended.out
    ended = failed("why")
    assert ended.code == 1
    assert "the test of commit b28210cc failed" in ended.out
    assert "--- end of the log" not in ended.out


def test_a_container_without_a_log_takes_no_place_of_the_cause(failed):
    ended = failed("why")
    assert (ended.code, "test-failed" in ended.out) == (1, True)
    assert "error:" not in ended.err


def test_a_run_that_may_not_be_created_is_not_started(failed):
    without(failed, "taskruns")
    failed.api.allow("jane", ("get", "list", "watch"), ("taskruns",))
    ended = failed("rerun", "--stage", "test", "--yes", user="jane")
    assert ended.code == 3, ended
    assert 'User "jane" cannot create resource "taskruns"' in ended.err
    assert "next: " in ended.err


@pytest.mark.parametrize(
    ("stage", "code", "says"),
    [
        ("config", 5, "cannot be started again"),
        ("serve", 5, "cannot be started again"),
        ("nothing", 2, "there is no stage 'nothing'"),
    ],
)
def test_what_cannot_be_started_again_is_left_alone(failed, stage, code, says):
    ended = failed("rerun", "--stage", stage, "--yes")
    assert (ended.code, says in ended.err) == (code, True), ended
    assert not failed.changed()


@pytest.fixture
def applied(commands, registry):
    commands.configure(registry, git={"url": "https://git.example.com/demo/hello-go.git"})
    return commands


@pytest.mark.parametrize(
    ("resource", "told"),
    [
        ("clustersupplychains", "clustersupplychains"),
        ("secrets", "secrets in namespace"),
        ("workloads", "create workloads.carto.run in namespace default"),
        ("deliverables", "create deliverables.carto.run in namespace apps-dev"),
    ],
)
def test_a_missing_right_is_told_before_anything_is_written(applied, resource, told):
    without(applied, resource)
    applied.api.allow("jane", ("get", "list", "watch"), (resource,))
    ended = applied("up", "--yes", "--no-wait", user="jane")
    assert ended.code == 3, ended
    assert told in ended.err
    assert not applied.changed()


CONFLICT = (409, "Conflict", "the object has been modified")
BUSY = (429, "TooManyRequests", "slow down")
INVALID = (422, "Invalid", "spec.source: Required value")
DENIED = (403, "Forbidden", 'admission webhook "x" denied the request: no')
FORBIDDEN = (403, "Forbidden", 'User "admin" cannot patch resource "deliverables"')


@pytest.mark.parametrize(("part", "answer"), [("workloads", CONFLICT), ("clustersupplychains", BUSY)])
def test_a_write_that_others_came_before_is_done_again(applied, part, answer):
    applied.api.fail("PATCH", part, *answer)
    ended = applied("up", "--yes", "--no-wait")
    assert ended.code == 0, ended


@pytest.mark.parametrize(
    ("part", "answer", "code"),
    [("workloads", INVALID, 1), ("deliverables", DENIED, 1), ("deliverables", FORBIDDEN, 3)],
)
def test_a_write_that_is_refused_ends_with_what_the_server_said(applied, part, answer, code):
    applied.api.fail("PATCH", part, *answer, times=99)
    ended = applied("up", "--yes", "--no-wait")
    assert ended.code == code, ended
    assert answer[2] in ended.err
    assert "next: " in ended.err
    assert "Traceback" not in ended.err


def test_what_was_refused_half_way_is_completed_by_the_same_command(applied):
    applied.api.fail("PATCH", "workloads", 422, "Invalid", "not now")
    assert applied("up", "--yes", "--no-wait").code == 1
    assert applied.names(CARTO, "Workload") == []
    assert applied("up", "--yes", "--no-wait").code == 0
    assert applied.names(CARTO, "Workload") == [NAME]
    assert applied("up", "--yes", "--no-wait").out.strip() == "29 unchanged"


def test_objects_that_vanish_while_they_are_deleted_are_gone(applied):
    assert applied("up", "--yes", "--no-wait").code == 0
    task = applied.api.of("tekton.dev/v1", "Task")

    def drop(change, obj):
        """Somebody else deletes a Task while the Workload goes."""
        if (change, obj["kind"]) == ("DELETED", "Workload"):
            applied.api.objects.drop(task, ("default", "test-golang"))

    applied.api.objects.on_change.append(drop)
    ended = applied("clean", "--yes")
    assert ended.code == 0, ended


def test_a_deletion_that_is_refused_says_so_and_keeps_the_record_of_the_rest(applied):
    assert applied("up", "--yes", "--no-wait").code == 0
    refused = 'clustersupplychains is forbidden: User "admin" cannot delete resource "clustersupplychains"'
    applied.api.fail("DELETE", "clustersupplychains", 403, "Forbidden", refused, times=99)
    ended = applied("clean", "--yes")
    assert ended.code == 3, ended
    assert "cannot delete" in ended.err
    applied.api.faults.clear()
    assert applied("clean", "--yes").code == 0
    assert applied.names(CARTO, "ClusterSupplyChain") == []


def test_a_record_that_two_write_at_once_is_told_of_by_both(applied):
    assert applied("up", "--yes", "--no-wait").code == 0
    applied.api.fail("PUT", "leases", 409, "Conflict", "the object has been modified", times=1)
    served = applied.api.of(CARTO, "Deliverable")
    live = applied.api.objects.get(served, "apps-dev", "hello-go-from-pkg")
    live["spec"]["params"] = []
    applied.api.objects.write(served, live)
    ended = applied("deliver", "--yes", "--timeout", "1s")
    assert ended.code in (4, 5), ended
    assert "Traceback" not in ended.err
