"""The main job on the real local cluster, in the order in which a person meets it.

The tests of this file build on each other: each leaves the pipeline as the next one finds it.
"""

from __future__ import annotations

import json
import re
import signal
import socket
import subprocess
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from command_contract import (
    ANSWERING,
    DELIVERED,
    PROMOTED,
    SUBMITTED,
    Ground,
    clean_leaves_nothing_and_can_be_repeated,
)
from notify_kit import hook
from page_kit import PipelinePage, looked_at
from pipeline_kit import Source, environment, eventually, pkgops, revision_in

from pkgops.kube import Client, connect
from pkgops.kube.errors import Invalid
from pkgops.local.cluster import LocalCluster

pytestmark = pytest.mark.cluster

APP = "hello-go-web2pkg"
DELIVERABLE = "hello-go-from-pkg"


@pytest.fixture(scope="module")
def source(instance: LocalCluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Source]:
    """The pipeline, brought up from nothing, and a clone of the source that it follows."""
    cleaned = pkgops("clean", "--yes")
    assert cleaned.code == 0, cleaned
    brought = pkgops("up", "--progress", "plain")
    assert brought.code == 0, brought
    yield Source.clone(instance, tmp_path_factory.mktemp("clone") / "hello-go")
    pkgops("clean", "--yes")
    client = connect(instance.kubeconfig, instance.context)
    for record in client.list("v1", "ConfigMap", labels="pkgops.dev/release").items:
        client.delete("v1", "ConfigMap", record["metadata"]["name"], record["metadata"]["namespace"])


def changes(name: str) -> list[dict[str, Any]]:
    """Return what `history` tells of an environment, the newest first."""
    ran = pkgops("history", "--env", name, "-o", "json")
    assert ran.code == 0, ran
    return list(ran.json()["environments"][0]["releases"])


@pytest.fixture(scope="module")
def first(source: Source) -> str:
    """The package version that answered first."""
    return str(environment("apps-dev")["version"])


def test_up_says_which_commit_answers(source: Source, first: str) -> None:
    again = pkgops("up", "--progress", "plain")
    assert again.code == 0, again
    assert re.search(rf"{APP} {re.escape(first)} \(commit \w+\) answers in apps-dev: HTTP 200", again.out)


def test_describe_workload_shows_every_resource_of_the_chain(source: Source, kubectl) -> None:
    shown = kubectl("describe", "workload", APP, "-n", "default")
    for name in ("source-provider", "source-tester", "image-builder", "config-provider", "imgpkg-bundler"):
        assert re.search(rf"Name:\s+{name}", shown), name
    assert re.search(r"Supply Chain Ref:\s+Kind:\s+ClusterSupplyChain\s+Name:\s+e2e-pkgops", shown)


def test_three_pods_completed_with_the_names_of_their_runs(source: Source, kubectl) -> None:
    lines = kubectl("get", "pods", "-n", "default", "--no-headers").splitlines()
    found = {line.split()[0]: line.split()[2] for line in lines if line.startswith(APP)}
    forms = (
        rf"{APP}-test-golang-\w{{5}}-pod",
        rf"{APP}-build-1-build-pod",
        rf"{APP}-imgpkg-bundle-imgpkg-push-package-\w{{5}}-pod",
    )
    for form in forms:
        assert any(re.fullmatch(form, name) for name in found), (form, found)
    assert set(found.values()) == {"Completed"}


def test_the_kinds_of_the_delivery_show_what_the_real_ones_show(source: Source, first: str, kubectl) -> None:
    kinds = "imagerepository,imagepolicy,packagerepository,packageinstall,app"
    shown = kubectl("get", kinds, "-n", "apps-dev")
    assert shown.count(f"/{DELIVERABLE}-deliverable") == 5
    assert shown.count("Reconcile succeeded") == 3
    assert f"v{first}" in shown
    assert re.search(r"PACKAGE NAME\s+PACKAGE VERSION\s+DESCRIPTION\s+AGE", shown)


@pytest.fixture
def revision(source: Source, local_client: Client) -> str:
    """The newest ready revision: 00001 unless the registry had packages of an earlier life."""
    service = local_client.get("serving.knative.dev/v1", "Service", APP, "apps-dev")
    name = str(service["status"]["latestReadyRevisionName"])
    assert re.fullmatch(rf"{APP}-\d{{5}}", name)
    return name


def test_get_all_shows_the_application(revision: str, kubectl) -> None:
    shown = kubectl("get", "all", "-n", "apps-dev")
    for line in (
        f"pod/{revision}-deployment-",
        f"deployment.apps/{revision}-deployment",
        f"service.serving.knative.dev/{APP}",
        f"configuration.serving.knative.dev/{APP}",
        f"revision.serving.knative.dev/{revision}",
        f"route.serving.knative.dev/{APP}",
        f"deliverable.carto.run/{DELIVERABLE}",
    ):
        assert line in shown, line


def test_the_application_answers_through_kubectls_port_forward(
    revision: str, instance: LocalCluster, kubectl_program: Path
) -> None:
    with port_forward(instance, kubectl_program, f"deployment/{revision}-deployment") as port:
        assert re.fullmatch(r"[\w ]+, \w+!\n", ask(port))


def test_every_step_from_the_pod_to_the_commit_holds(source: Source) -> None:
    traced = pkgops("trace", "-o", "json")
    assert traced.code == 0, traced
    (chain,) = traced.json()["chains"]
    assert len(chain["steps"]) >= 8
    assert {step["match"] for step in chain["steps"]} == {"same"}, traced


def test_an_image_is_traced_from_its_digest_alone(source: Source) -> None:
    image = str(environment("apps-dev")["image"])
    traced = pkgops("trace", image, "-o", "json")
    assert traced.code == 0, traced
    (chain,) = traced.json()["chains"]
    assert {step["match"] for step in chain["steps"]} == {"same"}, traced
    assert any(image.rpartition("@")[2] in str(step) for step in chain["steps"])


@pytest.mark.parametrize("check", [*SUBMITTED, *ANSWERING], ids=lambda check: check.__name__)
def test_the_commands_as_on_the_server_in_memory(check, source: Source, local_client: Client) -> None:
    check(Ground(pkgops, local_client))


def test_the_run_that_was_started_again_ends_well(source: Source) -> None:
    ready = pkgops("wait", APP, "--progress", "plain")
    assert ready.code == 0, ready


def test_promotion_pins_prod_to_the_version_of_dev(source: Source, first: str) -> None:
    tried = pkgops("promote", "--to", "apps-prod", "--dry-run")
    assert tried.code == 0, tried
    assert f"added Service.serving.knative.dev {APP}" in tried.out
    assert environment("apps-prod") == {}
    promoted = pkgops("promote", "--to", "apps-prod", "--progress", "plain")
    assert promoted.code == 0, promoted
    found = environment("apps-prod")
    assert (found["version"], found["pinned"], found["verdict"]) == (first, first, "ready")
    same = pkgops("diff", "--to", "apps-prod")
    assert same.code == 0, same
    assert same.out.splitlines()[0] == f"apps-prod: {first} -> {first}"
    assert same.out.splitlines()[-1] == "nothing differs"


def test_the_promotion_is_recorded_with_its_user_and_for_good(
    source: Source, first: str, local_client: Client
) -> None:
    newest = changes("apps-prod")[0]
    assert (newest["action"], newest["result"], newest["after"]["version"]) == ("promote", "succeeded", first)
    assert newest["by"]
    assert newest["after"]["healthy"]
    with pytest.raises(Invalid, match="immutable"):
        local_client.patch("v1", "ConfigMap", newest["record"], "apps-prod", {"data": {"release.json": "{}"}})


def test_a_failing_test_keeps_the_old_version_and_ends_up_with_its_output(source: Source, first: str) -> None:
    source.greet("Broken", tested=False)
    failed = pkgops("up", "--progress", "plain")
    assert failed.code == 1, failed
    assert "error: test-failed" in failed.err
    assert "--- FAIL: TestGreeting" in failed.err
    assert environment("apps-dev")["version"] == first
    source.revert()


@pytest.fixture(scope="module")
def page(source: Source, chromium: Any) -> Iterator[PipelinePage]:
    """The page of the pipeline, open in a browser."""
    with looked_at(chromium, APP) as found:
        yield found


def pods_of_tests(client: Client) -> set[str]:
    found = client.list("v1", "Pod", "default", labels="tekton.dev/task=test-golang").items
    return {pod["metadata"]["name"] for pod in found}


def test_a_commit_is_followed_on_the_page_with_the_log_of_its_test(
    source: Source, first: str, page: PipelinePage, local_client: Client
) -> None:
    before = pods_of_tests(local_client)
    commit = source.greet("Good morning")
    page.page.get_by_text(f"commit {commit[:8]}").first.wait_for()
    (pod,) = eventually(lambda: pods_of_tests(local_client) - before, "the commit is tested")
    page.stage("Test source").click()
    page.page.locator(f".logs button[title='default/{pod}/step-test']").click()
    page.page.locator("pre.lines", has_text=re.compile(r"\bok\s+\S+\s+[\d.]+s")).wait_for()
    # A page finds the command that was started again at the same port.
    page.end(signal.SIGKILL)
    page.lost.wait_for()
    page.serve()
    page.lost.wait_for(state="detached")
    page.environment("apps-dev").get_by_text(commit[:8]).first.wait_for()
    page.stage("apps-dev, Serve application", "done").wait_for()
    assert revision_in("apps-dev") == commit
    assert environment("apps-prod")["version"] == first


def test_the_page_promotes_what_answers_as_its_command_does(
    source: Source, page: PipelinePage, first: str
) -> None:
    version = environment("apps-dev")["version"]
    page.page.get_by_role("button", name="Promote to apps-prod").click()
    changing = page.page.locator(".changing")
    changing.get_by_text(f"{version} to apps-prod: every gate passes").wait_for()
    assert changing.locator("code").inner_text() == f"pkgops promote {APP} --to apps-prod --version {version}"
    assert f"changed Service.serving.knative.dev {APP}" in changing.inner_text()
    page.page.get_by_role("button", name="Yes, do this").click()
    changing.locator(".state.done, .state.failed").first.wait_for()
    assert changing.locator(".state.failed").count() == 0, changing.inner_text()
    page.environment("apps-prod").get_by_text(f"pinned to {version}").wait_for()
    assert environment("apps-prod")["version"] == version != first
    assert changes("apps-prod")[0]["action"] == "promote"


def test_the_next_commit_follows_by_itself_while_prod_stays(source: Source, first: str) -> None:
    prod = environment("apps-prod")["version"]
    commit = source.greet("Good evening")
    eventually(lambda: revision_in("apps-dev") == commit, f"{commit} answers in apps-dev")
    answered = pkgops("open", APP, "--curl")
    assert answered.out.startswith("Good evening, "), answered
    assert environment("apps-prod")["version"] == prod
    assert len({first, prod, environment("apps-dev")["version"]}) == 3


def test_a_version_that_does_not_exist_is_refused_with_those_that_do(source: Source, first: str) -> None:
    refused = pkgops("promote", "--to", "apps-prod", "--version", "99.0.0")
    assert refused.code in (2, 5), refused
    assert first in refused.err


@pytest.mark.parametrize("check", PROMOTED, ids=lambda check: check.__name__)
def test_a_promotion_as_on_the_server_in_memory(check, source: Source, local_client: Client) -> None:
    check(Ground(pkgops, local_client))


def test_a_rollback_brings_the_healthy_version_before_back(source: Source) -> None:
    newest = changes("apps-prod")[0]
    assert newest["before"]["healthy"]
    back = pkgops("rollback", "--env", "apps-prod", "--progress", "plain")
    assert back.code == 0, back
    prod = environment("apps-prod")
    assert (prod["version"], prod["pinned"]) == (newest["before"]["version"],) * 2
    differs = pkgops("diff", "--to", "apps-prod")
    assert differs.code == 1, differs
    assert f"changed Service.serving.knative.dev {APP}" in differs.out
    assert changes("apps-prod")[0]["action"] == "rollback"


@pytest.fixture
def checked(instance: LocalCluster, local_client: Client, tmp_path: Path) -> Iterator[Path]:
    """A configuration: dev is checked by a request and a Task, prod by a text that is not there."""
    script = (
        '#!/usr/bin/env bash\ntest -n "$(params.digest)" && curl -fsS "$(params.url)" | tee /dev/stderr\n'
    )
    step = {"name": "ask", "image": instance.images["go"], "script": script}
    spec = {"params": [{"name": "url"}, {"name": "digest"}], "steps": [step]}
    meta = {"name": "smoke", "namespace": "apps-dev"}
    local_client.create({"apiVersion": "tekton.dev/v1", "kind": "Task", "metadata": meta, "spec": spec})
    dev = {"name": "apps-dev", "verify": [{"http": "/", "text": "Good evening"}, {"task": "smoke"}]}
    wrong = [{"http": "/", "text": "Good night"}]
    prod = {"name": "apps-prod", "gates": ["verified"], "verify": wrong, "onFailure": "rollback"}
    config = tmp_path / "config.yaml"
    config.write_text(json.dumps({"pkgops": {"environments": [dev, prod]}}))
    yield config
    local_client.delete("tekton.dev/v1", "Task", "smoke", "apps-dev")
    for kept in local_client.list("v1", "ConfigMap", labels="pkgops.dev/verification").items:
        local_client.delete("v1", "ConfigMap", kept["metadata"]["name"], kept["metadata"]["namespace"])


def test_what_fails_its_verification_after_a_promotion_is_rolled_back(
    source: Source, checked: Path, local_client: Client
) -> None:
    before, dev = environment("apps-prod")["version"], environment("apps-dev")["version"]
    verified = pkgops("verify", "--env", "apps-dev", "-o", "json", "-f", str(checked))
    assert verified.code == 0, verified
    assert [one["outcome"] for one in verified.json()["checks"]] == ["passed", "passed"]
    assert local_client.list("tekton.dev/v1", "TaskRun", "apps-dev").items == []
    with hook(200) as (url, told):
        listening = {"pkgops": {**json.loads(checked.read_text())["pkgops"], "notify": [url]}}
        checked.write_text(json.dumps(listening))
        failed = pkgops("promote", "--to", "apps-prod", "--verify", "-f", str(checked))
    assert failed.code == 1, failed
    events = [json.loads(body) for _, _, body in told]
    assert [(one["type"].removeprefix("dev.pkgops."), one["data"]["result"]) for one in events] == [
        ("promotion.started", ""),
        ("promotion.ended", "succeeded"),
        ("verification.failed", "failed"),
        ("rollback.started", ""),
        ("rollback.ended", "succeeded"),
    ]
    assert {(one["data"]["before"], one["data"]["after"]) for one in events[:2]} == {(before, dev)}
    assert "error: rolled-back" in failed.err
    assert (
        f"{dev} failed its verification in apps-prod and was rolled back: {before} runs there" in failed.err
    )
    prod = environment("apps-prod")
    assert (prod["version"], prod["pinned"], prod["verdict"]) == (before, before, "ready")
    assert [one["action"] for one in changes("apps-prod")[:2]] == ["rollback", "promote"]


@pytest.mark.parametrize("check", DELIVERED, ids=lambda check: check.__name__)
def test_a_delivery_as_on_the_server_in_memory(check, source: Source, local_client: Client) -> None:
    check(Ground(pkgops, local_client))


def test_clean_leaves_nothing_of_the_pipeline(source: Source, local_client: Client) -> None:
    clean_leaves_nothing_and_can_be_repeated(Ground(pkgops, local_client))
    for namespace in ("default", "apps-dev", "apps-prod"):
        pods = [pod["metadata"]["name"] for pod in local_client.list("v1", "Pod", namespace).items]
        assert not [name for name in pods if name.startswith(APP)]


@contextmanager
def port_forward(cluster: LocalCluster, program: Path, target: str) -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    words = [str(program), f"--kubeconfig={cluster.kubeconfig}", "port-forward", "-n", "apps-dev", target]
    process = subprocess.Popen([*words, f"{port}:8080"], stdout=subprocess.PIPE)
    try:
        assert process.stdout is not None
        assert b"Forwarding from 127.0.0.1" in process.stdout.readline()
        yield port
    finally:
        process.terminate()
        process.wait()


def ask(port: int) -> str:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=30) as answer:
        assert answer.status == 200
        return str(answer.read().decode())
