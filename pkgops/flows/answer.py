"""Does the application answer? Asked of a ready pod itself, through a port-forward."""

from __future__ import annotations

import http.client
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from pkgops.errors import StepFailed
from pkgops.kube import Client, Obj
from pkgops.model import ImageRef, ObjectRef

BODY_BYTES = 64 * 1024
HEALTHY_BELOW = 500
DEFAULT_PORT = 8080
REQUEST_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class Answer:
    """What an application answered."""

    status: int
    body: str
    pod: ObjectRef

    @property
    def healthy(self) -> bool:
        """HTTP below 500: the application itself is at work, whatever it thinks of the request."""
        return self.status < HEALTHY_BELOW


def ask(client: Client, pod: ObjectRef, path: str = "/") -> Answer:
    """Send ``GET path`` to a pod's serving port and return the answer.

    Raises:
        StepFailed: the connection fails or is cut.
        ApiError: the port-forward is refused.
    """
    with forwarded(client, pod) as port:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=REQUEST_SECONDS)
        try:
            connection.request("GET", path)
            response = connection.getresponse()
            body = response.read(BODY_BYTES).decode(errors="replace")
            return Answer(response.status, body, pod)
        except (OSError, http.client.HTTPException) as error:
            raise StepFailed(
                f"{pod} in {pod.namespace} does not answer",
                why=f"{type(error).__name__}: {error}",
                next=f"kubectl logs {pod.name} -n {pod.namespace}",
                slug="no-answer",
            ) from error
        finally:
            connection.close()


@contextmanager
def forwarded(client: Client, pod: ObjectRef, local_port: int = 0) -> Iterator[int]:
    """Forward a loopback port to a pod's serving port for as long as the block lasts; yields the port."""
    obj = client.get("v1", "Pod", pod.name, pod.namespace)
    with client.port_forward(pod.namespace, pod.name, serving_port(obj), local_port=local_port) as port:
        yield port


def serving_port(pod: Obj) -> int:
    """Return the port that a pod serves on: Knative's ``user-port``, else the first that is declared."""
    containers = pod.get("spec", {}).get("containers") or []
    ports = [port for container in containers for port in container.get("ports") or []]
    named = [port for port in ports if port.get("name") in {"user-port", "http1", "h2c"}]
    chosen = (named or ports or [{}])[0]
    return int(chosen.get("containerPort") or DEFAULT_PORT)


def ready_pod(client: Client, pods: tuple[ObjectRef, ...], image: str) -> ObjectRef | None:
    """Return the first of ``pods`` that is ready and runs ``image`` (compared by digest), or None."""
    digest = ImageRef.parse(image).digest
    for ref in pods:
        pod = client.find("v1", "Pod", ref.name, ref.namespace)
        if pod is not None and _ready(pod) and digest in _digests(pod):
            return ref
    return None


def _ready(pod: Obj) -> bool:
    if pod["metadata"].get("deletionTimestamp"):
        return False
    conditions = pod.get("status", {}).get("conditions") or []
    return any(item["type"] == "Ready" and item["status"] == "True" for item in conditions)


def _digests(pod: Obj) -> set[str]:
    statuses = pod.get("status", {}).get("containerStatuses") or []
    specified = pod.get("spec", {}).get("containers") or []
    texts = [item.get("imageID") or "" for item in statuses] + [item.get("image") or "" for item in specified]
    return {ImageRef.parse(text).digest for text in texts} - {""}
