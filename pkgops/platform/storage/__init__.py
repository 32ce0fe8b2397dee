"""Storage on the local platform: host path volumes for claims of the platform's StorageClasses."""

from __future__ import annotations

from collections.abc import Iterable

from pkgops.kube import Obj
from pkgops.platform.queue import Key
from pkgops.platform.runtime import Platform
from pkgops.platform.storage.provisioner import CLASS_API, Provisioner


def register(platform: Platform) -> None:
    """Add the controllers that provision and reclaim volumes to a platform."""
    provisioner = Provisioner(platform)
    # Kubernetes' own controllers write the status of both kinds; this provisioner records events only.
    claims = platform.controller(
        "claim", "v1", "PersistentVolumeClaim", provisioner.provision, failed=None, status_of_others=True
    )
    platform.controller(
        "volume", "v1", "PersistentVolume", provisioner.reclaim, failed=None, status_of_others=True
    )

    def claims_of_class(storage_class: Obj) -> Iterable[Key]:
        class_name = storage_class["metadata"]["name"]
        for claim in platform.list("v1", "PersistentVolumeClaim"):
            if claim["spec"].get("storageClassName") == class_name:
                yield Key(claim["metadata"]["namespace"], claim["metadata"]["name"])

    platform.watch(CLASS_API, "StorageClass", claims, claims_of_class)
