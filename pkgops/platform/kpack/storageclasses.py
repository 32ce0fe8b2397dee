"""The default StorageClass of the cluster."""

from __future__ import annotations

from pkgops.platform.runtime import Platform

_DEFAULT = "storageclass.kubernetes.io/is-default-class"


def has_default_class(platform: Platform) -> bool:
    """Return whether there is a default StorageClass."""
    classes = platform.list("storage.k8s.io/v1", "StorageClass")
    annotations = ((storage_class["metadata"].get("annotations") or {}) for storage_class in classes)
    return any(entries.get(_DEFAULT) == "true" for entries in annotations)
