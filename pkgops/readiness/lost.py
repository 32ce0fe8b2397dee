"""Whether the pod of a run was lost: it ended without a failure of one of its containers."""

from __future__ import annotations

from collections.abc import Iterable

from pkgops.readiness.base import Obj, condition, has, status

GONE = "ContainerStatusUnknown"
"""The reason that kubelet writes for a container that it does not find any more when its pod ends."""
NOT_KNOWN = ("Unknown", 255)
"""Reason and exit code that containerd reports for a container that a restart of the machine has ended."""


def container(ended: Obj) -> bool:
    """Whether it is unknown how a container ended: its exit code is not the program's."""
    return ended.get("reason") == GONE or (ended.get("reason"), ended.get("exitCode")) == NOT_KNOWN


def is_unknown_end(message: str) -> bool:
    """Whether a message that repeats a container's end is about an end that is unknown."""
    reason, code = NOT_KNOWN
    return has(message, f": {GONE}", f"exited with code {code}: {reason}")


def failed_by_itself(states: Iterable[Obj]) -> bool:
    """Whether one of these container states is a termination with the program's own error."""
    ends = [state.get("terminated") or {} for state in states]
    return any(ended.get("exitCode") and not container(ended) for ended in ends)


def pod(obj: Obj) -> bool:
    """Whether a pod reports that it was evicted, preempted or deleted, or that its node is gone.

    The end of its containers is a consequence of that.
    """
    disrupted = condition(obj, "DisruptionTarget")
    return status(obj).get("reason") == "Evicted" or bool(disrupted and disrupted.status == "True")
