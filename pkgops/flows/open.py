"""Open the application: a port-forward to a ready pod of an environment, or one request and its answer."""

from __future__ import annotations

import threading
from dataclasses import dataclass

from pkgops.errors import StepFailed
from pkgops.flows import probe, read_snapshot, serving, unreadable
from pkgops.flows.ports import Ports
from pkgops.flows.target import Target
from pkgops.kube import Client
from pkgops.model import ObjectRef, Snapshot


@dataclass(frozen=True)
class PortForward:
    """A ready pod and its cluster's client; ``role`` is the Role of ``doctor --rbac`` that permits it."""

    client: Client
    pod: ObjectRef
    environment: str
    role: str = probe.DELIVER


def find(target: Target, name: str, to: str, ports: Ports) -> PortForward:
    """Return a ready pod that runs the workload in an environment, the first where none is named.

    Raises:
        UsageError: no such environment.
        StepFailed: nothing is ready there.
        PreflightError: what is ready there is unknown.
    """
    snapshot = read_snapshot.read_snapshot(target, name, ports)
    to = to or _first(target, snapshot)
    found = read_snapshot.environment(snapshot, to)
    if found is None:
        read_snapshot.environment_setting(target, to)
    if found is not None and not found.serves:
        raise StepFailed(
            f"{name} has nothing to open in {to}",
            why=found.note,
            next=f"pkgops status {name}",
            slug="no-application",
        )
    client = target.clusters.of_namespace(found.namespace) if found else target.client
    role = probe.role_of(target, to)
    pod = serving.ready_pod(client, found, role=role) if found and found.image else None
    if pod is None:
        unreadable.check(snapshot, to)
        raise StepFailed(
            f"nothing of {name} is ready in {to}",
            next=f"pkgops why {name}" if found or not snapshot.package else f"pkgops deliver --to {to}",
            slug="not-ready",
        )
    return PortForward(client, pod, to, role)


def _first(target: Target, snapshot: Snapshot) -> str:
    """Return the first environment with an application, delivered or deployed by the supply chain itself."""
    configured = target.settings.environments[0].name
    there = [env.name for env in snapshot.environments]
    return configured if configured in there or not there else there[0]


def hold(forward: PortForward, local_port: int, ports: Ports, stop: threading.Event) -> None:
    """Forward a loopback port to the pod until ``stop`` is set (or the person interrupts)."""
    with probe.forwarded(forward.client, forward.pod, local_port, role=forward.role) as port:
        where = f"{forward.pod} in {forward.environment}"
        ports.note(f"http://127.0.0.1:{port} is {where}; Ctrl-C ends it", port=port)
        while not stop.wait(0.5):
            pass
