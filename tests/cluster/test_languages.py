"""Folders in languages beside Go, from their source to their answer: tested, built, packaged, delivered."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from pipeline_kit import SAMPLE, pkgops

from pkgops.kube import Client
from pkgops.local.cluster import LocalCluster
from pkgops.local.objects import kept_volumes

pytestmark = pytest.mark.cluster

EXAMPLES = SAMPLE.parent


def log_of_test(client: Client, language: str) -> str:
    """Return what the last test of a language printed."""
    return log_of(client, "tekton.dev/task", f"test-{language}", "step-test")


def log_of(client: Client, label: str, value: str, container: str) -> str:
    """Return what a container printed in the newest of the pods with a label."""
    pods = [
        pod
        for pod in client.list("v1", "Pod", "default").items
        if pod["metadata"]["labels"].get(label) == value
    ]
    newest = max(pods, key=lambda pod: pod["metadata"]["creationTimestamp"])
    return "\n".join(client.logs("default", newest["metadata"]["name"], container, tail=100))


@pytest.mark.parametrize(
    ("example", "language", "tested", "kept"),
    [
        (
            "hello-python",
            "python",
            "The world is greeted where there is no name. ... ok",
            "taking what was installed today for the same requirements",
        ),
        ("hello-nodejs", "nodejs", "# pass 1", "taking what was installed for the same package.json"),
        ("hello-java", "java-maven", "Tests run: 2, Failures: 0, Errors: 0", "BUILD SUCCESS"),
    ],
)
def test_a_folder_of_that_language_comes_to_an_answer_by_init_and_up_and_installs_nothing_twice(
    instance: LocalCluster,
    local_client: Client,
    tmp_path: Path,
    example: str,
    language: str,
    tested: str,
    kept: str,
) -> None:
    without = shutil.ignore_patterns("pkgops.yaml")
    folder = Path(shutil.copytree(EXAMPLES / example, tmp_path / f"my-{language}", ignore=without))
    wrote = pkgops("init", cwd=folder)
    assert wrote.code == 0, wrote
    ran = pkgops("up", "--progress", "plain", "-o", "json", cwd=folder)
    try:
        assert ran.code == 0, ran
        assert "Hello, World!" in ran.json()["answer"]["body"]
        assert tested in log_of_test(local_client, language)
        # Another source, and what it needs is the same. What Maven has not kept it may not fetch now.
        (folder / ".mvn").mkdir()
        (folder / ".mvn/maven.config").write_text("--offline\n")
        again = pkgops("up", "--progress", "plain", cwd=folder)
        assert again.code == 0, again
        assert kept in log_of_test(local_client, language)
        assert kept in log_of(local_client, "image.kpack.io/image", f"my-{language}", "build")
    finally:
        pkgops("clean", f"my-{language}", "--yes", cwd=folder)


WITH_A_MODULE = {
    "go.mod": "module hello-go\n\ngo 1.22\n\nrequire github.com/google/uuid v1.6.0\n",
    "go.sum": (
        "github.com/google/uuid v1.6.0 h1:NIvaJDMOsjHA8n1jAhLSgzrAzy1Hgr+hNrb57e+94F0=\n"
        "github.com/google/uuid v1.6.0/go.mod h1:TIyPZe4MgqvfeYDBFedMoGGpEw/LqOeaOT+nhxU+yHo=\n"
    ),
    "id.go": 'package main\n\nimport "github.com/google/uuid"\n\nvar id = uuid.NewString()\n',
}
DOWNLOADED = ("go-mod/cache/download/github.com/google/uuid", "go-mod/github.com/google/uuid@v1.6.0")


@pytest.fixture
def not_yet_downloaded() -> None:
    """The cache of tests outlives clusters, so an earlier one may have left the module there."""
    for path in DOWNLOADED:
        shutil.rmtree(kept_volumes() / "default/pkgops-cache" / path, ignore_errors=True)


@pytest.mark.usefixtures("not_yet_downloaded")
def test_a_go_folder_with_a_module_of_others_downloads_it_once(
    instance: LocalCluster, local_client: Client, tmp_path: Path
) -> None:
    folder = Path(shutil.copytree(SAMPLE, tmp_path / "my-golang"))
    for name, text in WITH_A_MODULE.items():
        (folder / name).write_text(text)
    assert pkgops("init", cwd=folder).code == 0

    def logs() -> tuple[str, str]:
        ran = pkgops("up", "--progress", "plain", cwd=folder)
        assert ran.code == 0, ran
        built = log_of(local_client, "image.kpack.io/image", "my-golang", "build")
        return log_of_test(local_client, "golang"), built

    downloaded = "go: downloading github.com/google/uuid v1.6.0"
    try:
        for log in logs():
            assert downloaded in log
        (folder / "NEWS").write_text("another source, and what it needs is the same\n")
        tested, built = logs()
        assert "ok  \thello-go" in tested
        assert "compiling" in built
        assert downloaded not in tested + built
    finally:
        pkgops("clean", "my-golang", "--yes", cwd=folder)


def test_the_java_application_beside_the_go_one_comes_to_an_answer_under_its_own_names(
    instance: LocalCluster, local_client: Client, tmp_path: Path
) -> None:
    folder = Path(shutil.copytree(EXAMPLES / "hello-java", tmp_path / "java"))
    ran = pkgops("up", "--progress", "plain", "-o", "json", cwd=folder)
    try:
        assert ran.code == 0, ran
        assert "Hello, World!" in ran.json()["answer"]["body"]
        assert "Tests run: 2, Failures: 0, Errors: 0" in log_of_test(local_client, "java-maven")
        found = local_client.get("carto.run/v1alpha1", "Deliverable", "hello-java-from-pkg", "apps-dev")
        assert found["spec"]["source"]["image"] == "hello-java-web2pkg-ops-pkg"
    finally:
        pkgops("clean", "hello-java-web2pkg", "--yes", cwd=folder)


RUNNING = (
    "env: [{name: NAME, valueFrom: {secretKeyRef: {name: greeted, key: name}}}]\n"
    "    scale: {min: 1, max: 2}\n    probes: {readiness: {httpGet: {path: /}}}\n"
    "    resources: {requests: {cpu: 10m}}"
)


@pytest.fixture(scope="module")
def repository(
    instance: LocalCluster, local_client: Client, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Path]:
    """A folder of two projects in two languages, brought to answers by `pkgops init && pkgops up`."""
    top = tmp_path_factory.mktemp("repository")
    shutil.copytree(EXAMPLES / "hello-any", top / "apps/my-any")
    shutil.copytree(EXAMPLES / "hello-static", top / "my-static")
    wrote = pkgops("init", cwd=top)
    assert wrote.code == 0, wrote
    file = top / "pkgops.yaml"
    # The whole repository is the source of the one, and its language is left open; the other reads a Secret.
    text = file.read_text().replace('source: "my-static"', 'source: "."\n    subPath: my-static')
    text = text.replace("language: static", "language: auto")
    file.write_text(text.replace("language: any", f"language: any\n    {RUNNING}"))
    for namespace in ("apps-dev", "apps-prod"):
        meta = {"name": "greeted", "namespace": namespace}
        secret = {"apiVersion": "v1", "kind": "Secret", "metadata": meta, "stringData": {"name": "Ada"}}
        local_client.apply(secret, manager="test")
    ran = pkgops("up", "--progress", "plain", cwd=top)
    try:
        assert ran.code == 0, ran
        for name in ("my-any", "my-static"):
            assert re.search(rf"^{name} .* answers in apps-dev: HTTP 200$", ran.out, re.MULTILINE), ran
        yield top
    finally:
        pkgops("clean", "my-any", "--yes", cwd=top)
        pkgops("clean", "my-static", "--yes", cwd=top)


def test_two_languages_side_by_side_are_each_tested_and_answer_with_their_own(
    repository: Path, local_client: Client
) -> None:
    assert "Result: PASS" in log_of_test(local_client, "any")
    assert "index.html is there" in log_of_test(local_client, "static")
    asked = pkgops("open", "my-any", "--curl", cwd=repository)
    assert "Hello, Ada!" in asked.out, asked
    found = {
        entry["name"]: entry for entry in pkgops("status", "-o", "json", cwd=repository).json()["workloads"]
    }
    assert {"my-any", "my-static"} <= set(found)


def test_one_of_two_languages_is_promoted_and_the_other_cleaned(
    repository: Path, local_client: Client
) -> None:
    promoted = pkgops("promote", "my-any", "--to", "apps-prod", "--progress", "plain", cwd=repository)
    assert promoted.code == 0, promoted
    cleaned = pkgops("clean", "my-static", "--yes", cwd=repository)
    assert cleaned.code == 0, cleaned
    services = local_client.list("serving.knative.dev/v1", "Service").items
    places = {(one["metadata"]["namespace"], one["metadata"]["name"]) for one in services}
    assert {("apps-dev", "my-any"), ("apps-prod", "my-any")} <= places
    assert "my-static" not in {name for _, name in places}
    (workload,) = pkgops("status", "my-any", "-o", "json", cwd=repository).json()["workloads"]
    versions = {entry["name"]: entry["version"] for entry in workload["environments"]}
    assert versions["apps-prod"] == versions["apps-dev"]
