"""The volume of a claim and its StorageClass. Pure.

The objects are those of an external provisioner (sig-storage-lib-external-provisioner), so that the
controller manager binds and releases them as any others.
"""

from __future__ import annotations

from pathlib import Path

from pkgops.kube import Obj
from pkgops.platform.fieldsupport import refusal

PROVISIONER = "pkgops.dev/host-path"
PROVISIONED_BY = "pv.kubernetes.io/provisioned-by"
KEEP = "pkgops.dev/keep-folder"
FOLDER = "folder"
"""The parameter of a StorageClass with the parent folder of its volumes."""


def requires_volume(claim: Obj, storage_class: Obj | None) -> bool:
    """Return whether a claim requires a volume of this provisioner."""
    if storage_class is None or storage_class.get("provisioner") != PROVISIONER:
        return False
    return not (claim["spec"].get("volumeName") or claim["metadata"].get("deletionTimestamp"))


def refused(claim: Obj, storage_class: Obj) -> str:
    """Return the message of an external provisioner why a claim gets no volume; empty if it gets one."""
    name, parameters = storage_class["metadata"]["name"], storage_class.get("parameters") or {}
    text = refusal("storage", {**claim, "kind": "PersistentVolumeClaim"})
    text = text or refusal("storage", {**storage_class, "kind": "StorageClass"})
    unknown = sorted(set(parameters) - {FOLDER, "keep"})
    if not text and (unknown or not parameters.get(FOLDER)):
        wrong = f"parameters.{unknown[0]} is none" if unknown else f"parameters.{FOLDER} is missing"
        text = f"{wrong}; the local platform's are {FOLDER} and keep"
    return f'failed to provision volume with StorageClass "{name}": {text}' if text else ""


def volume(claim: Obj, storage_class: Obj) -> Obj:
    """Return the volume of a claim."""
    meta, spec = claim["metadata"], claim["spec"]
    keep = _keeps(storage_class)
    reference = {key: meta[key] for key in ("namespace", "name", "uid")}
    return {
        "apiVersion": "v1",
        "kind": "PersistentVolume",
        "metadata": {
            "name": f"pvc-{meta['uid']}",
            "annotations": {PROVISIONED_BY: PROVISIONER, **({KEEP: "true"} if keep else {})},
        },
        "spec": {
            "accessModes": spec["accessModes"],
            "capacity": {"storage": spec["resources"]["requests"]["storage"]},
            "claimRef": {"apiVersion": "v1", "kind": "PersistentVolumeClaim", **reference},
            "persistentVolumeReclaimPolicy": storage_class.get("reclaimPolicy", "Delete"),
            "storageClassName": storage_class["metadata"]["name"],
            "volumeMode": spec.get("volumeMode", "Filesystem"),
            "hostPath": {"path": str(folder(claim, storage_class)), "type": "Directory"},
        },
    }


def folder(claim: Obj, storage_class: Obj) -> Path:
    """Return the folder of a claim's volume.

    If the class keeps its folders, it has the claim's namespace and name, so that a new claim uses it again.
    """
    root = Path(storage_class["parameters"][FOLDER])
    meta = claim["metadata"]
    if _keeps(storage_class):
        return root / str(meta["namespace"]) / str(meta["name"])
    return root / f"pvc-{meta['uid']}"


def is_own(volume: Obj) -> bool:
    """Return whether a volume was provisioned by this provisioner."""
    return (volume["metadata"].get("annotations") or {}).get(PROVISIONED_BY) == PROVISIONER


def is_finished(volume: Obj) -> bool:
    """Return whether a volume is released and its reclaim policy is to delete it."""
    released = (volume.get("status") or {}).get("phase") == "Released"
    deletes = volume["spec"].get("persistentVolumeReclaimPolicy") == "Delete"
    return released and deletes and not volume["metadata"].get("deletionTimestamp")


def keeps_folder(volume: Obj) -> bool:
    """Return whether the folder of a volume is kept when the volume is deleted."""
    return KEEP in (volume["metadata"].get("annotations") or {})


def _keeps(storage_class: Obj) -> bool:
    return (storage_class.get("parameters") or {}).get("keep") == "true"
