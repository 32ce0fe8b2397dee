"""Commits and tags of the local cluster's own Git server and registry, followed by the local platform.

All intervals are an hour: what is seen here was seen because it was told.
"""

from __future__ import annotations

import io
import secrets
import tarfile
import urllib.error
import urllib.request

import pytest
from local_kit import client, cluster, condition, namespace, wait_for

from pkgops.kube import Invalid
from pkgops.local.snapshot import push_snapshot
from pkgops.oci import ImageRef, RegistryClient, write_image
from pkgops.oci.image import empty_image
from pkgops.oci.layers import memory_layer, regular

pytestmark = pytest.mark.cluster
__all__ = ["client", "cluster", "namespace"]

SOURCE, IMAGE = "source.toolkit.fluxcd.io/v1", "image.toolkit.fluxcd.io/v1"


class Flux:
    """Makes objects in a namespace and waits for what they say."""

    def __init__(self, client, cluster, namespace):
        self.client, self.cluster, self.namespace = client, cluster, namespace

    def create(self, api, kind, name, **spec):
        meta = {"name": name, "namespace": self.namespace}
        return self.client.create({"apiVersion": api, "kind": kind, "metadata": meta, "spec": spec})

    def get(self, api, kind, name):
        return self.client.get(api, kind, name, self.namespace)

    def patch(self, api, kind, name, patch):
        return self.client.patch(api, kind, name, self.namespace, patch)

    def says(self, api, kind, name, message, status="True"):
        """Wait until Ready has this status and a message that ends so; return the object."""

        def ready():
            obj = self.get(api, kind, name)
            found = condition(obj, "Ready")
            return obj if found.get("status") == status and found["message"].endswith(message) else None

        return wait_for(f"{kind} {name} to say {message}", ready)

    def has_revision(self, name, commit):
        return self.says(SOURCE, "GitRepository", name, f"main@sha1:{commit}'")


@pytest.fixture(scope="module")
def flux(client, cluster, namespace):
    return Flux(client, cluster, namespace)


@pytest.fixture
def app(flux, tmp_path):
    """A repository on the Git server with one commit, and the GitRepository of its name that has it."""
    name = f"app-{secrets.token_hex(4)}"
    folder = tmp_path / name
    folder.mkdir()
    (folder / "main.go").write_text("package main\n")
    (folder / "run.sh").write_text("#!/bin/sh\n")
    (folder / "run.sh").chmod(0o755)
    commit = push_snapshot(folder, cluster=flux.cluster)
    url = flux.cluster.git_url(name)
    flux.create(SOURCE, "GitRepository", name, url=url, interval="1h", ref={"branch": "main"})
    flux.has_revision(name, commit)
    return folder


def fetched(repository):
    """Return the files of an artifact, by the URL that its status tells."""
    with urllib.request.urlopen(repository["status"]["artifact"]["url"]) as answer:
        content = answer.read()
    with tarfile.open(fileobj=io.BytesIO(content)) as tar:
        return {m.name: oct(m.mode) for m in tar.getmembers() if m.isfile()}, len(content)


def test_a_commit_becomes_an_artifact(flux, app):
    repository = flux.get(SOURCE, "GitRepository", app.name)
    artifact = repository["status"]["artifact"]
    commit = artifact["revision"].removeprefix("main@sha1:")
    assert artifact["path"] == f"gitrepository/{flux.namespace}/{app.name}/{commit}.tar.gz"
    assert fetched(repository) == ({"main.go": "0o600", "run.sh": "0o700"}, artifact["size"])
    assert [entry["type"] for entry in repository["status"]["conditions"]] == ["Ready", "ArtifactInStorage"]
    assert repository["metadata"]["finalizers"] == ["finalizers.fluxcd.io"]
    assert repository["status"]["observedGeneration"] == 1


def test_a_push_is_seen_at_once(flux, app):
    (app / "main.go").write_text("package other\n")
    commit = push_snapshot(app, cluster=flux.cluster)
    repository = flux.has_revision(app.name, commit)
    assert repository["status"]["artifact"]["path"].endswith(f"/{commit}.tar.gz")


def test_a_request_to_look_is_answered(flux, app):
    annotation = {"metadata": {"annotations": {"reconcile.fluxcd.io/requestedAt": "now-1"}}}
    before = flux.get(SOURCE, "GitRepository", app.name)["status"]["artifact"]
    flux.patch(SOURCE, "GitRepository", app.name, annotation)

    def status():
        return flux.get(SOURCE, "GitRepository", app.name)["status"]

    wait_for("the request to be answered", lambda: status().get("lastHandledReconcileAt") == "now-1")
    assert status()["artifact"] == before


def test_while_suspended_nothing_is_looked_at(flux, app):
    flux.patch(SOURCE, "GitRepository", app.name, {"spec": {"suspend": True}})
    old = flux.get(SOURCE, "GitRepository", app.name)["status"]["artifact"]["revision"]
    (app / "main.go").write_text("package later\n")
    commit = push_snapshot(app, cluster=flux.cluster)
    assert flux.get(SOURCE, "GitRepository", app.name)["status"]["artifact"]["revision"] == old
    flux.patch(SOURCE, "GitRepository", app.name, {"spec": {"suspend": False}})
    flux.has_revision(app.name, commit)


def test_a_changed_spec_is_looked_at_at_once_and_a_failure_keeps_the_artifact(flux, app):
    flux.patch(SOURCE, "GitRepository", app.name, {"spec": {"ref": {"branch": "none"}}})
    message = 'couldn\'t find remote ref "refs/heads/none"'
    repository = flux.says(SOURCE, "GitRepository", app.name, message, status="False")
    assert condition(repository, "FetchFailed")["reason"] == "GitOperationFailed"
    assert condition(repository, "Reconciling")["reason"] == "ProgressingWithRetry"
    assert repository["status"]["artifact"]["revision"].startswith("main@")
    flux.patch(SOURCE, "GitRepository", app.name, {"spec": {"ref": {"branch": "main"}}})
    recovered = flux.has_revision(app.name, repository["status"]["artifact"]["revision"].partition(":")[2])
    assert condition(recovered, "FetchFailed") == {}


def test_a_deleted_repository_leaves_no_artifact(flux, app):
    url = flux.get(SOURCE, "GitRepository", app.name)["status"]["artifact"]["url"]
    flux.client.delete(SOURCE, "GitRepository", app.name, flux.namespace)
    wait_for("it to go", lambda: not flux.client.find(SOURCE, "GitRepository", app.name, flux.namespace))
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(url)
    assert refused.value.code == 404


@pytest.mark.parametrize(
    ("name", "spec", "reason", "message"),
    [
        (
            "verified",
            {"verify": {"mode": "HEAD", "secretRef": {"name": "keys"}}},
            "UnsupportedField",
            "spec.verify is not part of the local platform: signatures of commits and tags are not checked",
        ),
        ("no-secret", {"secretRef": {"name": "none"}}, "AuthenticationFailed", 'secrets "none" not found'),
    ],
)
def test_what_cannot_be_fetched_says_why(flux, name, spec, reason, message):
    flux.create(SOURCE, "GitRepository", name, url=flux.cluster.git_url("x"), interval="1h", **spec)
    repository = flux.says(SOURCE, "GitRepository", name, message, status="False")
    assert condition(repository, "FetchFailed")["reason"] == reason


def test_an_scp_address_is_refused(flux):
    with pytest.raises(Invalid):
        flux.create(SOURCE, "GitRepository", "scp", url="git@host:path", interval="1h")


def test_an_account_is_for_a_cloud(flux):
    with pytest.raises(Invalid, match="serviceAccountName can only be set when provider is 'azure' or 'aws'"):
        flux.create(SOURCE, "GitRepository", "a", url="http://git/a", interval="1h", serviceAccountName="a")


def push_tag(flux, name, tag):
    image = empty_image(architecture="amd64", os="linux").append(
        [memory_layer([regular("tag", tag.encode())])]
    )
    return write_image(RegistryClient(), image, [ImageRef.parse(f"{flux.cluster.registry}/{name}:{tag}")])


@pytest.fixture
def packages(flux):
    """An ImageRepository that nothing was pushed to yet, and a policy over it; the repository's name."""
    name = f"tests/packages-{secrets.token_hex(4)}"
    image = f"{flux.cluster.registry}/{name}"
    flux.create(IMAGE, "ImageRepository", name.partition("/")[2], image=image, interval="1h")
    policy = {"semver": {"range": ">=0.0.0"}}
    ref = {"name": name.partition("/")[2]}
    flux.create(
        IMAGE,
        "ImagePolicy",
        ref["name"],
        imageRepositoryRef=ref,
        policy=policy,
        digestReflectionPolicy="IfNotPresent",
    )
    return name


def test_before_the_first_push_both_wait_and_a_push_is_seen_at_once(flux, packages):
    short, image = packages.partition("/")[2], f"{flux.cluster.registry}/{packages}"
    unknown = (
        f"scan failed: GET http://{image.replace('/', '/v2/', 1)}/tags/list?n=1000: "
        f"NAME_UNKNOWN: repository name not known to registry; map[name:{packages}]"
    )
    failed = flux.says(IMAGE, "ImageRepository", short, unknown, status="False")
    assert condition(failed, "Ready")["message"] == unknown
    flux.says(IMAGE, "ImagePolicy", short, "retrying in 30s error: no tags in database", status="False")
    first = push_tag(flux, packages, "v0.1.9")
    chosen = flux.says(IMAGE, "ImagePolicy", short, f"resolved to v0.1.9 with digest {first}")
    assert chosen["status"]["latestRef"] == {"name": image, "tag": "v0.1.9", "digest": first}
    second = push_tag(flux, packages, "v0.1.10")
    moved = flux.says(IMAGE, "ImagePolicy", short, f"(previously {image}:v0.1.9@{first})")
    assert moved["status"]["latestRef"]["digest"] == second
    assert moved["status"]["observedPreviousRef"] == {"name": image, "tag": "v0.1.9", "digest": first}
    repository = flux.says(IMAGE, "ImageRepository", short, "")
    assert repository["status"]["lastScanResult"]["latestTags"] == ["v0.1.9", "v0.1.10"]
    assert repository["status"]["lastScanResult"]["tagCount"] == 2


def test_a_policy_that_nothing_satisfies_and_one_that_is_wrong(flux, packages):
    short = packages.partition("/")[2]
    push_tag(flux, packages, "v0.1.1")
    flux.says(IMAGE, "ImagePolicy", short, "v0.1.1 with digest " + push_tag(flux, packages, "v0.1.1"))
    flux.patch(IMAGE, "ImagePolicy", short, {"spec": {"policy": {"semver": {"range": ">=9.0.0"}}}})
    none = "unable to determine latest version from provided list"
    assert (
        condition(flux.says(IMAGE, "ImagePolicy", short, none, status="False"), "Ready")["reason"]
        == "Failure"
    )
    flux.patch(IMAGE, "ImagePolicy", short, {"spec": {"policy": {"semver": {"range": "x!"}}}})
    wrong = flux.says(
        IMAGE, "ImagePolicy", short, 'invalid policy: improper constraint: "x!"', status="False"
    )
    assert condition(wrong, "Stalled")["reason"] == "InvalidPolicy"


def test_a_name_with_a_tag_stalls(flux):
    image = f"{flux.cluster.registry}/tests/x"
    flux.create(IMAGE, "ImageRepository", "tagged", image=f"{image}:v1", interval="1h")
    said = flux.says(
        IMAGE, "ImageRepository", "tagged", "should not include a tag; remove ':v1'", status="False"
    )
    assert condition(said, "Stalled")["reason"] == "ImageURLInvalid"
