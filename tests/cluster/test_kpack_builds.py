"""Images built from source in real pods of the local cluster, and what a person is told when that fails."""

from __future__ import annotations

import json
import shutil
import urllib.request
from pathlib import Path
from typing import Any

import pytest
from local_kit import client, cluster, condition, namespace, wait_for

from pkgops.kube import ApiError
from pkgops.local.snapshot import push_snapshot
from pkgops.oci import ImageRef, RegistryClient, read_image

pytestmark = pytest.mark.cluster
__all__ = ["client", "cluster", "namespace"]

API = "kpack.io/v1alpha2"
HELLO = Path(__file__).parents[2] / "examples" / "hello-go"
PHASES = ["prepare", "analyze", "detect", "restore", "build", "export", "completion"]


class Builds:
    """Makes Images in a namespace, each from a repository of its own, and waits for their builds."""

    def __init__(self, client, cluster, namespace, folder):
        self.client, self.cluster, self.namespace, self.folder = client, cluster, namespace, folder

    def push(self, name: str, **replaced: str) -> str:
        """Push hello-go, with texts of main.go replaced, to a repository of that name; returns its URL."""
        source = self.folder / name
        shutil.copytree(HELLO, source, dirs_exist_ok=True)
        text = (HELLO / "main.go").read_text()
        for old, new in replaced.items():
            text = text.replace(old, new)
        (source / "main.go").write_text(text)
        push_snapshot(source, f"{self.namespace}-{name}", cluster=self.cluster)
        return self.cluster.git_url(f"{self.namespace}-{name}")

    def push_script(self, name: str) -> str:
        """Push a source that is no Go module; returns its URL."""
        source = self.folder / name
        source.mkdir()
        (source / "index.js").write_text("console.log(1)\n")
        push_snapshot(source, f"{self.namespace}-{name}", cluster=self.cluster)
        return self.cluster.git_url(f"{self.namespace}-{name}")

    def fill(self, value: Any) -> Any:
        """Put this cluster's addresses into a value."""
        text = json.dumps(value).replace("{registry}", self.cluster.registry)
        return json.loads(text.replace("{address}", self.cluster.address))

    def tag(self, name: str) -> str:
        return f"{self.cluster.registry}/{self.namespace}/{name}"

    def create(self, name: str, source: dict[str, Any], **spec: Any) -> None:
        body = {
            "tag": self.tag(name),
            "builder": {"kind": "ClusterBuilder", "name": "builder"},
            "source": source,
        }
        meta = {"name": name, "namespace": self.namespace, "labels": {"team": "x"}}
        self.client.create({"apiVersion": API, "kind": "Image", "metadata": meta, "spec": {**body, **spec}})

    def image(self, name: str) -> dict[str, Any]:
        return self.client.get(API, "Image", name, self.namespace)

    def build(self, name: str) -> dict[str, Any]:
        return self.client.get(API, "Build", name, self.namespace)

    def end(self, name: str, number: int) -> dict[str, Any]:
        """Return the Image when its build of that number has ended."""

        def ended():
            image = self.image(name)
            latest = image.get("status", {}).get("latestBuildRef") == f"{name}-build-{number}"
            return image if latest and condition(image, "Ready")["status"] != "Unknown" else None

        # The first build pulls the builder, which takes its time on a busy machine.
        return wait_for(f"build {number} of {name}", ended, deadline=300)

    def log(self, build: str, phase: str) -> str:
        return "\n".join(self.client.logs(self.namespace, f"{build}-build-pod", phase))


NO_BLOB = {"blob": {"url": "http://{registry}/none.tar.gz"}}
BLOB = {"blob": {"url": "http://x.invalid/a.tgz"}}
STOPPED = [
    ("no-blob", NO_BLOB, {}, "failed to get blob http://{registry}/none.tar.gz: 404"),
    ("no-account", BLOB, {"serviceAccountName": "nobody"}, 'serviceaccounts "nobody" not found'),
    (
        "no-registry",
        BLOB,
        {"tag": "{address}:1/x/app"},
        'Error verifying write access to "{address}:1/x/app"',
    ),
]


@pytest.fixture(scope="module")
def builds(client, cluster, namespace, tmp_path_factory):
    """All Images of this module, created at once, so that their pods run side by side."""
    builds = Builds(client, cluster, namespace, tmp_path_factory.mktemp("sources"))
    url = builds.push("hello")
    env = [{"name": "BP_OCI_SOURCE", "value": url}, {"name": "BP_OCI_REVISION", "value": "main@sha1:1"}]
    meta = {"name": "database", "namespace": namespace}
    client.create({"apiVersion": "v1", "kind": "Secret", "metadata": meta, "stringData": {"type": "mysql"}})
    bound = [{"kind": "Secret", "name": "database"}]
    builds.create(
        "hello",
        {"git": {"url": url, "revision": "main"}},
        build={"env": env, "services": bound},
        defaultProcess="web",
    )
    failing = builds.push("fails", **{"fmt.Sprintf": "fmt.NoSuch"})
    builds.create("fails", {"git": {"url": failing, "revision": "main"}})
    builds.create("script", {"git": {"url": builds.push_script("script"), "revision": "main"}})
    builds.create("lonely", BLOB, builder={"kind": "Builder", "name": "nobody"})
    for name, source, spec, _ in STOPPED:
        builds.create(name, builds.fill(source), **builds.fill(spec))
    return builds


@pytest.fixture(scope="module")
def built(builds):
    """The Image hello after its first build."""
    return builds.end("hello", 1)


def test_the_local_builder_is_ready(client, cluster):
    wait_for(
        "the builder",
        lambda: all(
            condition(client.get(API, "ClusterBuilder", "builder"), said).get("status") == "True"
            for said in ("Ready", "UpToDate")
        ),
    )
    builder = client.get(API, "ClusterBuilder", "builder")
    assert builder["status"]["builderMetadata"] == [{"id": "pkgops/go", "version": "0.1.0"}]
    latest = ImageRef.parse(builder["status"]["latestImage"])
    assert latest.tag == "clusterbuilder-builder"
    labels = read_image(RegistryClient(), latest).labels
    assert json.loads(labels["io.buildpacks.buildpack.order"]) == builder["status"]["order"]
    for kind, name in (
        ("ClusterStack", "builder"),
        ("ClusterStore", "builder"),
        ("ClusterLifecycle", "default-lifecycle"),
    ):
        assert condition(client.get(API, kind, name), "Ready")["status"] == "True"


def test_a_source_becomes_an_image(builds, built):
    assert condition(built, "Ready") == {**condition(built, "Ready"), "status": "True", "reason": "UpToDate"}
    status = built["status"]
    assert status["buildCounter"] == 1
    assert status["latestBuildReason"] == "CONFIG"
    latest = ImageRef.parse(status["latestImage"])
    client = RegistryClient()
    assert client.digest(ImageRef.parse(builds.tag("hello"))) == latest.digest
    image = read_image(client, latest)
    assert image.config["config"]["Entrypoint"] == ["/cnb/process/web"]
    assert image.labels["org.opencontainers.image.revision"] == "main@sha1:1"
    assert image.labels["io.buildpacks.stack.id"] == status["latestStack"]


def test_the_build_tells_all_its_steps(builds, built):
    build = builds.build("hello-build-1")
    status = build["status"]
    assert status["stepsCompleted"] == PHASES
    assert len(status["stepStates"]) == 7
    assert status["buildMetadata"] == [{"id": "pkgops/go", "version": "0.1.0"}]
    assert status["latestImage"] == built["status"]["latestImage"]
    assert build["metadata"]["labels"]["team"] == "x"
    tags = build["spec"]["tags"]
    assert tags[0] == builds.tag("hello")
    assert RegistryClient().digest(ImageRef.parse(tags[1])) == ImageRef.parse(status["latestImage"]).digest
    assert "compiling . with go" in builds.log("hello-build-1", "build")
    assert "Setting default process type 'web'" in builds.log("hello-build-1", "export")


def test_buildpacks_see_the_services_that_are_bound(builds, built):
    pod = builds.client.get("v1", "Pod", "hello-build-1-build-pod", builds.namespace)
    seen = {
        container["name"]: mount["mountPath"]
        for container in pod["spec"]["initContainers"]
        for mount in container["volumeMounts"]
        if mount["name"] == "binding-database"
    }
    assert seen == dict.fromkeys(("detect", "build"), "/platform/bindings/database")


def test_the_cache_is_a_claim_of_the_images_own(builds, built):
    name = built["status"]["buildCacheName"]
    claim = builds.client.get("v1", "PersistentVolumeClaim", name, builds.namespace)
    assert (name, claim["status"]["phase"]) == ("hello-cache", "Bound")
    assert claim["metadata"]["ownerReferences"][0]["kind"] == "Image"


def test_the_image_runs_and_answers(builds, built):
    container = {"name": "app", "image": built["status"]["latestImage"]}
    meta = {"name": "runs", "namespace": builds.namespace}
    builds.client.create(
        {"apiVersion": "v1", "kind": "Pod", "metadata": meta, "spec": {"containers": [container]}}
    )
    wait_for("the app", lambda: "listening" in _log(builds, "runs"))
    with (
        builds.client.port_forward(builds.namespace, "runs", 8080) as port,
        urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=10) as answer,
    ):
        assert answer.read() == b"Hello, World!\n"


def _log(builds, pod):
    try:
        return "\n".join(builds.client.logs(builds.namespace, pod, "app"))
    except Exception:
        return ""


def test_a_failing_build_is_not_tried_again_until_something_changes(builds):
    image = builds.end("fails", 1)
    ready = condition(image, "Ready")
    assert (ready["status"], ready["reason"]) == ("False", "BuildFailed")
    hint = f"kubectl logs -n {builds.namespace} fails-build-1-build-pod -c build"
    assert (
        f"exit code 51: ERROR: failed to build: exit status 1: For more info use `{hint}`" in ready["message"]
    )
    assert "undefined: fmt.NoSuch" in builds.log("fails-build-1", "build")
    assert builds.build("fails-build-1")["status"]["stepsCompleted"] == PHASES[:4]
    builds.client.patch(API, "Image", "fails", builds.namespace, {"metadata": {"labels": {"touched": "yes"}}})
    annotation = {"metadata": {"annotations": {"image.kpack.io/additionalBuildNeeded": "1"}}}
    builds.client.patch(API, "Build", "fails-build-1", builds.namespace, annotation)
    again = builds.end("fails", 2)
    assert again["status"]["latestBuildReason"] == "TRIGGER"
    assert again["status"]["buildCounter"] == 2


def test_a_new_commit_is_built_and_old_builds_go(builds, built):
    patch = {"spec": {"successBuildHistoryLimit": 1, "build": {"env": []}}}
    builds.client.patch(API, "Image", "hello", builds.namespace, patch)
    second = builds.end("hello", 2)
    assert second["status"]["latestBuildReason"] == "CONFIG"
    builds.push("hello", Hello="Bonjour")
    nudge = {"metadata": {"annotations": {"look": "now"}}}
    builds.client.patch(API, "SourceResolver", "hello-source", builds.namespace, nudge)
    third = builds.end("hello", 3)
    assert third["status"]["latestBuildReason"] == "COMMIT"
    assert third["status"]["latestImage"] != built["status"]["latestImage"]

    def names():
        return [one["metadata"]["name"] for one in builds.client.list(API, "Build", builds.namespace).items]

    wait_for("old builds to go", lambda: not {"hello-build-1", "hello-build-2"} & set(names()))


@pytest.mark.parametrize(("name", "message"), [(name, message) for name, _, _, message in STOPPED])
def test_what_stops_a_build_is_said(builds, name, message):
    ready = condition(builds.end(name, 1), "Ready")
    assert builds.fill(message) in ready["message"]


def test_another_language_is_refused_with_the_reason(builds):
    message = condition(builds.end("script", 1), "Ready")["message"]
    assert "exit code 20: ERROR: failed to detect: no buildpacks participating" in message
    assert "this builder builds Go only" in builds.log("script-build-1", "detect")


def test_a_builder_that_does_not_exist_is_named(builds):
    def found():
        ready = condition(builds.image("lonely"), "Ready")
        return ready if ready.get("reason") else None

    ready = wait_for("the reason", found)
    text = f"Error: Unable to find builder 'nobody' in namespace '{builds.namespace}'."
    assert (ready["reason"], ready["message"]) == ("BuilderNotFound", text)


@pytest.mark.parametrize(
    ("source", "spec", "text"),
    [
        (
            {},
            {},
            "expected exactly one, got neither: spec.source.blob, spec.source.git, spec.source.registry",
        ),
        (BLOB, {"failedBuildHistoryLimit": 0}, "build history limit must be greater than 0"),
        (
            BLOB,
            {"builder": {"kind": "Deployment", "name": "x"}},
            "invalid value: Deployment: spec.builder.kind",
        ),
        (BLOB, {"tag": "r.io/Upper"}, "invalid value: r.io/Upper: spec.tag"),
        (BLOB, {"cache": {"volume": {"size": "big"}}}, "quantities must match the regular expression"),
    ],
)
def test_a_bad_image_is_refused_at_once(builds, source, spec, text):
    with pytest.raises(ApiError) as caught:
        builds.create("bad", source, **spec)
    assert text in caught.value.message


def test_the_tag_cannot_be_changed(builds, built):
    with pytest.raises(ApiError, match=r"Immutable field changed: spec\.tag"):
        builds.client.patch(API, "Image", "hello", builds.namespace, {"spec": {"tag": "r.io/other"}})
