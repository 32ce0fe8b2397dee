"""Reach the application: a port-forward to a ready pod of an environment, or one request and its answer."""

from __future__ import annotations

import threading
from dataclasses import dataclass

from pkgops.errors import StepFailed
from pkgops.flows import answer, look, unreadable
from pkgops.flows.ports import Ports
from pkgops.flows.target import Target
from pkgops.flows.up import serving_pods
from pkgops.kube import Client
from pkgops.model import ObjectRef


@dataclass(frozen=True)
class Door:
    """A ready pod, and the way to it."""

    client: Client
    pod: ObjectRef
    environment: str


def find(target: Target, name: str, to: str, ports: Ports) -> Door:
    """Return a ready pod that runs the workload in an environment.

    Raises:
        UsageError: no such environment.
        StepFailed: nothing is ready there.
        PreflightError: what is ready there is unknown.
    """
    setting = look.environment_setting(target, to)
    snapshot = look.look(target, name, ports)
    found = look.environment(snapshot, to)
    client = target.client_of(setting)
    pod = answer.ready_pod(client, serving_pods(found), found.image) if found and found.image else None
    if pod is None:
        unreadable.check(snapshot, to)
        raise StepFailed(
            f"nothing of {name} is ready in {to}",
            next=f"pkgops why {name}" if found else f"pkgops deliver --to {to}",
            slug="not-ready",
        )
    return Door(client, pod, to)


def hold(door: Door, local_port: int, ports: Ports, stop: threading.Event) -> None:
    """Forward a loopback port to the pod until ``stop`` is set (or the person interrupts)."""
    with answer.forwarded(door.client, door.pod, local_port) as port:
        ports.note(f"http://127.0.0.1:{port} is {door.pod} in {door.environment}; Ctrl-C ends it", port=port)
        while not stop.wait(0.5):
            pass
