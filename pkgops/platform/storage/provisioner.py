"""The two reconcilers: provision a volume for a claim, and delete a volume after its claim."""

from __future__ import annotations

import shutil
from pathlib import Path

from pkgops.kube import AlreadyExists
from pkgops.platform.queue import Key
from pkgops.platform.runtime import Platform
from pkgops.platform.storage import volumes

CLASS_API = "storage.k8s.io/v1"


class Provisioner:
    """Creates and deletes PersistentVolumes and their folders."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform

    def provision(self, key: Key) -> float | None:
        """Create the folder and the volume of a claim, if it requires one."""
        claim = self._platform.get("v1", "PersistentVolumeClaim", key.name, key.namespace)
        if claim is None:
            return None
        name = claim["spec"].get("storageClassName") or ""
        storage_class = self._platform.get(CLASS_API, "StorageClass", name)
        if storage_class is None or not volumes.requires_volume(claim, storage_class):
            return None
        problem = volumes.refused(claim, storage_class)
        if problem:
            self._platform.event(claim, "Warning", "ProvisioningFailed", problem, volumes.PROVISIONER)
            return None
        volume = volumes.volume(claim, storage_class)
        _make(volumes.folder(claim, storage_class))
        try:
            self._platform.create(volume)
        except AlreadyExists:
            return None
        message = f"Successfully provisioned volume {volume['metadata']['name']}"
        self._platform.event(claim, "Normal", "ProvisioningSucceeded", message, volumes.PROVISIONER)
        return None

    def reclaim(self, key: Key) -> float | None:
        """Delete a volume whose claim was deleted, and its folder unless its class keeps folders."""
        volume = self._platform.get("v1", "PersistentVolume", key.name)
        if volume is None or not volumes.is_own(volume) or not volumes.is_finished(volume):
            return None
        if not volumes.keeps_folder(volume):
            shutil.rmtree(volume["spec"]["hostPath"]["path"], ignore_errors=True)
        self._platform.client.delete("v1", "PersistentVolume", key.name, uid=volume["metadata"]["uid"])
        return None


def _make(folder: Path) -> None:
    """Create a folder that every user may write to, since the user of the pod is not known."""
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o777)
