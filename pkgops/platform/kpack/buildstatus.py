"""The status of a Build from its pod, with kpack's reasons and messages. Pure."""

from __future__ import annotations

import base64
import binascii
import gzip
import json
from datetime import datetime
from typing import Any

from pkgops.kube import Obj
from pkgops.platform.conditions import condition_status
from pkgops.platform.kpack.conditions import ConditionUpdate, conditions

_LOG_LIMIT = 800


def running_status(build: Obj, pod: Obj | None, now: datetime, unscheduled: str = "") -> Obj:
    """Return the status while the pod is absent, pending or running.

    Args:
        build: the Build.
        pod: its pod.
        now: the current time.
        unscheduled: why the pod is not scheduled.
    """
    waiting = _first_waiting(pod) if pod else {}
    if unscheduled:
        waiting = {"reason": "Unschedulable", "message": unscheduled}
    update = ConditionUpdate("Succeeded", "Unknown", waiting.get("reason", ""), waiting.get("message", ""))
    return _status(build, pod, update, now)


def succeeded_status(build: Obj, pod: Obj, now: datetime) -> Obj:
    """Return the status for a pod that succeeded, with the termination message of ``completion``."""
    result = decode(_message_of_completion(pod))
    if result is None:
        text = "Error: the completion container left no description of the image"
        return _status(build, pod, ConditionUpdate("Succeeded", "False", "Failed", text), now)
    status = _status(build, pod, ConditionUpdate("Succeeded", "True", "Completed"), now)
    status |= {
        "latestImage": result["latestImage"],
        "lifecycleVersion": result["lifecycleVersion"],
        "buildMetadata": result["buildpackMetadata"],
        "stack": {"id": result["stackID"], "runImage": result["stackRunImage"]},
    }
    if result.get("latestCacheImage"):
        status["latestCacheImage"] = result["latestCacheImage"]
    return status


def failed_status(build: Obj, pod: Obj, last_line: str, now: datetime) -> Obj:
    """Return the status of a pod that failed.

    Args:
        build: the Build.
        pod: its pod.
        last_line: the last log line of the failed container.
        now: the current time.
    """
    pod_message = pod.get("status", {}).get("message", "")
    name, left = failed_container(pod)
    message = pod_message
    if name and left:
        meta = pod["metadata"]
        hint = f"kubectl logs -n {meta['namespace']} {meta['name']} -c {name}"
        message = f"Error: {pod_message} {left} {last_line[-_LOG_LIMIT:]}: For more info use `{hint}`"
    reason = pod.get("status", {}).get("reason") or "Failed"
    return _status(build, pod, ConditionUpdate("Succeeded", "False", reason, message), now)


def refused_status(build: Obj, error: str, now: datetime) -> Obj:
    """Return the status of a Build whose pod cannot be created."""
    return _status(build, None, ConditionUpdate("Succeeded", "False", "", error), now)


def failed_container(pod: Obj) -> tuple[str, str]:
    """Return the name of the first container that failed, and its termination message; empty if none did."""
    for entry in _containers(pod):
        ended = entry.get("state", {}).get("terminated") or {}
        if ended.get("exitCode"):
            return str(entry["name"]), str(ended.get("message", ""))
    return "", ""


def has_succeeded(pod: Obj) -> bool:
    """Return whether every container of a pod has terminated with exit code 0.

    The kubelet writes that about a second before the phase ``Succeeded``, which it sets after it has read the
    state of the runtime once more. The containers of such a pod are not restarted, so its result is final.
    """
    containers = _containers(pod)
    ended = len(containers) == len([*(pod["spec"].get("initContainers") or []), *pod["spec"]["containers"]])
    return pod.get("status", {}).get("phase") == "Succeeded" or (ended and all(map(_completed, containers)))


def finished(build: Obj) -> bool:
    """Return whether a Build has succeeded or failed."""
    return condition_status(build, "Succeeded") != "Unknown"


def decode(message: str) -> dict[str, Any] | None:
    """Return the JSON object in a termination message of ``completion`` (gzip, base64), None without one."""
    try:
        document = json.loads(gzip.decompress(base64.b64decode(message)))
    except (ValueError, OSError, EOFError, binascii.Error):
        return None
    return document if isinstance(document, dict) else None


def _status(build: Obj, pod: Obj | None, update: ConditionUpdate, now: datetime) -> Obj:
    before = build.get("status", {})
    status: Obj = {
        "conditions": conditions([update], before.get("conditions") or [], now),
        "lifecycleVersion": "",
        "observedGeneration": build["metadata"]["generation"],
        "stack": {},
    }
    if pod is not None:
        status["podName"] = pod["metadata"]["name"]
        states = [_state(entry) for entry in _containers(pod)]
        completed = [entry["name"] for entry in _containers(pod) if _completed(entry)]
        status |= {
            key: value for key, value in (("stepStates", states), ("stepsCompleted", completed)) if value
        }
    return status


def _containers(pod: Obj) -> list[Obj]:
    """Return the statuses of the containers in the order of the spec (that of the status may differ)."""
    status, spec = pod.get("status", {}), pod["spec"]
    containers = [*(status.get("initContainerStatuses") or []), *(status.get("containerStatuses") or [])]
    by_name = {entry["name"]: entry for entry in containers}
    order = [entry["name"] for entry in [*(spec.get("initContainers") or []), *spec["containers"]]]
    return [by_name[name] for name in order if name in by_name]


def _completed(entry: Obj) -> bool:
    ended = entry.get("state", {}).get("terminated")
    return bool(ended) and ended["exitCode"] == 0


def _state(entry: Obj) -> Obj:
    state = dict(entry.get("state") or {})
    if "waiting" in state and not state["waiting"].get("message"):
        state["waiting"] = {**state["waiting"], "message": f"Container {entry['name']} waiting"}
    if "terminated" in state and not state["terminated"].get("message") and _completed(entry):
        text = f"Container {entry['name']} terminated successfully"
        state["terminated"] = {**state["terminated"], "message": text}
    return state


def _first_waiting(pod: Obj) -> Obj:
    if pod.get("status", {}).get("phase") != "Pending":
        return {}
    names = {entry["name"] for entry in pod["spec"].get("initContainers") or []}
    for entry in _containers(pod):
        state = _state(entry)
        if entry["name"] in names and "waiting" in state:
            return dict(state["waiting"])
    return {}


def _message_of_completion(pod: Obj) -> str:
    for entry in pod.get("status", {}).get("containerStatuses") or []:
        if entry["name"] == "completion":
            return str((entry.get("state", {}).get("terminated") or {}).get("message", ""))
    return ""
