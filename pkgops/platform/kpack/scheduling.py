"""Why a build's pod is not scheduled, which kpack itself does not write to the Build's status. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from pkgops.kube import Obj
from pkgops.platform.conditions import find_condition

Find = Callable[[str, str, str, str], Obj | None]
"""Returns an object, or None, by API version, kind, name and namespace."""
_CLASS_API = "storage.k8s.io/v1"


def unscheduled(find: Find, pod: Obj) -> str:
    """Return why a pod is not scheduled; empty if it is, or only waits for its claims to be bound."""
    scheduled = find_condition((pod.get("status") or {}).get("conditions") or [], "PodScheduled") or {}
    if scheduled.get("status") != "False":
        return ""
    message, missing = str(scheduled.get("message") or ""), list(_missing_classes(find, pod))
    # If the StorageClass exists the claims are bound within a moment.
    if "unbound immediate PersistentVolumeClaims" in message and not missing:
        return ""
    return "; ".join(part for part in (message, *missing) if part)


def _missing_classes(find: Find, pod: Obj) -> Iterator[str]:
    for volume in pod["spec"].get("volumes") or []:
        claimed = str((volume.get("persistentVolumeClaim") or {}).get("claimName") or "")
        if not claimed:
            continue
        claim = find("v1", "PersistentVolumeClaim", claimed, pod["metadata"]["namespace"])
        class_name = str(((claim or {}).get("spec") or {}).get("storageClassName") or "")
        if class_name and find(_CLASS_API, "StorageClass", class_name, "") is None:
            yield f'persistentvolumeclaim "{claimed}": storageclass.storage.k8s.io "{class_name}" not found'
