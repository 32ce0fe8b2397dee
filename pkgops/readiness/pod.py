"""Pod: scheduled, initialised, running, finished, or what keeps it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from pkgops.model import Code, State
from pkgops.readiness.base import Obj, Readiness, condition, created, has, meta, status, timestamp

_WAITING = {
    "ImagePullBackOff": Code.IMAGE_PULL,
    "ErrImagePull": Code.IMAGE_PULL,
    "InvalidImageName": Code.IMAGE_PULL,
    "ErrImageNeverPull": Code.IMAGE_PULL,
    "CreateContainerConfigError": Code.CONTAINER_CONFIG,
    "CreateContainerError": Code.CONTAINER_CONFIG,
    "RunContainerError": Code.CONTAINER_CONFIG,
    "CrashLoopBackOff": Code.CRASH_LOOP,
}


def read(obj: Obj) -> Readiness:
    """Read a Pod; its events tell more (mounts), those are for the pipeline."""
    phase = str(status(obj).get("phase") or "Pending")
    begin = timestamp(status(obj).get("startTime")) or created(obj)
    failed = failed_container(obj)
    if phase == "Succeeded":
        return Readiness(State.DONE, phase, since=begin, until=finished(obj))
    if phase == "Failed":
        return _failed(obj, failed, begin)
    stuck = _stuck(obj)
    if stuck:
        return stuck
    unscheduled = condition(obj, "PodScheduled")
    if unscheduled and unscheduled.status == "False":
        code = (
            Code.VOLUME_UNBOUND if has(unscheduled.message, "persistentvolumeclaim") else Code.UNSCHEDULABLE
        )
        return Readiness(
            State.WAITING, unscheduled.reason, unscheduled.message, "a node", code, unscheduled, since=begin
        )
    if phase == "Running":
        ready = condition(obj, "Ready")
        state = State.DONE if ready and ready.status == "True" else State.WORKING
        return Readiness(state, phase, running(obj), since=begin, until=ready.since if ready else None)
    return Readiness(State.WORKING, phase, running(obj), since=begin)


def _failed(obj: Obj, failed: dict[str, Any] | None, begin: datetime | None) -> Readiness:
    if failed is None:
        reason = str(status(obj).get("reason") or "Failed")
        return Readiness(State.FAILED, reason, str(status(obj).get("message") or ""), since=begin)
    ended = failed["terminated"]
    message = f"container {failed['name']} exited with code {ended.get('exitCode')}"
    code = Code.OUT_OF_MEMORY if ended.get("reason") == "OOMKilled" else None
    if code is None and failed["init"]:
        code = Code.INIT_CONTAINER_FAILED
    return Readiness(
        State.FAILED,
        str(ended.get("reason") or "Error"),
        message,
        code=code,
        container=str(failed["name"]),
        since=begin,
        until=timestamp(ended.get("finishedAt")),
    )


def _stuck(obj: Obj) -> Readiness | None:
    for box in containers(obj):
        waiting = (box.get("state") or {}).get("waiting") or {}
        code = _WAITING.get(str(waiting.get("reason")))
        if code:
            return Readiness(
                State.WAITING,
                str(waiting["reason"]),
                str(waiting.get("message") or ""),
                f"container {box['name']}",
                code,
                container=str(box["name"]),
                since=created(obj),
            )
    return None


def containers(obj: Obj) -> list[dict[str, Any]]:
    """The states of init containers, then containers."""
    found = status(obj)
    return [*(found.get("initContainerStatuses") or ()), *(found.get("containerStatuses") or ())]


def failed_container(obj: Obj) -> dict[str, Any] | None:
    """The first container that ended with a code other than 0: name, terminated, init."""
    inits = {box.get("name") for box in status(obj).get("initContainerStatuses") or ()}
    for box in containers(obj):
        ended = (box.get("state") or {}).get("terminated") or {}
        if ended.get("exitCode"):
            return {"name": box.get("name"), "terminated": ended, "init": box.get("name") in inits}
    return None


def running(obj: Obj) -> str:
    """Which container runs now, or is the next to."""
    for box in containers(obj):
        state = box.get("state") or {}
        if "running" in state and not box.get("ready"):
            return f"container {box.get('name')} runs"
        if "waiting" in state:
            return f"container {box.get('name')} is next"
    return ""


def started(obj: Obj) -> datetime | None:
    """When the first container of the pod began: from then on its mounts are fixed."""
    times = []
    for box in containers(obj):
        for body in (box.get("state") or {}).values():
            moment = timestamp((body or {}).get("startedAt"))
            times += [moment] if moment else []
    return min(times, default=None)


def finished(obj: Obj) -> datetime | None:
    """When the last container ended."""
    ends = [
        timestamp(((box.get("state") or {}).get("terminated") or {}).get("finishedAt"))
        for box in containers(obj)
    ]
    return max((end for end in ends if end), default=None)


def image_digest(obj: Obj, container: str = "") -> str:
    """The digest reference that a container runs; sidecars that carry no repository are skipped."""
    for box in status(obj).get("containerStatuses") or ():
        if container and box.get("name") != container:
            continue
        image = str(box.get("imageID") or "")
        if "@sha256:" in image:
            return image.removeprefix("docker-pullable://")
    return ""


def ready(obj: Obj) -> bool:
    """Whether the pod answers."""
    found = condition(obj, "Ready")
    return bool(found and found.status == "True") and not meta(obj).get("deletionTimestamp")
