"""The pods that serve an environment: those of a Snapshot, and those that exist by now."""

from __future__ import annotations

import http.client
from urllib.parse import urlsplit

from pkgops.errors import PreflightError
from pkgops.flows import probe
from pkgops.kube import Client, Obj
from pkgops.model import Environment, ObjectRef
from pkgops.pipeline import kinds
from pkgops.pipeline.serving import SCALED_TO_ZERO

START_SECONDS = 30.0
"""How long a request may take that starts a pod."""
SERVICE_LABEL = "serving.knative.dev/service"
"""Label that Knative gives every pod of a Service."""


def known_pods(environment: Environment) -> tuple[ObjectRef, ...]:
    """Return the pods that serve an environment, from its stages."""
    stages = [stage for stage in environment.stages if stage.pods]
    return stages[-1].pods if stages else ()


def ready_pod(client: Client, environment: Environment, *, role: str = probe.DELIVER) -> ObjectRef | None:
    """Return a pod that is ready and runs the environment's image, by digest; None where there is none.

    Watches of several kinds are independent, so a Service may be read as ready before any of its pods
    is read: where no pod of the Snapshot is ready, the present pods are listed. Where the
    application is scaled to zero, its address is requested first, which starts a pod.

    Raises:
        PreflightError: this user may not read them; names the ``role`` to request. Or none can be started,
            because the address is not reachable from here.
    """
    known = known_pods(environment)
    pod = probe.ready_pod(client, known, environment.image, role=role)
    if pod is not None:
        return pod
    if any(stage.reason == SCALED_TO_ZERO for stage in environment.stages[-1:]):
        _start_pod(environment)
    new = tuple(ref for ref in _present(client, environment, role) if ref not in known)
    return probe.ready_pod(client, new, environment.image, role=role)


def _start_pod(environment: Environment) -> None:
    """Send one request to an application that has no pod: Knative holds it until a pod is ready."""
    url = urlsplit(environment.url)
    why = "it has no address"
    if url.hostname:
        way = http.client.HTTPSConnection if url.scheme == "https" else http.client.HTTPConnection
        connection = way(url.hostname, url.port, timeout=START_SECONDS)
        try:
            connection.request("GET", url.path or "/")
            connection.getresponse()
            return
        except (OSError, http.client.HTTPException) as error:
            why = f"{environment.url}: {error}"
        finally:
            connection.close()
    raise PreflightError(
        f"unknown what {environment.name} answers: scaled to zero, and no request from here starts a pod",
        why=why,
        next=f"curl {environment.url or 'ITS-ADDRESS'}, from where that is reachable; then run it again",
        slug="scaled-to-zero",
    )


def _present(client: Client, environment: Environment, role: str) -> list[ObjectRef]:
    serving = environment.stages[-1].object if environment.stages else None
    if serving is None:
        return []
    namespace = serving.namespace or environment.namespace
    with probe.permitted(f"which pods of {serving} in {namespace} there are", namespace, role):
        labels = _labels(client, serving)
        selector = ",".join(f"{key}={value}" for key, value in sorted(labels.items()))
        found = client.list("v1", "Pod", namespace, labels=selector).items if selector else []
    return [ObjectRef.of(pod) for pod in found]


def _labels(client: Client, serving: ObjectRef) -> dict[str, str]:
    """The labels of the pods of the application's object; none where it has no pods."""
    if (serving.group, serving.kind) == (kinds.SERVICE.group, kinds.SERVICE.kind):
        return {SERVICE_LABEL: serving.name}
    if serving.group != kinds.DEPLOYMENT.group:
        return {}
    obj: Obj = client.find(serving.api_version, serving.kind, serving.name, serving.namespace) or {}
    wanted = ((obj.get("spec") or {}).get("selector") or {}).get("matchLabels") or {}
    return {str(key): str(value) for key, value in wanted.items()}
