"""Why a build's pod has no node yet: kpack itself leaves that to the pod. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from pkgops.kube import Obj
from pkgops.platform.conditions import find_condition

Find = Callable[[str, str, str, str], Obj | None]
"""Takes an API version, a kind, a name and a namespace; returns that object, or None."""
_CLASS_API = "storage.k8s.io/v1"


def unscheduled(find: Find, pod: Obj) -> str:
    """Return why a pod was not given a node; empty if it has one, or waits only for its claims."""
    said = find_condition((pod.get("status") or {}).get("conditions") or [], "PodScheduled") or {}
    if said.get("status") != "False":
        return ""
    message, missing = str(said.get("message") or ""), list(_missing_classes(find, pod))
    # With a class that is there this passes by itself, and too fast to be read.
    if "unbound immediate PersistentVolumeClaims" in message and not missing:
        return ""
    return "; ".join(part for part in (message, *missing) if part)


def _missing_classes(find: Find, pod: Obj) -> Iterator[str]:
    for volume in pod["spec"].get("volumes") or []:
        claimed = str((volume.get("persistentVolumeClaim") or {}).get("claimName") or "")
        if not claimed:
            continue
        claim = find("v1", "PersistentVolumeClaim", claimed, pod["metadata"]["namespace"])
        wanted = str(((claim or {}).get("spec") or {}).get("storageClassName") or "")
        if wanted and find(_CLASS_API, "StorageClass", wanted, "") is None:
            yield f'persistentvolumeclaim "{claimed}": storageclass.storage.k8s.io "{wanted}" not found'
