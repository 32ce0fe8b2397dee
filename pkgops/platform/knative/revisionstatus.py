"""The status of a Revision, from its Deployment and pods. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from pkgops.kube import Obj
from pkgops.platform.conditions import condition_status
from pkgops.platform.knative.condition_set import ConditionSet

DEPENDENTS = ("ContainerHealthy", "ResourcesAvailable")
QUEUED = "Requests to the target are being buffered as resources are provisioned."
NO_TRAFFIC = "The target is not receiving traffic."
NEVER_SCALED = "Initial scale was never achieved"


@dataclass(frozen=True, slots=True, kw_only=True)
class ObservedState:
    """The observed state of a Revision's images, Deployment and pods.

    Attributes:
        images: image references with digests, by container name; empty until they are resolved.
        image_error: an image and why it could not be resolved to a digest; empty if it was.
        deployment: the Deployment, None before it is created.
        foreign: the name of the Deployment if it has another owner.
        pods: its pods.
        replicas: the desired number of pods.
        routed: whether it receives traffic, or will.
    """

    images: dict[str, str] = field(default_factory=dict)
    image_error: tuple[str, str] = ("", "")
    deployment: Obj | None = None
    foreign: str = ""
    pods: tuple[Obj, ...] = ()
    replicas: int = 1
    routed: bool = True


def revision_status(revision: Obj, facts: ObservedState, now: datetime) -> Obj:
    """Return the status of a Revision."""
    before = revision.get("status") or {}
    conditions = ConditionSet(before.get("conditions") or [], DEPENDENTS, now)
    status: Obj = {"observedGeneration": revision["metadata"]["generation"]}
    if facts.image_error[0] or not facts.images:
        _unresolved(conditions, facts)
        return {**status, "conditions": conditions.result()}
    status["containerStatuses"] = [
        {"name": name, "imageDigest": image} for name, image in facts.images.items()
    ]
    if facts.foreign:
        text = f'There is an existing Deployment "{facts.foreign}" that we do not own.'
        conditions.mark("ResourcesAvailable", "False", "NotOwned", text)
    elif facts.deployment is None:
        _deploying(conditions)
    else:
        _running(conditions, facts, started=condition_status(revision) == "True")
        status["actualReplicas"] = int(facts.deployment.get("status", {}).get("readyReplicas") or 0)
        status["desiredReplicas"] = facts.replicas
    return {**status, "conditions": conditions.result()}


def _unresolved(conditions: ConditionSet, facts: ObservedState) -> None:
    image, problem = facts.image_error
    if image:
        text = f'Unable to fetch image "{image}": {problem}'
        conditions.mark("ContainerHealthy", "False", "ContainerMissing", text)
    else:
        conditions.mark("ResourcesAvailable", "Unknown", "ResolvingDigests")


def _deploying(conditions: ConditionSet) -> None:
    conditions.mark("ResourcesAvailable", "Unknown", "Deploying")
    conditions.mark("ContainerHealthy", "Unknown", "Deploying")
    conditions.mark_info("Active", "Unknown", "Deploying")


def _running(conditions: ConditionSet, facts: ObservedState, *, started: bool) -> None:
    deployment = facts.deployment or {}
    status = deployment.get("status") or {}
    if not facts.routed:
        conditions.mark_info("Active", "False", "NoTraffic", NO_TRAFFIC)
        return
    if int(status.get("readyReplicas") or 0) > 0:
        for name in DEPENDENTS:
            conditions.mark(name, "True")
        conditions.mark_info("Active", "True")
        return
    conditions.mark_info("Active", "Unknown", "Queued", QUEUED)
    if not started:
        conditions.mark("ResourcesAvailable", "Unknown", "Deploying")
        if conditions.status("ContainerHealthy") != "False":
            conditions.mark("ContainerHealthy", "Unknown", "Deploying")
    _propagate_deployment(conditions, status)
    if facts.pods and facts.replicas and not status.get("availableReplicas"):
        _propagate_pod(conditions, facts.pods[0], timed_out=_timed_out(status))


def _propagate_deployment(conditions: ConditionSet, status: Obj) -> None:
    for condition in status.get("conditions") or []:
        pair = (condition.get("type"), condition.get("status"))
        if pair == ("ReplicaFailure", "True"):
            reason, message = condition.get("reason", ""), condition.get("message", "")
            conditions.mark("ResourcesAvailable", "False", reason, message)
        elif pair == ("Progressing", "False"):
            conditions.mark("ResourcesAvailable", "False", condition.get("reason", ""), NEVER_SCALED)


def _timed_out(status: Obj) -> bool:
    return any(
        (condition.get("type"), condition.get("status"), condition.get("reason"))
        == ("Progressing", "False", "ProgressDeadlineExceeded")
        for condition in status.get("conditions") or []
    )


def _propagate_pod(conditions: ConditionSet, pod: Obj, *, timed_out: bool) -> None:
    status = pod.get("status") or {}
    for condition in status.get("conditions") or []:
        if (condition.get("type"), condition.get("status")) == ("PodScheduled", "False"):
            conditions.mark(
                "ResourcesAvailable", "False", condition.get("reason", ""), condition.get("message", "")
            )
    for container in status.get("containerStatuses") or []:
        ended: dict[str, Any] = (container.get("lastState") or {}).get("terminated") or {}
        waiting: dict[str, Any] = (container.get("state") or {}).get("waiting") or {}
        if ended:
            text = ended.get("message") or ("container exited with no error" if not ended["exitCode"] else "")
            reason = f"ExitCode{ended['exitCode']}"
            conditions.mark("ContainerHealthy", "False", reason, f"Container failed with: {text}")
            return
        if waiting and timed_out:
            reason, text = waiting.get("reason", ""), waiting.get("message", "")
            conditions.mark("ResourcesAvailable", "False", reason, text)
            return
