"""``pkgops verify``: checks of what answers in an environment, and the results that are kept."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator
from notify_kit import hook
from verify_kit import (
    DEV,
    NAME,
    PROD,
    TEKTON,
    application,
    configure,
    eventually,
    results,
    settle,
    task,
    tekton,
)

from pkgops.errors import Exit

SCHEMA = Path(__file__).parents[2] / "docs" / "reference" / "schemas" / "verification.schema.json"


@pytest.fixture
def commands(commands):
    settle(commands)
    return commands


@pytest.fixture
def app(commands):
    with application(commands, "apps-dev") as found:
        yield found


def evidence(ended):
    return [(one["outcome"], one["evidence"]) for one in ended.json()["checks"]]


def runs(commands):
    return [name for name in commands.names(TEKTON, "TaskRun") if "-verify-" in name]


def test_what_answers_as_it_must_passes_and_the_result_is_kept(commands, app):
    app.headers["X-Version"] = "v2; stable"
    configure(commands, {"http": "/hello?a=1", "text": "World", "header": {"x-version": "v2"}})
    ended = commands("verify", "--env", "apps-dev", "-o", "json", user="ann")
    assert ended.code == 0, ended
    Draft202012Validator(json.loads(SCHEMA.read_text())).validate(ended.json())
    assert evidence(ended) == [("passed", "HTTP 200")]
    assert app.asked == [("GET", "/hello?a=1", f"{NAME}.apps-dev.svc.cluster.local")]
    (kept,) = results(commands)
    assert (kept["outcome"], kept["version"], kept["by"], kept["environment"]) == (
        "passed", DEV, "ann", "apps-dev",
    )  # fmt: skip
    assert kept["workload"] == f"default/{NAME}"
    (obj,) = (
        one for one in commands.api.objects.all(commands.api.of("v1", "ConfigMap"))
        if one["metadata"]["name"] == ended.json()["record"]
    )  # fmt: skip
    assert obj["immutable"] is True


def test_what_is_wrong_is_the_evidence(commands, app):
    app.status, app.headers = 503, {"Set-Cookie": "session=secret"}
    configure(
        commands,
        {"http": "/", "text": "Moon", "header": {"X-Version": "v2", "Set-Cookie": "a=b"}},
        {"name": "unavailable", "http": "/", "method": "POST", "status": 503},
    )
    ended = commands("verify", "--env", "apps-dev")
    assert ended.code == 1
    failed, passed, said = ended.out.splitlines()[1:]
    assert failed.split()[:3] == ["http", "/", "failed"]
    for told in (
        "HTTP 503, not 200", "header X-Version is missing", "header Set-Cookie lacks 'a=b'",
        "'Moon' is not in the body",
    ):  # fmt: skip
        assert told in failed
    assert passed.split()[:2] == ["unavailable", "passed"]
    assert said == f"{DEV} in apps-dev: verification failed"
    assert app.asked[1][0] == "POST"
    assert "secret" not in ended.out + json.dumps(results(commands))


def test_an_address_that_does_not_answer_fails(commands):
    configure(commands, {"http": "/"})
    ended = commands("verify", "--env", "apps-dev", "-o", "json")
    assert ended.code == 1
    ((outcome, told),) = evidence(ended)
    assert outcome == "failed"
    assert told.startswith("no answer: ")


def test_an_answer_that_is_not_whole_in_time_fails(commands, app):
    released = []
    app.when_asked = lambda: eventually(lambda: released)
    configure(commands, {"http": "/", "deadline": "50ms"})
    ended = commands("verify", "--env", "apps-dev", "-o", "json")
    released.append(True)
    assert (ended.code, evidence(ended)) == (1, [("failed", "no answer within 0.05s")])


def test_without_the_right_to_reach_it_the_answer_is_unknown(commands, app):
    everything = ("configmaps", "leases", "selfsubjectreviews", *(one.plural for one in commands.api.served))
    commands.api.allow("ann", ("*",), everything)
    configure(commands, {"http": "/"})
    ended = commands("verify", "--env", "apps-dev", "-o", "json", user="ann")
    assert ended.code == 3
    ((outcome, told),) = evidence(ended)
    assert outcome == "unknown"
    assert "ann may not create pods/portforward in apps-dev" in told or "ann may not get" in told
    assert not app.asked


def test_a_task_is_told_what_runs_and_its_run_goes_when_it_passed(commands):
    commands.api.put(task("smoke", "url", "version", "digest", "depth"))
    configure(commands, {"task": "smoke", "params": {"depth": 3}, "serviceAccount": "checker"})
    with tekton(commands, smoke="Succeeded") as seen:
        ended = commands("verify", "--env", "apps-dev", "-o", "json")
    assert ended.code == 0, ended
    assert evidence(ended) == [("passed", "task/smoke succeeded")]
    (run,) = seen
    params = {one["name"]: one["value"] for one in run["spec"]["params"]}
    assert params.pop("digest").startswith("sha256:")
    assert params == {
        "url": f"http://{NAME}.apps-dev.svc.cluster.local", "version": DEV, "depth": "3",
    }  # fmt: skip
    assert run["spec"]["serviceAccountName"] == "checker"
    assert run["metadata"]["ownerReferences"][0]["name"] == ended.json()["record"]
    assert runs(commands) == []


def test_a_task_that_fails_shows_the_end_of_its_log_and_stays_until_the_next(commands):
    commands.api.put(task("smoke"))
    configure(commands, {"task": "smoke"})

    def logs():
        for name in runs(commands):
            commands.api.logs["apps-dev", f"{name}-pod", "step-ask"] = "asked\nno greeting\n"

    with tekton(commands, smoke="Failed"):
        commands.api.logs = _Anything("asked\nno greeting\n")
        ended = commands("verify", "--env", "apps-dev")
        assert ended.code == 1
        assert "end of the log of task smoke:\n  asked\n  no greeting\n" in ended.out
        assert "no greeting" not in json.dumps(results(commands))
        (first,) = runs(commands)
        assert commands("verify", "--env", "apps-dev").code == 1
    (second,) = runs(commands)
    assert first != second


class _Anything(dict):
    """The same log for every container."""

    def __init__(self, text):
        super().__init__()
        self.text = text

    def get(self, key, default=None):
        return self.text


@pytest.mark.parametrize(
    ("reason", "code"), [("TaskRunImagePullFailed", Exit.UNREACHABLE), ("TaskRunTimeout", Exit.FAILED)]
)
def test_what_keeps_a_task_from_its_work_tells_nothing_of_the_version(commands, reason, code):
    commands.api.put(task("smoke"))
    configure(commands, {"task": "smoke"})
    with tekton(commands, smoke=reason):
        assert commands("verify", "--env", "apps-dev").code == code


@pytest.mark.parametrize(("reason", "outcome"), [("Running", "failed"), ("Pending", "unknown")])
def test_a_task_that_does_not_end_in_time_is_cancelled(commands, reason, outcome):
    commands.api.put(task("smoke"))
    configure(commands, {"task": "smoke", "deadline": "1s"})
    with tekton(commands, smoke=reason):
        ended = commands("verify", "--env", "apps-dev", "-o", "json")
    ((found, told),) = evidence(ended)
    assert found == outcome
    assert "did not end within 1s" in told


def test_a_task_that_does_not_exist_is_unknown(commands):
    configure(commands, {"task": "smoke"})
    ended = commands("verify", "--env", "apps-dev", "-o", "json")
    assert (ended.code, evidence(ended)) == (3, [("unknown", "task/smoke does not exist in apps-dev")])


def test_a_task_that_may_not_be_run_is_unknown(commands):
    commands.api.put(task("smoke"))
    configure(commands, {"task": "smoke"})
    commands.api.fail("POST", "taskruns", 403, "Forbidden", "ann may not create taskruns")
    ended = commands("verify", "--env", "apps-dev", "-o", "json")
    ((outcome, told),) = evidence(ended)
    assert (ended.code, outcome) == (3, "unknown")
    assert "task/smoke in apps-dev cannot be run: " in told


def test_a_failure_counts_more_than_what_is_unknown(commands, app):
    app.status = 500
    configure(commands, {"task": "none"}, {"http": "/"})
    assert commands("verify", "--env", "apps-dev").code == 1


def test_a_version_that_changed_meanwhile_is_not_judged(commands, app):
    def deliver():
        served = commands.api.of("packaging.carvel.dev/v1alpha1", "PackageInstall")
        for obj in commands.api.objects.all(served):
            if obj["metadata"]["namespace"] == "apps-dev":
                status = {**obj["status"], "version": "0.1.9", "lastAttemptedVersion": "0.1.9"}
                commands.api.put({**obj, "status": status})

    app.when_asked = deliver
    configure(commands, {"http": "/"})
    ended = commands("verify", "--env", "apps-dev")
    assert ended.code == 3
    assert f"{DEV} ran at the beginning and 0.1.9 at the end" in ended.out


def test_without_the_right_to_keep_it_the_result_is_shown_and_told_not_to_be_kept(commands, app):
    commands.api.fail("POST", "configmaps", 403, "Forbidden", "no")
    configure(commands, {"http": "/"})
    ended = commands("verify", "--env", "apps-dev")
    assert ended.code == 0
    assert "the result of this verification in apps-dev is not stored: " in ended.err
    assert results(commands) == []


def test_a_failure_is_told_to_others_and_one_that_cannot_be_told_changes_nothing(commands, app):
    app.status = 500
    with hook(503, 200) as (url, seen):
        configure(commands, {"http": "/"}, notify=url)
        assert commands("verify", "--env", "apps-dev", user="ann").code == 1
    event = json.loads(seen[-1][2])
    assert event["type"] == "dev.pkgops.verification.failed"
    assert event["source"] == f"{commands.api.url}/namespaces/apps-dev"
    assert event["data"] == {
        "workload": f"default/{NAME}", "environment": "apps-dev", "by": "ann", "before": "", "after": DEV,
        "result": "failed", "message": "http /: HTTP 500, not 200",
    }  # fmt: skip
    with hook(404) as (url, seen):
        configure(commands, {"http": "/"}, notify=url)
        ended = commands("verify", "--env", "apps-dev")
    assert ended.code == 1
    assert f"{url} was not notified of the verification (failed): HTTP 404" in ended.err
    app.status = 200
    with hook(200) as (url, seen):
        configure(commands, {"http": "/"}, notify=url)
        assert commands("verify", "--env", "apps-dev").code == 0
    assert seen == []


def test_a_gate_that_refuses_is_told_to_others(commands, app):
    own = {"environments": [{"name": "apps-dev"}, {"name": "apps-prod", "gates": ["verified"]}]}
    with hook(200) as (url, seen):
        (commands.folder / "pkgops.yaml").write_text(json.dumps({"pkgops": {**own, "notify": [url]}}))
        ended = commands("promote", "--to", "apps-prod", "--yes", user="ann")
        assert ended.code == 5, ended
        # A dry run refuses nothing, so it tells nobody, however it ends.
        commands("promote", "--to", "apps-prod", "--dry-run")
    (event,) = [json.loads(body) for _, _, body in seen]
    assert event["type"] == "dev.pkgops.gate.refused"
    assert (event["data"]["before"], event["data"]["after"]) == (PROD, DEV)
    assert event["data"]["message"] in ended.err


def test_where_nothing_can_be_verified(commands):
    configure(commands, {"http": "/"})
    ended = commands("verify", "--env", "apps-prod")
    assert ended.code == 2
    assert "error: no-checks" in ended.err
    configure(commands, {"http": "/"}, name="staging", namespace="staging")
    ended = commands("verify", "--env", "staging")
    assert ended.code == 5
    assert "error: nothing-to-verify" in ended.err


@pytest.mark.parametrize(("signal_", "code"), [(signal.SIGKILL, -9), (signal.SIGINT, 130)])
def test_one_that_is_killed_midway_tells_nothing_and_the_next_cleans_up(commands, app, signal_, code):
    commands.api.put(task("smoke"))
    configure(commands, {"http": "/"})
    assert commands("verify", "--env", "apps-dev").code == 0
    configure(commands, {"http": "/"}, {"task": "smoke"})
    with tekton(commands):
        words = ("-c", "from pkgops.cli.main import main; main()", "verify", "--env", "apps-dev")
        command = [sys.executable, *words, "--context", "memory"]
        begun = subprocess.Popen(command, cwd=commands.folder, env=dict(os.environ))
        eventually(lambda: runs(commands))
        begun.send_signal(signal_)
        assert begun.wait() == code
    ends = [one["outcome"] for one in results(commands)]
    assert ends == ["passed", "running" if signal_ is signal.SIGKILL else "unknown"]
    assert len(runs(commands)) == (1 if signal_ is signal.SIGKILL else 0)

    # The term of a holder that is gone is 60 s, and what it left is seen when that is over.
    lease = commands.api.of("coordination.k8s.io/v1", "Lease")
    commands.api.objects.drop(lease, ("apps-dev", f"{NAME}-release"), orphan=True)
    configure(commands, {"http": "/"})
    ended = commands("verify", "--env", "apps-dev")
    assert ended.code == 0, ended
    assert [one["outcome"] for one in results(commands)] == ["passed", "unknown", "passed"]
    assert runs(commands) == []
