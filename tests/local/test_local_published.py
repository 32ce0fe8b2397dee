"""A published builder's image becomes objects that kpack takes, or is refused with what it lacks."""

from __future__ import annotations

import json

import pytest

from pkgops.errors import UsageError
from pkgops.local.published import METADATA_LABEL, ORDER_LABEL, STACK_LABEL, builder_name, objects
from pkgops.platform.kpack.builderrules import cluster_builder_problems, stack_problems, store_problems

IMAGE = "example.com/builders/jammy:base"
ORDER = [{"group": [{"id": "a/java", "version": "9.0.0"}, {"id": "a/procfile", "optional": True}]}]
METADATA = {
    "description": "builds",
    "stack": {"runImage": {"image": "example.com/run:jammy", "mirrors": []}},
    "lifecycle": {"version": "0.20.8", "apis": {}},
}


def labels(**metadata: object) -> dict[str, str]:
    return {
        STACK_LABEL: "io.buildpacks.stacks.jammy",
        METADATA_LABEL: json.dumps({**METADATA, **metadata}),
        ORDER_LABEL: json.dumps(ORDER),
    }


def specs(given: dict[str, str], lifecycle: str = "") -> dict[str, dict[str, object]]:
    found = objects(IMAGE, given, lifecycle, "r.io")
    assert {one["metadata"]["name"] for one in found} == {builder_name(IMAGE, lifecycle)}
    return {one["kind"]: one["spec"] for one in found}


def test_its_parts_become_what_kpack_builds_with() -> None:
    store, stack, _, builder = objects(IMAGE, labels(), "", "r.io")
    assert stack_problems(stack) + store_problems(store) + cluster_builder_problems(builder) == []
    found = specs(labels())
    assert found["ClusterStore"] == {"sources": [{"image": IMAGE}]}
    assert found["ClusterStack"] == {
        "id": "io.buildpacks.stacks.jammy",
        "buildImage": {"image": IMAGE},
        "runImage": {"image": "example.com/run:jammy"},
    }
    assert found["ClusterLifecycle"] == {"image": "buildpacksio/lifecycle:0.20.8"}
    assert found["ClusterBuilder"]["order"] == ORDER


def test_a_lifecycle_of_ones_own_and_a_newer_list_of_run_images() -> None:
    found = specs(labels(stack=None, images=[{"image": "example.com/run:noble"}]), "example.com/lifecycle:1")
    assert found["ClusterLifecycle"] == {"image": "example.com/lifecycle:1"}
    assert found["ClusterStack"]["runImage"] == {"image": "example.com/run:noble"}
    assert builder_name(IMAGE, "") != builder_name(IMAGE, "example.com/lifecycle:1")


@pytest.mark.parametrize(
    ("given", "lacks"),
    [
        ({}, f"no label {METADATA_LABEL}, {ORDER_LABEL}, {STACK_LABEL}"),
        ({**labels(), STACK_LABEL: ""}, f"no label {STACK_LABEL}"),
        (labels(stack={}), "names no run image"),
        (labels(lifecycle={}), "names no lifecycle"),
        ({**labels(), METADATA_LABEL: "{"}, f"label {METADATA_LABEL} is no JSON"),
        ({**labels(), ORDER_LABEL: "none"}, f"label {ORDER_LABEL} is no JSON"),
    ],
)
def test_what_is_no_builder_is_refused_with_what_it_lacks(given: dict[str, str], lacks: str) -> None:
    with pytest.raises(UsageError) as told:
        objects(IMAGE, given, "", "r.io")
    assert IMAGE in told.value.what
    assert lacks in told.value.why
    assert "build.builder.name" in told.value.next
