"""When a resource counts as done: kapp's built-in rules, a function for each kind.

A kind without a rule is done at once; a Knative Service is such a kind, so a successful deployment
does not mean that the Service is Ready.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from pkgops.kapp.identity import Obj, group, kind
from pkgops.kapp.waitrules import OK, State, WaitRule, custom_state


def state_of(obj: Obj, rules: tuple[WaitRule, ...] = ()) -> State:
    """Return the state of one resource by the rules of its kind."""
    if (group(obj), kind(obj)) in _CARVEL:
        return _carvel(obj)
    if obj.get("metadata", {}).get("deletionTimestamp"):
        return deleting(obj)
    for rule in rules:
        if rule.matches(obj):
            return custom_state(obj, rule)
    built_in = _BUILT_IN.get((group(obj), kind(obj)))
    return built_in(obj) if built_in else OK


def deleting(obj: Obj) -> State:
    """Return the state of a resource that is being deleted."""
    finalizers = obj.get("metadata", {}).get("finalizers") or []
    if finalizers:
        return State(done=False, message=f"Waiting on finalizers: {', '.join(finalizers)}")
    return State(done=False, message="Deleting")


def _status(obj: Obj) -> dict[str, Any]:
    return dict(obj.get("status") or {})


def _unobserved(obj: Obj) -> State | None:
    generation = obj.get("metadata", {}).get("generation")
    if generation == _status(obj).get("observedGeneration"):
        return None
    return State(done=False, message=f"Waiting for generation {generation} to be observed")


def _carvel(obj: Obj) -> State:
    waiting = _unobserved(obj)
    if waiting:
        return waiting
    status = _status(obj)
    for condition in status.get("conditions") or []:
        failed = {"ReconcileFailed": "Reconcile failed", "DeleteFailed": "Delete failed"}.get(
            condition.get("type")
        )
        if condition.get("status") != "True":
            continue
        if condition.get("type") == "Reconciling":
            return State(done=False, message="Reconciling")
        if failed:
            text = status.get("usefulErrorMessage") or condition.get("message", "")
            return State(done=True, message=f"{failed}: {condition.get('reason', '')} (message: {text})")
    return deleting(obj) if obj.get("metadata", {}).get("deletionTimestamp") else OK


def _all_true(obj: Obj, types: tuple[str, ...]) -> State:
    statuses = {item.get("type"): item.get("status") for item in _status(obj).get("conditions") or []}
    for wanted in types:
        if wanted not in statuses:
            return State(done=False, message=f"Condition {wanted} is not set")
        if statuses[wanted] != "True":
            return State(done=False, message=f"Condition {wanted} is not True ({statuses[wanted]})")
    return OK


def _crd(obj: Obj) -> State:
    return _all_true(obj, ("Established", "NamesAccepted"))


def _pod(obj: Obj) -> State:
    phase = _status(obj).get("phase")
    if phase == "Pending":
        detail = _pending_reason(obj)
        return State(done=False, message=f"Pending: {detail}" if detail else "Pending")
    if phase == "Running":
        return _all_true(obj, ("Initialized", "Ready", "PodScheduled"))
    if phase == "Succeeded":
        return OK
    if phase in ("Failed", "Unknown"):
        return State(done=True, message=f"Phase is {phase.lower()}")
    return State(done=False, message="Undetermined phase")


def _pending_reason(obj: Obj) -> str:
    status = _status(obj)
    statuses = (status.get("initContainerStatuses") or []) + (status.get("containerStatuses") or [])
    reasons = [item["state"]["waiting"] for item in statuses if item.get("state", {}).get("waiting")]
    reasons += [
        item
        for item in status.get("conditions") or []
        if item.get("type") == "PodScheduled" and item.get("reason") == "Unschedulable"
    ]
    if not reasons:
        return ""
    first = reasons[0]
    return f"{first.get('reason', '')}" + (f" (message: {first['message']})" if first.get("message") else "")


def _service(obj: Obj) -> State:
    spec = obj.get("spec") or {}
    if spec.get("type") == "ExternalName":
        return State(done=True, successful=True, message="External service")
    if not spec.get("clusterIP"):
        return State(done=False, message="ClusterIP is empty")
    ingress = (_status(obj).get("loadBalancer") or {}).get("ingress")
    if spec.get("type") == "LoadBalancer" and not ingress:
        return State(done=False, message="Load balancer ingress is empty")
    return OK


def _deployment(obj: Obj) -> State:
    return _unobserved(obj) or _deployment_condition(obj) or _deployment_replicas(obj)


def _deployment_condition(obj: Obj) -> State | None:
    for condition in _status(obj).get("conditions") or []:
        text = f"{condition.get('reason', '')} (message: {condition.get('message', '')})"
        if (condition.get("type"), condition.get("status")) == ("Progressing", "False"):
            return State(done=True, message=f"Deployment is not progressing: {text}")
        if (condition.get("type"), condition.get("status")) == ("ReplicaFailure", "True"):
            return State(done=False, message=f"Deployment has encountered replica failure: {text}")
    return None


def _deployment_replicas(obj: Obj) -> State:
    status, wanted = _status(obj), int((obj.get("spec") or {}).get("replicas") or 0)
    if status.get("unavailableReplicas"):
        return State(done=False, message=f"Waiting for {status['unavailableReplicas']} unavailable replicas")
    ready = int(status.get("readyReplicas") or 0)
    if ready < wanted:
        return State(done=False, message=f"Waiting for {wanted - ready}/{wanted} replicas to be ready")
    return OK


def _daemon_set(obj: Obj) -> State:
    status = _status(obj)
    waiting = _unobserved(obj)
    if waiting:
        return waiting
    missing = int(status.get("desiredNumberScheduled") or 0) - int(status.get("updatedNumberScheduled") or 0)
    if missing > 0:
        return State(done=False, message=f"Waiting for {missing} updated pods to be scheduled")
    if status.get("numberUnavailable"):
        return State(done=False, message=f"Waiting for {status['numberUnavailable']} unavailable pods")
    return OK


def _stateful_set(obj: Obj) -> State:
    waiting = _unobserved(obj)
    if waiting:
        return waiting
    status, wanted = _status(obj), int((obj.get("spec") or {}).get("replicas") or 0)
    checks = (
        (wanted - int(status.get("updatedReplicas") or 0), "updated"),
        (wanted - int(status.get("readyReplicas") or 0), "ready"),
        (int(status.get("replicas") or 0) - wanted, "deleted"),
    )
    for count, word in checks:
        if count > 0:
            return State(done=False, message=f"Waiting for {count} replicas to be {word}")
    return OK


def _job(obj: Obj) -> State:
    status = _status(obj)
    for condition in status.get("conditions") or []:
        if (condition.get("type"), condition.get("status")) == ("Complete", "True"):
            return State(done=True, successful=True, message="Completed")
        if (condition.get("type"), condition.get("status")) == ("Failed", "True"):
            text = f"Failed with reason {condition.get('reason', '')}: {condition.get('message', '')}"
            return State(done=True, message=text)
    counts = ", ".join(f"{int(status.get(key) or 0)} {key}" for key in ("active", "failed", "succeeded"))
    return State(done=False, message=f"Waiting to complete ({counts})")


_CARVEL = frozenset(
    {
        ("kappctrl.k14s.io", "App"),
        ("packaging.carvel.dev", "PackageInstall"),
        ("packaging.carvel.dev", "PackageRepository"),
    }
)
_BUILT_IN: Mapping[tuple[str, str], Callable[[Obj], State]] = {
    ("apiextensions.k8s.io", "CustomResourceDefinition"): _crd,
    ("", "Pod"): _pod,
    ("", "Service"): _service,
    ("apps", "Deployment"): _deployment,
    ("apps", "DaemonSet"): _daemon_set,
    ("apps", "StatefulSet"): _stateful_set,
    ("batch", "Job"): _job,
}
