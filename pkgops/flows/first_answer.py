"""What an environment answers first: one of the pods that serve its image is asked until it does."""

from __future__ import annotations

from pkgops.errors import StepFailed
from pkgops.flows import probe, serving
from pkgops.flows.ports import Ports
from pkgops.kube import Client
from pkgops.model import Environment

TRIES = 20
PAUSE = 0.5
"""Seconds between two tries."""


def first_answer(
    client: Client, environment: Environment, ports: Ports, role: str = probe.DELIVER
) -> probe.ProbeResult:
    """Return what a ready pod answers that runs the environment's image.

    Raises:
        PreflightError: this user may not ask it; names the ``role`` to ask for.
        StepFailed: none is ready any more, or it answers with an error of its own (HTTP 500 and above).
    """
    found: probe.ProbeResult | None = None
    for _ in range(TRIES):
        pod = serving.ready_pod(client, environment, role=role)
        if pod is not None:
            found = probe.probe(client, pod, role=role)
            if found.healthy:
                return found
        ports.sleep(PAUSE)
    if found is None:
        raise StepFailed(
            f"no pod in {environment.namespace} is ready with {environment.image}",
            next=f"kubectl get pods -n {environment.namespace}",
            slug="no-answer",
        )
    raise StepFailed(
        f"{found.pod} in {environment.namespace} answers HTTP {found.status}",
        why=found.body[:500],
        next=f"kubectl logs {found.pod.name} -n {environment.namespace}",
        slug="bad-answer",
    )
