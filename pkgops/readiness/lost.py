"""Whether the pod of a run was lost: it ended, and nothing that ran in it ended it."""

from __future__ import annotations

from collections.abc import Iterable

from pkgops.readiness.base import Obj, condition, has, status

GONE = "ContainerStatusUnknown"
"""The reason that kubelet gives a container that it does not find any more when its pod ends."""
NOT_KNOWN = ("Unknown", 255)
"""Reason and exit code that containerd gives a container that a restart of the machine has ended."""


def container(ended: Obj) -> bool:
    """Whether it is unknown how a container ended: its exit code is not from the program."""
    return ended.get("reason") == GONE or (ended.get("reason"), ended.get("exitCode")) == NOT_KNOWN


def is_unknown_end(message: str) -> bool:
    """Whether a message that repeats a container's end is about an end that is unknown."""
    reason, code = NOT_KNOWN
    return has(message, f": {GONE}", f"exited with code {code}: {reason}")


def failed_by_itself(states: Iterable[Obj]) -> bool:
    """Whether one of some container states is an end with an error that the container came to."""
    ends = [state.get("terminated") or {} for state in states]
    return any(ended.get("exitCode") and not container(ended) for ended in ends)


def pod(obj: Obj) -> bool:
    """Whether a pod reports that it was ended from outside: evicted, preempted, deleted, its node gone.

    What its containers came to is the consequence of that.
    """
    disrupted = condition(obj, "DisruptionTarget")
    return status(obj).get("reason") == "Evicted" or bool(disrupted and disrupted.status == "True")
