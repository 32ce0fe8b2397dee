"""Every field of kpack's Images and Builds that counts: without it, another thing is built."""

from __future__ import annotations

from functools import cache
from typing import Any

import pytest
from acted_on_kit import Memory, Scene, acted_on, makes_a_difference, scenes

from pkgops.kube import Obj
from pkgops.platform.fieldsupport import Field
from pkgops.platform.kpack import names
from pkgops.platform.kpack.bindings import bindings_of
from pkgops.platform.kpack.build import is_rebase
from pkgops.platform.kpack.builderconfig import BuilderConfig
from pkgops.platform.kpack.credentials import Account
from pkgops.platform.kpack.image import Images
from pkgops.platform.kpack.pod import PodImages, build_pod, rebase_pod
from pkgops.platform.kpack.review import defaulted
from pkgops.platform.queue import Key
from pkgops.platform.unknownfields import unknown_fields

READY = [{"type": "Ready", "status": "True"}]
DIGEST = f"sha256:{'1' * 64}"
BUILDER: Obj = {
    "apiVersion": names.API,
    "kind": "ClusterBuilder",
    "metadata": {"name": "base", "namespace": "", "generation": 1},
    "status": {
        "latestImage": f"registry.io/builder@{DIGEST}",
        "stack": {"id": "s", "runImage": f"registry.io/run@{DIGEST}"},
        "builderMetadata": [],
        "conditions": READY,
        "observedGeneration": 1,
    },
}
CLASS: Obj = {
    "apiVersion": "storage.k8s.io/v1",
    "kind": "StorageClass",
    "metadata": {
        "name": "standard",
        "namespace": "",
        "annotations": {"storageclass.kubernetes.io/is-default-class": "true"},
    },
}
PROGRAMS = PodImages("init:1", "completion:1", "rebase:1")


OWN = ("Image", "ClusterBuilder", "StorageClass")


def outcome(scene: Scene) -> Any:
    """Return what the controller made of Images, and the pods of Builds."""
    world = Memory(BUILDER, CLASS)
    controller = Images(world)  # type: ignore[arg-type]
    found: list[Any] = []
    for obj in scene:
        taken = defaulted(obj, has_default_class=True)
        if obj["kind"] == "Build":
            found.append(_pod(taken))
            continue
        world.put(taken)
        for _ in range(7):
            controller.reconcile(Key("ns", obj["metadata"]["name"]))
            _resolve(world)
            _end_builds(world)
    made = [obj for (kind, _), obj in world.objects.items() if kind not in OWN]
    said = [obj.get("status") for (kind, _), obj in world.objects.items() if kind == "Image"]
    return [found, made, said]


def _resolve(world: Memory) -> None:
    """Resolve each source to itself, as the resolver does with what is no Git."""
    for obj in [obj for (kind, _), obj in world.objects.items() if kind == "SourceResolver"]:
        source = obj["spec"]["source"]
        kind = next(iter(key for key in source if key != "subPath"))
        resolved = {kind: {**source[kind], "subPath": source.get("subPath", "")}}
        world.put({**obj, "status": {"source": resolved, "conditions": READY}})


def _end_builds(world: Memory) -> None:
    """End each Build, alternately with success and failure, and trigger another one."""
    builds = [obj for (kind, _), obj in world.objects.items() if kind == "Build" and "status" not in obj]
    for obj in builds:
        number = int(obj["metadata"]["labels"][names.BUILD_NUMBER])
        ended = [{"type": "Succeeded", "status": "True" if number % 2 else "False"}]
        notes = {**obj["metadata"]["annotations"], names.TRIGGER: "x"}
        meta = {**obj["metadata"], "annotations": notes}
        status = {
            "conditions": ended,
            "latestImage": f"registry.io/web@{DIGEST}",
            "stack": BUILDER["status"]["stack"],
        }
        world.put({**obj, "metadata": meta, "status": status})


def _pod(build: Obj) -> Obj:
    account = Account(names.service_account(build["spec"]))
    config = BuilderConfig(stack="stack", run_image="registry.io/base")
    if is_rebase(build, config):
        return rebase_pod(build, account, PROGRAMS, config)
    services = {"status": {"binding": {"name": "jobs-access"}}}
    provider = lambda service: services if service.get("apiVersion") == "queue.io/v1" else {}  # noqa: E731
    bindings = bindings_of(build, [], provider) if build["spec"].get("services") else []
    return build_pod(build, account, PROGRAMS, bindings, config)


@cache
def given() -> dict[str, Scene]:
    return {name: scene for name, scene in scenes("kpack").items() if name in ("builds", "images")}


FIELDS = [
    one
    for one in acted_on("kpack")
    if one[0] in ("Image", "Build") and not one[1].path.startswith("metadata.")
]


@pytest.mark.parametrize(("kind", "field"), FIELDS, ids=lambda one: getattr(one, "path", one))
def test_without_a_field_that_counts_another_thing_is_built(kind: str, field: Field) -> None:
    assert makes_a_difference(kind, field, given(), outcome)


def test_what_the_controller_makes_has_no_fields_but_those_of_the_real_definitions() -> None:
    _, made, _ = outcome(given()["images"])
    own = [obj for obj in made if obj["kind"] in ("Build", "SourceResolver")]
    assert {obj["kind"] for obj in own} == {"Build", "SourceResolver"}
    assert [found for obj in own for found in unknown_fields("kpack", obj)] == []
