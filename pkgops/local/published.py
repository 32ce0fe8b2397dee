"""A published builder image on the local cluster: its parts as kpack's objects."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from pkgops.errors import PreflightError, UsageError
from pkgops.local import state
from pkgops.local.bootstrap import connected
from pkgops.local.cluster import LocalCluster
from pkgops.local.images.store import content_key
from pkgops.oci import DockerConfig, ImageRef, RegistryClient, read_image

API = "kpack.io/v1alpha2"
LIFECYCLE = "buildpacksio/lifecycle"
"""The repository of published lifecycles; tags are their versions."""
STACK_LABEL = "io.buildpacks.stack.id"
METADATA_LABEL = "io.buildpacks.builder.metadata"
ORDER_LABEL = "io.buildpacks.buildpack.order"
Obj = dict[str, Any]


def builder_name(image: str, lifecycle: str) -> str:
    """Return the name of the ClusterBuilder for a builder image."""
    return f"builder-{content_key(image, lifecycle)[:8]}"


def ensure(cluster: LocalCluster, image: str, lifecycle: str) -> None:
    """Create or update the ClusterBuilder of a builder image, with its stack, store and lifecycle.

    Args:
        cluster: the local cluster.
        image: the builder's.
        lifecycle: the lifecycle's; empty for the published one of the version that the builder names.

    Raises:
        PreflightError: the cluster is gone.
        UsageError: the image is not that of a builder, or names no stack.
        RegistryError: it cannot be read.
    """
    instance = state.find(cluster.name)
    if instance is None:
        raise PreflightError("the local cluster is gone", next="pkgops local up", slug="local-absent")
    labels = read_image(RegistryClient(DockerConfig.load()), ImageRef.parse(image)).labels
    client = connected(instance)
    for obj in objects(image, labels, lifecycle, instance.registry):
        client.apply(obj, manager="pkgops-local")


def objects(image: str, labels: Mapping[str, str], lifecycle: str, registry: str) -> list[Obj]:
    """Return store, stack, lifecycle and builder from the labels of a builder image. Pure.

    The image is the store of its buildpacks and the build image of its stack.

    Raises:
        UsageError: the labels are not those of a builder, or name no stack.
    """
    missing = [label for label in (METADATA_LABEL, ORDER_LABEL, STACK_LABEL) if not labels.get(label)]
    if missing:
        raise _unfit(image, f"it has no label {', '.join(missing)}")
    described, order = (_read(image, labels, label) for label in (METADATA_LABEL, ORDER_LABEL))
    run = _run_image(described)
    version = str((described.get("lifecycle") or {}).get("version") or "")
    if not run or not (version or lifecycle):
        raise _unfit(image, f"its label {METADATA_LABEL} names no {'lifecycle' if run else 'run image'}")
    name = builder_name(image, lifecycle)
    specs: dict[str, Obj] = {
        "ClusterStore": {"sources": [{"image": image}]},
        "ClusterStack": {
            "id": labels[STACK_LABEL],
            "buildImage": {"image": image},
            "runImage": {"image": run},
        },
        "ClusterLifecycle": {"image": lifecycle or f"{LIFECYCLE}:{version}"},
        "ClusterBuilder": {
            "tag": f"{registry}/pkgops/{name}",
            "stack": {"kind": "ClusterStack", "name": name},
            "store": {"kind": "ClusterStore", "name": name},
            "lifecycle": {"kind": "ClusterLifecycle", "name": name},
            "order": order,
            "serviceAccountRef": {"name": "default", "namespace": "default"},
        },
    }
    return [
        {"apiVersion": API, "kind": kind, "metadata": {"name": name}, "spec": spec}
        for kind, spec in specs.items()
    ]


def _read(image: str, labels: Mapping[str, str], label: str) -> Any:
    try:
        return json.loads(labels[label])
    except ValueError as error:
        raise _unfit(image, f"its label {label} is no JSON: {error}") from error


def _run_image(described: Mapping[str, Any]) -> str:
    """Return the run image that a builder names: of its stack, or, newer, the first of its list."""
    of_stack = ((described.get("stack") or {}).get("runImage") or {}).get("image")
    listed = [one.get("image") for one in described.get("images") or []]
    return str(of_stack or next(iter(listed), "") or "")


def _unfit(image: str, why: str) -> UsageError:
    return UsageError(
        f"{image} is not a builder that kpack can use",
        why=why,
        next="name another in build.builder.image, or a ClusterBuilder of the cluster in build.builder.name",
        slug="builder-image",
    )
