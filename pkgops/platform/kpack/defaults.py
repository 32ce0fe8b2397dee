"""The builder of the local cluster: its stack, store, lifecycle and ClusterBuilder."""

from __future__ import annotations

from pkgops.kube import Obj
from pkgops.platform.config import PlatformConfig
from pkgops.platform.kpack.names import API

NAME = "builder"
STACK_ID = "pkgops.stacks.bookworm"
BUILDPACK = "pkgops/go"
NEEDED = ("build", "run", "buildpack-go", "lifecycle")


def default_objects(config: PlatformConfig) -> list[Obj]:
    """Return the objects, with the images in the configuration; none if these are not configured."""
    images = config.images
    if any(name not in images for name in NEEDED):
        return []
    stack = {
        "id": STACK_ID,
        "buildImage": {"image": images["build"]},
        "runImage": {"image": images["run"]},
    }
    builder = {
        "tag": f"{config.registry}/pkgops/{NAME}",
        "stack": {"kind": "ClusterStack", "name": NAME},
        "store": {"kind": "ClusterStore", "name": NAME},
        "lifecycle": {"kind": "ClusterLifecycle", "name": "default-lifecycle"},
        "order": [{"group": [{"id": BUILDPACK}]}],
        "serviceAccountRef": {"name": "default", "namespace": "default"},
    }
    return [
        _object("ClusterStack", NAME, stack),
        _object("ClusterStore", NAME, {"sources": [{"image": images["buildpack-go"]}]}),
        _object("ClusterLifecycle", "default-lifecycle", {"image": images["lifecycle"]}),
        _object("ClusterBuilder", NAME, builder),
    ]


def _object(kind: str, name: str, spec: Obj) -> Obj:
    return {"apiVersion": API, "kind": kind, "metadata": {"name": name}, "spec": spec}
