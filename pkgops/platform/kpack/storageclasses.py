"""Whether the cluster gives a volume to who names no storage class."""

from __future__ import annotations

from pkgops.platform.runtime import Platform

_DEFAULT = "storageclass.kubernetes.io/is-default-class"


def has_default_class(platform: Platform) -> bool:
    """Tell whether some StorageClass is the default one."""
    classes = platform.list("storage.k8s.io/v1", "StorageClass")
    return any((one["metadata"].get("annotations") or {}).get(_DEFAULT) == "true" for one in classes)
