"""The first answer of an environment: the pods that serve its image are requested until one answers."""

from __future__ import annotations

from datetime import timedelta

from pkgops.errors import PkgopsError, StepFailed
from pkgops.flows import probe, serving
from pkgops.flows.ports import Ports
from pkgops.kube import Client
from pkgops.model import Environment
from pkgops.pipeline.diagnosis.evidence import event_text
from pkgops.pipeline.diagnosis.facts import START_FAILURES
from pkgops.pipeline.object_store import event_time

TRIES = 20
PAUSE = 0.5
"""Seconds between two tries."""


def first_answer(
    client: Client, environment: Environment, ports: Ports, role: str = probe.DELIVER
) -> probe.ProbeResult:
    """Return the answer of a ready pod that runs the environment's image.

    A pod may end between being listed and being requested; then another one is requested.

    Raises:
        PreflightError: this user may not send requests to it; names the ``role`` to request. Or it is scaled
            to zero.
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
        silent.why = "\n".join(filter(None, (silent.why, _last_event(client, environment))))
        raise silent
    if found is None:
        raise StepFailed(
            f"no pod in {environment.namespace} is ready with {environment.image}",
            why=_last_event(client, environment),
            next=f"kubectl get pods -n {environment.namespace}",
            slug="no-answer",
        )
    raise StepFailed(
        f"{found.pod} in {environment.namespace} answers HTTP {found.status}",
        why=found.body[:500],
        next=f"kubectl logs {found.pod.name} -n {environment.namespace}",
        slug="bad-answer",
    )


def _last_event(client: Client, environment: Environment) -> str:
    """The last event about a pod of the environment that its node cannot start; empty without one."""
    names = {pod.name for stage in environment.stages for pod in stage.pods}
    try:
        events = client.list("v1", "Event", environment.namespace, fields="type=Warning").items
    except PkgopsError:
        return ""
    own = [
        (event_time(event), f"pod/{event['involvedObject']['name']}: {event_text(event)}")
        for event in events
        if event.get("reason") in START_FAILURES and (event.get("involvedObject") or {}).get("name") in names
    ]
    newest, text = max(own, default=("", ""))
    return f"{text}, at {newest}" if text else ""
