"""Pod: scheduled, initialised, running, finished, or why it is not."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from pkgops.model import CauseCode, StageStatus, State
from pkgops.readiness.base import Obj, condition, created, has, meta, spec, status, timestamp
from pkgops.readiness.containers import serving_name, sidecars, statuses

_WAITING = {
    "ImagePullBackOff": CauseCode.IMAGE_PULL,
    "ErrImagePull": CauseCode.IMAGE_PULL,
    "InvalidImageName": CauseCode.IMAGE_PULL,
    "ErrImageNeverPull": CauseCode.IMAGE_PULL,
    "CreateContainerConfigError": CauseCode.CONTAINER_CONFIG,
    "CreateContainerError": CauseCode.CONTAINER_CONFIG,
    "RunContainerError": CauseCode.CONTAINER_CONFIG,
    "CrashLoopBackOff": CauseCode.CRASH_LOOP,
}


def read(obj: Obj) -> StageStatus:
    """Return the status of a Pod; events about it (mounts) are read in the pipeline."""
    phase = str(status(obj).get("phase") or "Pending")
    begin = timestamp(status(obj).get("startTime")) or created(obj)
    failed = failed_container(obj)
    if phase == "Succeeded":
        return StageStatus(state=State.DONE, reason=phase, since=begin, until=finished(obj))
    if phase == "Failed":
        return _failed(obj, failed, begin)
    stuck = _stuck(obj)
    if stuck:
        return stuck
    unscheduled = condition(obj, "PodScheduled")
    if unscheduled and unscheduled.status == "False":
        code = (
            CauseCode.VOLUME_UNBOUND
            if has(unscheduled.message, "persistentvolumeclaim")
            else CauseCode.UNSCHEDULABLE
        )
        return StageStatus(
            state=State.WAITING,
            reason=unscheduled.reason,
            message=unscheduled.message,
            waits_for="a node",
            code=code,
            condition=unscheduled,
            since=begin,
        )
    if phase == "Running":
        ready = condition(obj, "Ready")
        state = State.DONE if ready and ready.status == "True" else State.WORKING
        return StageStatus(
            state=state, reason=phase, message=running(obj), since=begin, until=ready.since if ready else None
        )
    return StageStatus(state=State.WORKING, reason=phase, message=running(obj), since=begin)


def _failed(obj: Obj, failed: dict[str, Any] | None, begin: datetime | None) -> StageStatus:
    if failed is None:
        reason = str(status(obj).get("reason") or "Failed")
        return StageStatus(
            state=State.FAILED, reason=reason, message=str(status(obj).get("message") or ""), since=begin
        )
    ended = failed["terminated"]
    message = f"container {failed['name']} exited with code {ended.get('exitCode')}"
    code = CauseCode.OUT_OF_MEMORY if ended.get("reason") == "OOMKilled" else None
    if code is None and failed["init"]:
        code = CauseCode.INIT_CONTAINER_FAILED
    return StageStatus(
        state=State.FAILED,
        reason=str(ended.get("reason") or "Error"),
        message=message,
        code=code,
        container=str(failed["name"]),
        since=begin,
        until=timestamp(ended.get("finishedAt")),
    )


def _stuck(obj: Obj) -> StageStatus | None:
    for box in statuses(obj):
        waiting = (box.get("state") or {}).get("waiting") or {}
        code = _WAITING.get(str(waiting.get("reason")))
        if code:
            return StageStatus(
                state=State.WAITING,
                reason=str(waiting["reason"]),
                message=str(waiting.get("message") or ""),
                waits_for=f"container {box['name']}",
                code=code,
                container=str(box["name"]),
                since=created(obj),
            )
    return None


def failed_container(obj: Obj) -> dict[str, Any] | None:
    """The first container that ended with a code other than 0: name, terminated, init."""
    inits = {box.get("name") for box in status(obj).get("initContainerStatuses") or ()} - sidecars(obj)
    for box in statuses(obj):
        ended = (box.get("state") or {}).get("terminated") or {}
        if ended.get("exitCode"):
            return {"name": box.get("name"), "terminated": ended, "init": box.get("name") in inits}
    return None


def claims(obj: Obj) -> list[str]:
    """The names of the persistent volume claims that the pod mounts."""
    volumes = spec(obj).get("volumes") or ()
    named = ((volume.get("persistentVolumeClaim") or {}).get("claimName") for volume in volumes)
    return [str(name) for name in named if name]


def running(obj: Obj) -> str:
    """Which container is running, or which is the next to start, as a sentence."""
    for box in statuses(obj):
        state = box.get("state") or {}
        if "running" in state and not box.get("ready"):
            return f"container {box.get('name')} runs"
        if "waiting" in state:
            return f"container {box.get('name')} is next"
    return ""


def started(obj: Obj) -> datetime | None:
    """When the first container of the pod started: from then on its mounts do not change."""
    times = []
    for box in statuses(obj):
        for body in (box.get("state") or {}).values():
            moment = timestamp((body or {}).get("startedAt"))
            times += [moment] if moment else []
    return min(times, default=None)


def finished(obj: Obj) -> datetime | None:
    """When the last container ended."""
    ends = [
        timestamp(((box.get("state") or {}).get("terminated") or {}).get("finishedAt"))
        for box in statuses(obj)
    ]
    return max((end for end in ends if end), default=None)


def image_digest(obj: Obj, container: str = "") -> str:
    """The digest reference that a container of the pod runs; the application's where none is named.

    The image that the pod names counts where the runtime reports a bare identifier (an imported image).
    """
    name = container or serving_name(obj)
    for box in status(obj).get("containerStatuses") or ():
        image = str(box.get("imageID") or "")
        if box.get("name") == name and image:
            specified = [one for one in spec(obj).get("containers") or () if one.get("name") == name]
            texts = [image.removeprefix("docker-pullable://"), *(str(one.get("image")) for one in specified)]
            return next((text for text in texts if "@sha256:" in text), "")
    return ""


def ready(obj: Obj) -> bool:
    """Whether the pod is Ready."""
    found = condition(obj, "Ready")
    return bool(found and found.status == "True") and not meta(obj).get("deletionTimestamp")
