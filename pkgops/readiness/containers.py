"""Which container of a pod is the application's: a pod may have others, in any order.

The kubelet sorts container statuses by name; Knative adds ``queue-proxy`` and service meshes add proxies,
before, after, or as init containers that keep running.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pkgops.readiness.base import Obj, meta, spec, status

USER_CONTAINER = "user-container"
"""The name that Knative gives a container that has none."""
DEFAULT_CONTAINER = "kubectl.kubernetes.io/default-container"
"""Annotation of a pod that names its main container; Knative sets it."""
INJECTED = frozenset(
    {
        "queue-proxy",
        "istio-proxy",
        "istio-init",
        "istio-validation",
        "linkerd-proxy",
        "linkerd-init",
        "linkerd-network-validator",
        "kuma-sidecar",
        "kuma-init",
        "consul-dataplane",
        "consul-connect-inject-init",
        "daprd",
        "vault-agent",
        "vault-agent-init",
    }
)
"""Containers that Knative and service meshes inject into pods."""
SERVING_PORTS = ("user-port", "http1", "h2c", "http", "web")
"""Names of the port that receives requests; Knative's own first."""


def serving(body: Obj, annotations: Obj | None = None) -> Obj:
    """Return the application's container of a pod spec or a Revision's spec; empty if there is none.

    The one that the ``annotations`` name; else, of those that were not injected, the one with Knative's
    port, the only one with ports, the one with Knative's default name, the first.
    """
    containers: list[dict[str, Any]] = list(body.get("containers") or ())
    named = str((annotations or {}).get(DEFAULT_CONTAINER) or "")
    own = [box for box in containers if box.get("name") not in INJECTED]
    with_ports = [box for box in own if box.get("ports")]
    choices: tuple[list[dict[str, Any]], ...] = (
        [box for box in containers if named and box.get("name") == named],
        [box for box in own if any(port.get("name") == "user-port" for port in box.get("ports") or ())],
        with_ports if len(with_ports) == 1 else [],
        [box for box in own if box.get("name") == USER_CONTAINER],
        own,
    )
    return next((found[0] for found in choices if found), {})


def serving_name(obj: Obj) -> str:
    """Return the name of the application's container of a Pod, a Revision, or what has a pod template."""
    if not serving_of(obj):
        return ""
    return str(serving_of(obj).get("name") or USER_CONTAINER)


def serving_image(obj: Obj) -> str:
    """Return the image that the application's container of such an object is to run."""
    return str(serving_of(obj).get("image") or "")


def serving_of(obj: Obj) -> Obj:
    """Return the application's container of a Pod, a Revision, or what has a pod template."""
    template = spec(obj).get("template")
    owner = template if isinstance(template, dict) else obj
    return serving(spec(owner), meta(owner).get("annotations"))


def port(pod: Obj, default: int) -> int:
    """Return the port that the application in a pod serves on; ``default`` where none is declared."""
    ports = [one for one in serving_of(pod).get("ports") or () if one.get("protocol", "TCP") == "TCP"]
    named = [one for name in SERVING_PORTS for one in ports if one.get("name") == name]
    return int((named or ports or [{}])[0].get("containerPort") or default)


def statuses(pod: Obj) -> list[Obj]:
    """Return the states of a pod's containers as they follow each other: init containers, containers.

    Sidecars come last (init containers that keep running, and injected ones): they are seldom the cause of a
    failure.
    """
    entries = [
        *_in_order(status(pod).get("initContainerStatuses"), spec(pod).get("initContainers")),
        *_in_order(status(pod).get("containerStatuses"), spec(pod).get("containers")),
    ]
    beside = sidecars(pod)
    return sorted(entries, key=lambda one: one.get("name") in beside)


def begun(pod: Obj, *, previous: bool = False) -> list[str]:
    """Return the containers that have a log, in the order in which they run, without injected ones.

    With ``previous`` those whose previous instance has one.
    """
    names = []
    for box in statuses(pod):
        state = box.get("lastState" if previous else "state") or {}
        if ("terminated" in state or "running" in state) and box.get("name") not in INJECTED:
            names.append(str(box["name"]))
    return names


def runs_now(pod: Obj, container: str) -> bool:
    """Return whether a container of a pod is running now."""
    containers = statuses(pod)
    return any(box.get("name") == container and "running" in (box.get("state") or {}) for box in containers)


def sidecars(pod: Obj) -> frozenset[str]:
    """Return the names of a pod's sidecars: they run next to its containers, whose end alone ends the pod."""
    inits: Sequence[dict[str, Any]] = spec(pod).get("initContainers") or ()
    native = {str(box.get("name")) for box in inits if box.get("restartPolicy") == "Always"}
    present = {str(box.get("name")) for box in (*inits, *(spec(pod).get("containers") or ()))}
    return frozenset(native | (present & INJECTED))


def _in_order(found: Sequence[Obj] | None, specified: Sequence[Obj] | None) -> list[Obj]:
    places = {box.get("name"): place for place, box in enumerate(specified or ())}
    return sorted(found or (), key=lambda one: places.get(one.get("name"), len(places)))
