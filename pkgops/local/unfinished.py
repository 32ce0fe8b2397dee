"""Pods that run once, and were running when the machine stopped.

Their containers do not exist any more, the kubelet may not start them again, and may never get their exit
status (seen with containerd 1.6): the pod would not change until its owner's deadline. Before the kubelet
starts, a pod that has an owner is deleted, so that the owner creates another one; a pod without an owner is
set to failed.
"""

from __future__ import annotations

from collections.abc import Iterable

from pkgops.kube import Client, NotFound, Obj

REASON = "NodeRestart"
MESSAGE = "the machine, or the local cluster on it, was stopped while the pod was running"


def end(client: Client) -> list[str]:
    """End the pods that cannot finish any more; return a line for each.

    To be called while no kubelet runs: no pod is running then.
    """
    return [_end(client, pod) for pod in unfinished(client.list("v1", "Pod").items)]


def unfinished(pods: Iterable[Obj]) -> list[Obj]:
    """Return the pods that run once, have started, and have not ended."""
    return [
        pod
        for pod in pods
        if pod["spec"].get("restartPolicy") == "Never"
        and pod.get("status", {}).get("startTime")
        and pod["status"].get("phase") in ("Pending", "Running", "Unknown")
    ]


def _end(client: Client, pod: Obj) -> str:
    meta = pod["metadata"]
    name = f"{meta['namespace']}/{meta['name']}"
    owner = next((one for one in meta.get("ownerReferences") or [] if one.get("controller")), None)
    if owner or meta.get("deletionTimestamp"):
        client.delete("v1", "Pod", meta["name"], meta["namespace"], uid=meta["uid"], grace=0)
        return f"{name}: {owner['kind']} {owner['name']} starts it anew" if owner else f"{name}: deleted"
    status = {**pod["status"], "phase": "Failed", "reason": REASON, "message": MESSAGE}
    try:
        client.update_status({**pod, "status": status})
    except NotFound:
        return f"{name}: deleted"
    return f"{name}: failed"
