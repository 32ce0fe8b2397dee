"""From a claim and its class to a volume; pure.

The objects are those that an external provisioner makes (sig-storage-lib-external-provisioner),
so that the controller manager binds and releases them as it does any other.
"""

from __future__ import annotations

from pathlib import Path

from pkgops.kube import Obj
from pkgops.platform.fieldledger import refusal

PROVISIONER = "pkgops.dev/host-path"
PROVISIONED_BY = "pv.kubernetes.io/provisioned-by"
KEEP = "pkgops.dev/keep-folder"
FOLDER = "folder"
"""The parameter of a class that says where its folders are."""


def requires_volume(claim: Obj, storage_class: Obj | None) -> bool:
    """Say whether a claim waits for a volume from us."""
    if storage_class is None or storage_class.get("provisioner") != PROVISIONER:
        return False
    return not (claim["spec"].get("volumeName") or claim["metadata"].get("deletionTimestamp"))


def refused(claim: Obj, storage_class: Obj) -> str:
    """Return why a claim gets no volume, in the words of an external provisioner; empty if it gets one."""
    name, parameters = storage_class["metadata"]["name"], storage_class.get("parameters") or {}
    text = refusal("storage", {**claim, "kind": "PersistentVolumeClaim"})
    text = text or refusal("storage", {**storage_class, "kind": "StorageClass"})
    unknown = sorted(set(parameters) - {FOLDER, "keep"})
    if not text and (unknown or not parameters.get(FOLDER)):
        wrong = f"parameters.{unknown[0]} is none" if unknown else f"parameters.{FOLDER} is missing"
        text = f"{wrong}; the local platform's are {FOLDER} and keep"
    return f'failed to provision volume with StorageClass "{name}": {text}' if text else ""


def volume(claim: Obj, storage_class: Obj) -> Obj:
    """Return the volume for a claim; the same claim always gives the same volume."""
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

    A class that keeps its folders finds them again by the claim's namespace and name.
    """
    root = Path(storage_class["parameters"][FOLDER])
    meta = claim["metadata"]
    if _keeps(storage_class):
        return root / str(meta["namespace"]) / str(meta["name"])
    return root / f"pvc-{meta['uid']}"


def is_ours(volume: Obj) -> bool:
    """Say whether a volume was made by us."""
    return (volume["metadata"].get("annotations") or {}).get(PROVISIONED_BY) == PROVISIONER


def is_finished(volume: Obj) -> bool:
    """Say whether a volume's claim is gone and the volume is to go with it."""
    released = (volume.get("status") or {}).get("phase") == "Released"
    deletes = volume["spec"].get("persistentVolumeReclaimPolicy") == "Delete"
    return released and deletes and not volume["metadata"].get("deletionTimestamp")


def keeps_folder(volume: Obj) -> bool:
    """Say whether a volume's folder stays when the volume goes."""
    return KEEP in (volume["metadata"].get("annotations") or {})


def _keeps(storage_class: Obj) -> bool:
    return (storage_class.get("parameters") or {}).get("keep") == "true"
