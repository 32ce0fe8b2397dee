"""``status``, ``why``, ``logs``, ``trace``, ``wait`` and ``rerun`` at moments of recordings of clusters."""

from __future__ import annotations

import pytest

from pkgops.flows import retries

NAME = "hello-go-web2pkg"
RUN = "hello-go-web2pkg-test-golang-j5ffx"
HEALTHY, TEST_FAILED = ("fourth-run", 200.0), ("fifth-run", 21.0)
UNREADY = 19.575
"""When in the fourth run the application's container runs, and its pod is not ready."""
DEVELOPER = (
    "workloads",
    "gitrepositories",
    "taskruns",
    "pods",
    "images",
    "builds",
    "configmaps",
    "runnables",
)


@pytest.fixture
def failed(commands):
    commands.play(*TEST_FAILED)
    commands.api.logs[("default", f"{RUN}-pod", "step-test")] = "ok one\n--- FAIL: TestGreeting\n"
    return commands


def test_status_of_what_is_well(commands):
    commands.play(*HEALTHY)
    ended = commands("status", "-o", "json", "--exit-code")
    assert ended.code == 0, ended
    found = ended.json()["workloads"][0]["environments"]
    assert [(env["name"], env["version"], env["pinned"]) for env in found] == [
        ("apps-dev", "0.1.1795906340", ""),
        ("apps-prod", "0.1.1795906130", "0.1.1795906130"),
    ]
    assert commands("why").code == 0
    assert not commands.changed()


def test_why_of_a_failed_test(failed):
    ended = failed("why")
    assert ended.code == 1
    for told in (
        "test-failed",
        "the test of commit b28210cc failed",
        "--- FAIL: TestGreeting",
        "pkgops rerun",
    ):
        assert told in ended.out
    assert "| --- FAIL: TestGreeting" in failed("logs", "--stage", "test").out


def test_wait_says_what_why_says(failed):
    ended = failed("wait", "--timeout", "20s")
    assert ended.code == 1
    assert "error: test-failed" in ended.err
    assert "--- FAIL: TestGreeting" in ended.err
    assert "apps-dev: Serve application  service/hello-go-web2pkg  still 66c5e01b" in ended.err


def test_wait_ends_with_the_commits_answer(commands):
    commands.play("fourth-run", 60.0)
    thread = commands.go_on("fourth-run", 60.0, 116.0)
    ended = commands("wait", "--timeout", "60s", "-o", "json")
    thread.join()
    assert ended.code == 0, ended
    assert "66c5e01b" in ended.out


def test_wait_has_an_end(commands):
    commands.play("fourth-run", 60.0)
    ended = commands("wait", "--timeout", "1s")
    assert ended.code == 4, ended
    assert "pkgops" in ended.err.rpartition("next:")[2]


def test_what_may_not_be_read_is_unknown(failed):
    failed.api.allow("jane", ("get", "list", "watch"), DEVELOPER, "default")
    ended = failed("status", user="jane")
    assert "unknown: jane may not list deliverables in apps-dev" in ended.out
    assert "the test of commit b28210cc failed" in ended.out
    assert failed("status", "--exit-code", user="jane").code == 1
    ended = failed("why", user="jane")
    assert ended.code == 1
    assert "unknown: jane may not get pods/log in default" in ended.out


def test_nothing_may_be_read(commands):
    commands.play(*HEALTHY)
    commands.api.allow("jane", ("get",), ("nothing",))
    for command in ("status --exit-code", "why", "wait --timeout 5s", "trace"):
        ended = commands(*command.split(), user="jane")
        assert ended.code == 3, (command, ended)
        assert "unknown: jane may not list" in ended.out + ended.err


def test_a_kind_that_is_not_served_is_unknown(commands):
    commands.play(*HEALTHY)
    commands.api.stop_serving("packaging.carvel.dev/v1alpha1", "PackageInstall")
    ended = commands("why")
    assert ended.code == 3
    assert "packageinstalls.packaging.carvel.dev" in ended.out
    assert "deployer in apps-dev" in ended.out


def test_a_server_that_stumbles_is_asked_again(commands):
    commands.play(*HEALTHY)
    commands.api.fail("GET", "/workloads", 500, "InternalError", "etcdserver: leader changed", times=2)
    ended = commands("status", "--exit-code")
    assert ended.code == 0, ended


def test_rerun_starts_the_same_source_again_and_nothing_else(failed):
    before = failed.names("tekton.dev/v1", "TaskRun")
    assert failed("rerun", "--stage", "test").code == 5
    assert not failed.changed()
    ended = failed("rerun", "--stage", "test", "--yes")
    assert ended.code == 0, ended
    added = set(failed.names("tekton.dev/v1", "TaskRun")) - set(before)
    assert len(added) <= 1
    assert len(failed.changed()) == 1


@pytest.mark.parametrize(
    "command", ["why {}", "logs {}", "wait {} --timeout 5s", "rerun {} --stage test --yes"]
)
def test_a_name_of_nobody(failed, command):
    ended = failed(*command.format("hello-gp-web2pkg").split())
    assert ended.code == 2
    assert f"there is: {NAME}" in ended.err or f"did you mean {NAME}" in ended.err
    assert not failed.changed()


def test_where_there_are_deliverables_only_they_are_told(commands):
    commands.play(*HEALTHY)
    workloads = commands.api.of("carto.run/v1alpha1", "Workload")
    for obj in commands.api.objects.all(workloads):
        meta = obj["metadata"]
        commands.api.objects.delete(workloads, (meta["namespace"], meta["name"]))
    told = commands("status", "-n", "apps-dev", "-o", "json").json()["workloads"]
    found = [(env["name"], env["verdict"]) for one in told for env in one["environments"]]
    assert found == [("apps-dev", "ready"), ("apps-prod", "ready")]
    why = commands("why", "-n", "apps-dev")
    assert why.code == 0, why
    assert "there is no workload" not in why.out + why.err


def test_an_application_on_another_port_is_told_by_its_own_log(commands):
    commands.play("fourth-run", UNREADY)
    (pod,) = (name for name in commands.names("v1", "Pod") if name.startswith(f"{NAME}-00001-deployment"))
    event = {
        "apiVersion": "v1",
        "kind": "Event",
        "metadata": {"name": "unready", "namespace": "apps-dev"},
        "involvedObject": {"kind": "Pod", "name": pod, "namespace": "apps-dev"},
        "reason": "Unhealthy",
        "message": "Readiness probe failed: HTTP probe failed with statuscode: 503",
    }
    commands.api.play([{"type": "ADDED", "object": event}])
    assert "statuscode: 503" in commands("why").out
    commands.api.logs["apps-dev", pod, "workload"] = "listening on :9999\n"
    for words, code in ((("why",), 4), (("wait", "--timeout", "1s"), 4)):
        ended = commands(*words)
        assert ended.code == code, ended
        told = " ".join((ended.out + ended.err).split())
        assert 'its log says "listening on :9999"; set workload.containerPort to 9999' in told
    assert f"pkgops logs {NAME} --stage serve --env apps-dev" in commands("why").out


def test_an_aggregated_api_that_is_away_is_unknown_and_hides_nothing_else(commands, monkeypatch):
    """Packages come from kapp-controller itself: while it is away, all other kinds are served."""
    commands.play(*HEALTHY)
    monkeypatch.setattr(retries, "SECONDS", 0.2)
    whole = commands("status").out
    message = "the server is currently unable to handle the request"
    commands.api.fail("GET", "/data.packaging.carvel.dev/", 503, "ServiceUnavailable", message, times=1000)
    shown = commands("status")
    assert (shown.code, shown.out) == (0, whole), shown
    explained = commands("why")
    assert explained.code == 0, explained
    assert (
        "unknown: this cluster does not serve packages.data.packaging.carvel.dev (v1alpha1) for now: "
        f"{message}; kapp-controller serves it"
    ) in " ".join(explained.out.split())
