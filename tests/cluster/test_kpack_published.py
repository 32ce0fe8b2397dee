"""A builder with a lifecycle that is not ours: a small stand-in that takes only what kpack gives it."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from local_kit import client, cluster, namespace, wait_for
from pipeline_kit import pkgops

from pkgops.kube import Client
from pkgops.local.cluster import LocalCluster
from pkgops.local.images.cnb import buildpack_facts
from pkgops.local.images.programs import HOME
from pkgops.local.snapshot import push_snapshot
from pkgops.oci import ImageRef, RegistryClient, read_image, write_image
from pkgops.oci.image import empty_image
from pkgops.oci.layers import Member, directory, memory_layer, regular

pytestmark = pytest.mark.cluster
__all__ = ["client", "cluster", "namespace"]

API = "kpack.io/v1alpha2"
VERSION = "9.9.9"
STACK = "io.buildpacks.stacks.jammy"
MIXINS = ["ca-certificates", "libc6"]
APIS = {"buildpack": {"supported": ["0.9"]}, "platform": {"deprecated": ["0.7"], "supported": ["0.8"]}}
BUILDPACK = {key: buildpack_facts()[key] for key in ("id", "version")}
GROUP = ["-app=/workspace", "-group=/layers/group.toml", "-plan=/layers/plan.toml"]
TAGS = ["TAG", r"TAG:b1\.\d{8}\.\d{6}"]
EXPECTED = {
    "analyzer": [
        "-layers=/layers", "-analyzed=/layers/analyzed.toml", "-run-image=.+@sha256:.+", f"-tag={TAGS[1]}",
        "TAG",
    ],
    "detector": GROUP,
    "restorer": [
        "-group=/layers/group.toml", "-layers=/layers", "-analyzed=/layers/analyzed.toml",
        "-cache-dir=/cache",
    ],
    "builder": ["-layers=/layers", *GROUP],
    "exporter": [
        "-layers=/layers", "-app=/workspace", "-group=/layers/group.toml", "-analyzed=/layers/analyzed.toml",
        "-project-metadata=/layers/project-metadata.toml", "-report=/var/report/report.toml",
        "-cache-dir=/cache", *TAGS,
    ],
}  # fmt: skip
PROGRAM = """#!/usr/bin/python3 -IS
import json, os, re, sys
sys.path.insert(0, "/{home}/lib")
given, expected = sys.argv[1:], {expected}
same = len(given) == len(expected) and all(map(re.fullmatch, expected, given))
about = (os.environ.get("CNB_PLATFORM_API"), os.getuid() != 0, os.path.isdir("/cache"))
print(given, about, flush=True)
if not same or about != ("0.8", True, {cache}):
    sys.exit(9)
"""
EXPORT = """
from pkgops.oci import ImageRef, RegistryClient, read_image, write_image
client, tags, run = RegistryClient(), given[-2:], os.environ["CNB_RUN_IMAGE"]
built = {"buildpacks": [BUILDPACK], "launcher": {"version": "9.9.9"}, "processes": []}
labels = {"io.buildpacks.build.metadata": json.dumps(built)}
labels["io.buildpacks.lifecycle.metadata"] = json.dumps({"runImage": {"reference": run, "topLayer": ""}})
image = read_image(client, ImageRef.parse(run)).labelled(labels)
write_image(client, image, [ImageRef.parse(tag) for tag in tags])
report = "[image]\\ntags = %s\\ndigest = %s\\n" % (json.dumps(tags), json.dumps(image.digest))
open("/var/report/report.toml", "w").write(report)
"""


def programs(tags: str) -> Iterator[Member]:
    """Yield the phases, each of which ends the build where it is called otherwise than kpack calls it.

    ``tags`` is a pattern for the tags of Images.
    """
    for folder in ("cnb", "cnb/lifecycle"):
        yield directory(folder), None
    for name, arguments in EXPECTED.items():
        expected = [one.replace("TAG", tags) for one in arguments]
        text = PROGRAM.format(home=HOME, expected=expected, cache=name in ("restorer", "exporter"))
        text += EXPORT.replace("BUILDPACK", str(BUILDPACK)) if name == "exporter" else ""
        yield regular(f"cnb/lifecycle/{name}", text.encode(), 0o755)


def published_stack(client: Client, repository: str) -> dict[str, Any]:
    """Push the two images of a stack, laid out as publishers do, and return the spec that names them."""
    registry, own = RegistryClient(), client.get(API, "ClusterStack", "builder")["spec"]
    made: dict[str, Any] = {"id": STACK}
    for part in ("buildImage", "runImage"):
        ref = ImageRef.parse(f"{repository}/{part.lower()}:1")
        image = read_image(registry, ImageRef.parse(own[part]["image"]))
        labels = {"io.buildpacks.stack.id": STACK, "io.buildpacks.stack.mixins": json.dumps(MIXINS)}
        write_image(registry, image.labelled(labels), [ref])
        made[part] = {"image": str(ref)}
    return made


@pytest.fixture
def builder(client: Client, cluster: LocalCluster, namespace: str) -> Iterator[str]:
    """A ClusterBuilder of published parts, each taken by its address; returns the Image's tag.

    Its stack has an id of its own, its lifecycle is the stand-in, and its buildpack comes from a
    ClusterBuildpack, by that one's name, and from no store.
    """
    tag = f"{cluster.registry}/{namespace}/app"
    tags = f"{re.escape(cluster.registry)}/({namespace}|demo)/app"
    ref = ImageRef.parse(f"{cluster.registry}/{namespace}/lifecycle:1")
    metadata = {
        "lifecycle": {"version": VERSION},
        "api": {"buildpack": "0.9", "platform": "0.7"},
        "apis": APIS,
    }
    labels = {
        "io.buildpacks.builder.metadata": json.dumps(metadata),
        "io.buildpacks.lifecycle.apis": json.dumps(APIS),
    }
    write_image(RegistryClient(), empty_image(Labels=labels).append([memory_layer(programs(tags))]), [ref])
    spec = client.get(API, "ClusterBuilder", "builder")["spec"]
    [source] = client.get(API, "ClusterStore", spec.pop("store")["name"])["spec"]["sources"]
    order = [{"group": [{"kind": "ClusterBuildpack", "name": namespace}]}]
    lifecycle = {"kind": "ClusterLifecycle", "name": namespace}
    stack = published_stack(client, f"{cluster.registry}/{namespace}")
    made = {
        **spec,
        "stack": {"kind": "ClusterStack", "name": namespace},
        "tag": f"{cluster.registry}/{namespace}/builder",
        "lifecycle": lifecycle,
        "order": order,
    }
    # The builder first: what it is made of comes later, and it is put together then.
    bodies = {
        "ClusterBuilder": made,
        "ClusterStack": stack,
        "ClusterLifecycle": {"image": str(ref)},
        "ClusterBuildpack": {"image": source["image"]},
    }
    for kind, body in bodies.items():
        client.create({"apiVersion": API, "kind": kind, "metadata": {"name": namespace}, "spec": body})
    yield tag
    for kind in bodies:
        client.delete(API, kind, namespace)


def test_phases_of_a_published_lifecycle_are_called_as_kpack_calls_them(
    client: Client, cluster: LocalCluster, namespace: str, builder: str, tmp_path: Path
) -> None:
    source = Path(shutil.copytree(Path(__file__).parents[2] / "examples/hello-static", tmp_path / "app"))
    push_snapshot(source, namespace, cluster=cluster)
    git = {"url": cluster.git_url(namespace), "revision": "main"}
    spec: dict[str, Any] = {
        "tag": builder,
        "builder": {"kind": "ClusterBuilder", "name": namespace},
        "source": {"git": git},
    }
    meta = {"name": "app", "namespace": namespace}
    client.create({"apiVersion": API, "kind": "Image", "metadata": meta, "spec": spec})

    def ready() -> bool:
        image = client.get(API, "Image", "app", namespace)
        known = image.get("status", {}).get("conditions") or []
        return any((one["type"], one["status"]) == ("Ready", "True") for one in known)

    wait_for("the image", ready, deadline=300)
    build = client.get(API, "Build", "app-build-1", namespace)
    assert build["status"]["lifecycleVersion"] == VERSION
    assert build["status"]["buildMetadata"] == [BUILDPACK]
    assert build["status"]["stack"]["id"] == STACK
    assert client.get(API, "ClusterStack", namespace)["status"]["mixins"] == MIXINS
    # What was built by another lifecycle than ours is up to date, and not built anew for it.
    assert client.get(API, "Image", "app", namespace)["status"]["latestBuildRef"] == "app-build-1"
    # What was put together has the form in which builders are published, and a workload names it.
    published = client.get(API, "ClusterBuilder", namespace)["status"]["latestImage"]
    builder_of_ones_own = {"image": published, "lifecycle": f"{cluster.registry}/{namespace}/lifecycle:1"}
    workload = {"name": "app", "language": "static", "tests": False}
    settings = {"workload": workload, "build": {"builder": builder_of_ones_own}}
    (tmp_path / "pkgops.yaml").write_text(json.dumps(settings))
    submitted = pkgops("up", "--source", str(source), "--no-wait", "--progress", "plain", cwd=tmp_path)
    try:
        assert submitted.code == 0, submitted
        assert f"builds with {published}" in submitted.err

        def built() -> bool:
            found = client.find(API, "Build", "app-build-1", "default")
            known = ((found or {}).get("status") or {}).get("conditions") or []
            assert not any(one["status"] == "False" for one in known), known
            return any((one["type"], one["status"]) == ("Succeeded", "True") for one in known)

        wait_for("the workload's image", built, deadline=300)
        told = client.get(API, "Build", "app-build-1", "default")["status"]
        assert (told["lifecycleVersion"], told["buildMetadata"]) == (VERSION, [BUILDPACK])
    finally:
        pkgops("clean", "app", "--yes", cwd=tmp_path)
