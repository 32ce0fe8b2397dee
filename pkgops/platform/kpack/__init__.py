"""kpack on the local platform: Image, Build, builders and their parts (``kpack.io``)."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial

import urllib3

from pkgops.kube import Obj
from pkgops.platform.kpack.admission import webhooks_of
from pkgops.platform.kpack.build import Builds
from pkgops.platform.kpack.builder import Builders
from pkgops.platform.kpack.buildstatus import refused_status
from pkgops.platform.kpack.clusterparts import (
    ClusterParts,
    Read,
    buildpack_status,
    lifecycle_status,
    stack_status,
    store_status,
)
from pkgops.platform.kpack.defaults import default_objects
from pkgops.platform.kpack.image import Images
from pkgops.platform.kpack.names import API
from pkgops.platform.kpack.resolver import SourceResolvers
from pkgops.platform.queue import Key
from pkgops.platform.routes import owner_keys
from pkgops.platform.runtime import Platform

BUILDER_KINDS = ("ClusterBuilder", "Builder")
PARTS: dict[str, Read] = {
    "ClusterStack": stack_status,
    "ClusterStore": store_status,
    "ClusterBuildpack": buildpack_status,
    "Buildpack": buildpack_status,
    "ClusterLifecycle": lifecycle_status,
}


def register(platform: Platform) -> None:
    """Add the group's controllers and webhooks to a platform, and apply the local cluster's builder."""
    _register_builders(platform)
    images = platform.controller("image", API, "Image", Images(platform).reconcile, workers=2)
    builds = platform.controller(
        "build", API, "Build", Builds(platform).reconcile, workers=2, failed=refused_status
    )
    resolvers = SourceResolvers(platform, urllib3.PoolManager(retries=urllib3.Retry(1)))
    platform.controller("sourceresolver", API, "SourceResolver", resolvers.reconcile)
    platform.watch("v1", "Pod", builds, owner_keys("kpack.io", "Build"))
    for kind in ("Build", "SourceResolver"):
        platform.watch(API, kind, images, owner_keys("kpack.io", "Image"))
    for kind in BUILDER_KINDS:
        platform.watch(API, kind, images, partial(_images_of, platform))
    platform.watch("storage.k8s.io/v1", "StorageClass", images, lambda _: ())
    webhooks_of(platform).start(platform.webhooks)
    # The webhooks are called for these objects too, so they can be applied only while these are served.
    platform.webhooks.register(lambda _, __: default_objects(platform.config))


def _register_builders(platform: Platform) -> None:
    builders = [
        (kind, platform.controller(kind.lower(), API, kind, Builders(platform, kind).reconcile))
        for kind in BUILDER_KINDS
    ]
    for part, read in PARTS.items():
        platform.controller(part.lower(), API, part, ClusterParts(platform, part, read).reconcile)
        for kind, controller in builders:
            platform.watch(API, part, controller, partial(_builders_of, platform, kind))


def _builders_of(platform: Platform, kind: str, part: Obj) -> Iterable[Key]:
    """Map a part to the builders that reference it; a buildpack to all that may use it, also by its id."""
    name = part["metadata"]["name"]
    field = part["kind"].removeprefix("Cluster").lower()
    if field == "buildpack":
        namespace = part["metadata"].get("namespace", "")
        if not (namespace and kind == "ClusterBuilder"):
            yield from (Key(*_named(builder)) for builder in platform.list(API, kind, namespace))
        return
    for builder in platform.list(API, kind):
        default = "default-lifecycle" if field == "lifecycle" else ""
        if ((builder["spec"].get(field) or {}).get("name") or default) == name:
            yield Key(*_named(builder))


def _named(obj: Obj) -> tuple[str, str]:
    return obj["metadata"].get("namespace", ""), obj["metadata"]["name"]


def _images_of(platform: Platform, builder: Obj) -> Iterable[Key]:
    """Map a builder to the Images that reference it."""
    for image in platform.list(API, "Image", builder["metadata"].get("namespace", "")):
        reference = image["spec"]["builder"]
        same_kind = (reference.get("kind") or "Builder") == builder["kind"]
        if same_kind and reference["name"] == builder["metadata"]["name"]:
            yield Key(image["metadata"]["namespace"], image["metadata"]["name"])
