"""The Deployment and core Services of a Revision, and the placeholder Service of a Route. Pure.

Unlike in Knative there is no queue-proxy: requests are neither buffered nor counted, so the application's own
port is probed and exposed, and a pod has one container.
"""

from __future__ import annotations

import copy
from typing import Any

from pkgops.kube import Obj
from pkgops.platform.knative import labels as kn
from pkgops.platform.names import child_name
from pkgops.platform.owners import owner_reference

DEFAULT_PORT = 8080
DEFAULT_DEADLINE = 600


def deployment_name(revision: Obj) -> str:
    """Return the name of a Revision's Deployment."""
    return child_name(str(revision["metadata"]["name"]), "-deployment")


def serving_container(spec: dict[str, Any]) -> int:
    """Return the index of the container that serves requests: the one with a port, else the first."""
    containers = spec.get("containers") or []
    return next((index for index, item in enumerate(containers) if item.get("ports")), 0)


def user_port(spec: dict[str, Any]) -> int:
    """Return the port on which the application listens."""
    container = spec["containers"][serving_container(spec)]
    ports = container.get("ports") or [{}]
    return int(ports[0].get("containerPort") or DEFAULT_PORT)


def deployment(revision: Obj, replicas: int, deadline: int, images: dict[str, str]) -> Obj:
    """Return the Deployment of a Revision.

    Args:
        revision: the Revision.
        replicas: how many pods.
        deadline: ``progressDeadlineSeconds`` of the Deployment.
        images: image references with digests, by container name.
    """
    labels = workload_labels(revision)
    annotations = _annotations(revision)
    spec: dict[str, Any] = revision["spec"]
    main = spec["containers"][serving_container(spec)]["name"]
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {
            **_metadata(revision, deployment_name(revision)),
            "labels": labels,
            "annotations": annotations,
        },
        "spec": {
            "replicas": replicas,
            "selector": {"matchLabels": {kn.REVISION_UID: revision["metadata"]["uid"]}},
            "template": {
                "metadata": {
                    "labels": labels,
                    "annotations": {"kubectl.kubernetes.io/default-container": main, **annotations},
                },
                "spec": pod_spec(revision, images),
            },
            "strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": 0, "maxSurge": "25%"}},
            "revisionHistoryLimit": 0,
            "progressDeadlineSeconds": deadline,
        },
    }


def pod_spec(revision: Obj, images: dict[str, str]) -> dict[str, Any]:
    """Return the spec of the pods: that of the Revision with ports, environment and probes."""
    given = copy.deepcopy(revision["spec"])
    timeout = given.pop("timeoutSeconds", 300)
    for key in ("containerConcurrency", "idleTimeoutSeconds", "responseStartTimeoutSeconds"):
        given.pop(key, None)
    serving = serving_container(given)
    port = user_port(given)
    given["containers"] = [
        _container(item, revision, images, port if index == serving else 0)
        for index, item in enumerate(given["containers"])
    ]
    given.setdefault("affinity", _anti_affinity(str(revision["metadata"]["name"])))
    return {**given, "restartPolicy": "Always", "terminationGracePeriodSeconds": timeout}


def _container(item: dict[str, Any], revision: Obj, images: dict[str, str], port: int) -> dict[str, Any]:
    result = {**item, "image": images.get(item["name"], item["image"])}
    result["env"] = [*(item.get("env") or []), *_environment(revision, port)]
    result["terminationMessagePolicy"] = item.get("terminationMessagePolicy") or "FallbackToLogsOnError"
    if not port:
        return result
    result["ports"] = [{"name": "user-port", "containerPort": port, "protocol": "TCP"}]
    if result.get("readinessProbe") is not None:
        result["readinessProbe"] = _probe(result["readinessProbe"], port)
    if result.get("livenessProbe") is not None:
        result["livenessProbe"] = _with_port(result["livenessProbe"], ("tcpSocket", "httpGet"), port)
    return result


def _environment(revision: Obj, port: int) -> list[dict[str, str]]:
    labels = kn.labels_of(revision)
    values = {
        "PORT": str(port) if port else "",
        "K_REVISION": str(revision["metadata"]["name"]),
        "K_CONFIGURATION": labels.get(kn.CONFIGURATION, ""),
        "K_SERVICE": labels.get(kn.SERVICE, ""),
    }
    return [{"name": name, "value": value} for name, value in values.items() if value]


def _probe(given: dict[str, Any], port: int) -> dict[str, Any]:
    """Return a readiness probe of the application's port where it has none, by default every second."""
    probe = _with_port(given, ("tcpSocket", "httpGet", "grpc"), port)
    probe.setdefault("periodSeconds", 1)
    return probe


def _with_port(given: dict[str, Any], kinds: tuple[str, ...], port: int) -> dict[str, Any]:
    """Return a probe with the application's port where it has none."""
    probe = copy.deepcopy(given)
    for kind in kinds:
        if kind in probe and not probe[kind].get("port"):
            probe[kind]["port"] = port
    return probe


def _anti_affinity(name: str) -> dict[str, Any]:
    term = {
        "labelSelector": {"matchLabels": {kn.REVISION: name}},
        "topologyKey": "kubernetes.io/hostname",
    }
    preferred = [{"weight": 100, "podAffinityTerm": term}]
    return {"podAntiAffinity": {"preferredDuringSchedulingIgnoredDuringExecution": preferred}}


def workload_labels(revision: Obj) -> dict[str, str]:
    """Return the labels of a Revision's Deployment and pods."""
    given = {
        key: value for key, value in kn.labels_of(revision).items() if key not in (kn.ROUTE, kn.ROUTING_STATE)
    }
    name = str(revision["metadata"]["name"])
    labels = {**given, kn.REVISION: name, kn.REVISION_UID: str(revision["metadata"]["uid"])}
    return {"app": name, **labels}


def _annotations(revision: Obj) -> dict[str, str]:
    left_out = (kn.ROUTES, kn.ROUTING_STATE_MODIFIED, kn.LAST_APPLIED)
    annotations = kn.annotations_of(revision)
    kept = {key: value for key, value in annotations.items() if key not in left_out}
    return {key: value for key, value in kept.items() if not key.startswith("autoscaling.knative.dev/")}


def services(revision: Obj) -> list[Obj]:
    """Return the public and the private core Service of a Revision."""
    name = str(revision["metadata"]["name"])
    return [
        _service(revision, name, "Public"),
        _service(revision, child_name(name, "-private"), "Private"),
    ]


def _service(revision: Obj, name: str, type: str) -> Obj:
    labels = {**workload_labels(revision), "networking.internal.knative.dev/serviceType": type}
    port = {"name": "http", "port": 80, "protocol": "TCP", "targetPort": user_port(revision["spec"])}
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {**_metadata(revision, name), "labels": labels, "annotations": _annotations(revision)},
        "spec": {"selector": {kn.REVISION_UID: revision["metadata"]["uid"]}, "ports": [port]},
    }


def placeholder(route: Obj, revision: str, name: str = "") -> Obj:
    """Return the placeholder Service of a Route, whose ``externalName`` is the Service of a Revision.

    Args:
        route: the Route, its owner.
        revision: the name of the Revision.
        name: its name; by default that of the Route.
    """
    namespace = str(route["metadata"]["namespace"])
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {
            "name": name or route["metadata"]["name"],
            "namespace": namespace,
            "labels": {**kn.labels_of(route), kn.ROUTE: route["metadata"]["name"]},
            "annotations": kn.annotations_of(route),
            "ownerReferences": [owner_reference(route)],
        },
        "spec": {
            "type": "ExternalName",
            "externalName": f"{revision}.{namespace}.svc.cluster.local",
            "sessionAffinity": "None",
            "ports": [{"name": "http", "port": 80, "protocol": "TCP", "targetPort": 80}],
        },
    }


def _metadata(revision: Obj, name: str) -> dict[str, Any]:
    return {
        "name": name,
        "namespace": revision["metadata"]["namespace"],
        "ownerReferences": [owner_reference(revision)],
    }
