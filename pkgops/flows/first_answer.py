"""What an environment answers first: one of the pods that serve its image is asked until it does."""

from __future__ import annotations

from datetime import timedelta

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

    A pod may end between being seen and being asked; then another one is.

    Raises:
        PreflightError: this user may not ask it; names the ``role`` to ask for. Or it is scaled to zero.
        StepFailed: none is ready any more, or it does not answer, or with an error of its own (HTTP 500 and
            above).
    """
    found: probe.ProbeResult | None = None
    silent: StepFailed | None = None
    until = ports.now() + timedelta(seconds=TRIES * PAUSE)
    for _ in range(TRIES):
        pod = serving.ready_pod(client, environment, role=role)
        if pod is not None:
            try:
                found, silent = probe.probe(client, pod, role=role), None
            except StepFailed as error:
                silent = error
            else:
                if found.healthy:
                    return found
        if ports.now() > until:
            break
        ports.sleep(PAUSE)
    if silent is not None:
        raise silent
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
