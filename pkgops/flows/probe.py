"""Requests to the application in a ready pod, through a port-forward."""

from __future__ import annotations

import http.client
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pkgops.errors import PreflightError, StepFailed
from pkgops.flows import unreadable
from pkgops.kube import Client, Forbidden, Obj
from pkgops.model import ImageRef, ObjectRef
from pkgops.readiness import containers
from pkgops.readiness import pod as readiness

if TYPE_CHECKING:
    from pkgops.flows.target import Target

BODY_BYTES = 64 * 1024
HEALTHY_BELOW = 500
DEFAULT_PORT = 8080
REQUEST_SECONDS = 10.0
DELIVER, PROMOTE = "deliver", "promote"
"""The Roles of ``doctor --rbac`` that give access to the first environment, or all configured ones."""


def role_of(target: Target, to: str) -> str:
    """Return the Role of ``doctor --rbac`` that gives access to an environment; empty where none does."""
    names = [one.name for one in target.settings.environments]
    if to not in names:
        return ""
    return DELIVER if to == names[0] else PROMOTE


@dataclass(frozen=True, slots=True)
class ProbeResult:
    """The answer of an application."""

    status: int
    body: str
    pod: ObjectRef

    @property
    def healthy(self) -> bool:
        """HTTP below 500: the application itself answers, with any other status."""
        return self.status < HEALTHY_BELOW


def probe(client: Client, pod: ObjectRef, path: str = "/", *, role: str = DELIVER) -> ProbeResult:
    """Send ``GET path`` to a pod's serving port and return the answer.

    Raises:
        StepFailed: the connection fails or breaks off.
        PreflightError: this user may not forward a port to it; names the ``role`` to request.
    """
    with forwarded(client, pod, role=role) as port:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=REQUEST_SECONDS)
        try:
            connection.request("GET", path)
            response = connection.getresponse()
            body = response.read(BODY_BYTES).decode(errors="replace")
            return ProbeResult(response.status, body, pod)
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
def forwarded(client: Client, pod: ObjectRef, local_port: int = 0, *, role: str = DELIVER) -> Iterator[int]:
    """Forward a loopback port to a pod's serving port for as long as the block lasts; yields the port.

    Raises:
        PreflightError: this user may not; names the ``role`` to request.
    """
    with ExitStack() as open_:
        with permitted(f"what {pod} in {pod.namespace} answers", pod.namespace, role):
            port = serving_port(client.get("v1", "Pod", pod.name, pod.namespace))
            forward = client.port_forward(pod.namespace, pod.name, port, local_port=local_port)
            local = open_.enter_context(forward)
        yield local


@contextmanager
def permitted(unknown: str, namespace: str, role: str) -> Iterator[None]:
    """Report what is unknown where this user lacks a permission.

    Raises:
        PreflightError: RBAC of the cluster refuses it; names the ``role`` to request.
    """
    try:
        yield
    except Forbidden as error:
        if not unreadable.refusal(error):
            raise
        raise PreflightError(
            f"unknown {unknown}: {unreadable.sentence(error, namespace)}",
            next=f"pkgops doctor --rbac {role}" if role else error.next,
            slug="forbidden",
        ) from error


def serving_port(pod: Obj) -> int:
    """Return the port that the application's container of a pod serves on."""
    return containers.port(pod, DEFAULT_PORT)


def ready_pod(
    client: Client, pods: tuple[ObjectRef, ...], image: str, *, role: str = DELIVER
) -> ObjectRef | None:
    """Return one of ``pods`` that is ready and whose application runs ``image``, by digest; or None.

    Raises:
        PreflightError: this user may not read them; names the ``role`` to request.
    """
    digest = ImageRef.parse(image).digest
    for ref in pods:
        with permitted(f"whether {ref} in {ref.namespace} is ready", ref.namespace, role):
            pod = client.find("v1", "Pod", ref.name, ref.namespace)
        if pod is not None and readiness.ready(pod) and digest and digest == _digest(pod):
            return ref
    return None


def _digest(pod: Obj) -> str:
    """Return the digest of the image that the application's container runs; sidecars do not count."""
    return ImageRef.parse(readiness.image_digest(pod)).digest
