"""A platform of several groups over the API server in memory: one Workload from its source to an answer.

What other programs do on a cluster (a source, a pod that ends, a Deployment that has its replicas) is done
at once by the server itself.
"""

from __future__ import annotations

import json
import queue
import re
import threading
import time
from collections.abc import Callable
from pathlib import Path

from memory_api import MemoryApi
from memory_objects import Obj
from memory_restarts import Restarts

from pkgops.kube import Client
from pkgops.kube.endpoint import Endpoint
from pkgops.kube.transport import Transport
from pkgops.platform import carto, knative, tekton
from pkgops.platform.config import PlatformConfig
from pkgops.platform.runtime import Platform

CARTO, TEKTON, SERVING, OTHERS = (
    "carto.run/v1alpha1",
    "tekton.dev/v1",
    "serving.knative.dev/v1",
    "example.com/v1",
)
CLUSTER_WIDE = tuple(
    (CARTO, f"Cluster{kind}")
    for kind in (
        *("SupplyChain", "Delivery", "Template", "SourceTemplate", "ImageTemplate", "ConfigTemplate"),
        *("DeploymentTemplate", "RunTemplate"),
    )
)
NAMESPACED = (
    *((CARTO, kind) for kind in ("Workload", "Deliverable", "Runnable")),
    *((TEKTON, kind) for kind in ("Task", "TaskRun", "Pipeline", "PipelineRun")),
    *((SERVING, kind) for kind in ("Service", "Configuration", "Revision", "Route")),
    (OTHERS, "Source"),
)
REGISTRATIONS = tuple(
    ("admissionregistration.k8s.io/v1", f"{kind}WebhookConfiguration") for kind in ("Validating", "Mutating")
)
IMAGE = "registry.example/app@sha256:" + 64 * "1"
COUNTED = ("resourceVersion", "managedFields")
SECONDS = 20.0
"""Far below the resync, and far above what anything else takes."""


def carto_object(kind: str, name: str, spec: Obj, namespace: str = "") -> Obj:
    space = {"namespace": namespace} if namespace else {}
    return {"apiVersion": CARTO, "kind": kind, "metadata": {"name": name, **space}, "spec": spec}


def resource(name: str, kind: str, *sources: str) -> Obj:
    used = [{"name": "in", "resource": source} for source in sources]
    return {"name": name, "templateRef": {"kind": kind, "name": name}, **({"sources": used} if used else {})}


SOURCE = {
    "apiVersion": OTHERS,
    "kind": "Source",
    "metadata": {"name": "$(workload.metadata.name)$"},
    "spec": {"v": 1},
}
TESTED = carto_object(
    "Runnable",
    "$(workload.metadata.name)$",
    {"runTemplateRef": {"name": "run"}, "inputs": {"revision": "$(source.revision)$"}},
)
RUN = {
    "apiVersion": TEKTON,
    "kind": "TaskRun",
    "metadata": {"generateName": "$(runnable.metadata.name)$-"},
    "spec": {
        "params": [{"name": "revision", "value": "$(runnable.spec.inputs.revision)$"}],
        "taskSpec": {
            "params": [{"name": "revision", "type": "string"}],
            "steps": [{"name": "test", "image": "i", "script": "true"}],
        },
    },
}
SERVED = {
    "apiVersion": SERVING,
    "kind": "Service",
    "metadata": {"name": "$(workload.metadata.name)$"},
    "spec": {
        "template": {
            "metadata": {"annotations": {"revision": "$(source.revision)$"}},
            "spec": {
                "containerConcurrency": 0,
                "timeoutSeconds": 300,
                "containers": [{"name": "user-container", "image": IMAGE}],
            },
        },
        "traffic": [{"latestRevision": True, "percent": 100}],
    },
}
OBJECTS = (
    {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "default", "namespace": "default"}},
    carto_object(
        "ClusterSourceTemplate",
        "source",
        {"template": SOURCE, "urlPath": ".status.url", "revisionPath": ".status.revision"},
    ),
    carto_object(
        "ClusterSourceTemplate",
        "test",
        {
            "template": TESTED,
            "urlPath": ".status.outputs.revision",
            "revisionPath": ".status.outputs.revision",
        },
    ),
    carto_object(
        "ClusterRunTemplate", "run", {"template": RUN, "outputs": {"revision": "spec.params[0].value"}}
    ),
    carto_object("ClusterTemplate", "serve", {"template": SERVED}),
    carto_object(
        "ClusterSupplyChain",
        "chain",
        {
            "selector": {"app": "web"},
            "resources": [
                resource("source", "ClusterSourceTemplate"),
                resource("test", "ClusterSourceTemplate", "source"),
                resource("serve", "ClusterTemplate", "test"),
            ],
        },
    ),
)
WORKLOAD = carto_object("Workload", "web", {}, "default")
WORKLOAD["metadata"]["labels"] = {"app": "web"}


DIFFERENT = re.compile(
    r"[0-9a-f]{8}-[0-9a-f-]{27}"  # uids
    r"|\d{4}-\d\d-\d\dT[0-9:.]+(Z|\+00:00)"
    r"|(?<=web-)[0-9a-f]{5}\b|(?<=script-0-)[0-9a-f]{5}\b"  # generated names
    r"|(?<= sha256:)[0-9a-f]{64}"  # of renderings, which have uids
)


def ended_pod(pod: Obj) -> Obj:
    ended = {"exitCode": 0, "reason": "Completed", "message": "[]"}
    names = [container["name"] for container in pod["spec"]["containers"]]
    return {
        "phase": "Succeeded",
        "containerStatuses": [{"name": name, "state": {"terminated": ended}} for name in names],
    }


STATUSES: dict[str, Callable[[Obj], Obj]] = {
    "Source": lambda source: {"url": "http://source", "revision": f"r{source['spec']['v']}"},
    "Pod": ended_pod,
    "Deployment": lambda _: {
        "replicas": 1,
        "readyReplicas": 1,
        "availableReplicas": 1,
        "conditions": [{"type": kind, "status": "True"} for kind in ("Available", "Progressing")],
    },
}


class World:
    """The server, and what other programs do there."""

    def __init__(self, restarts: Restarts) -> None:
        self.restarts = restarts
        self.api = MemoryApi(restarts=restarts)
        self.api.namespaces("default")
        self.api.serve(*CLUSTER_WIDE, *REGISTRATIONS, namespaced=False)
        self.api.serve(*NAMESPACED)
        self.api.put(*OBJECTS)
        self._made: queue.Queue[Obj] = queue.Queue()
        self.api.objects.on_change.append(self._notice)
        threading.Thread(target=self._others, daemon=True).start()

    def _notice(self, type_: str, obj: Obj) -> None:
        if type_ == "ADDED" and obj["kind"] in STATUSES:
            self._made.put(obj)

    def _others(self) -> None:
        while True:
            obj = self._made.get()
            time.sleep(0.01)  # the answer to who created it is first, as nearly always
            with self.api.objects.lock:
                served = self.api.of(obj["apiVersion"], obj["kind"])
                live = self.api.objects.get(served, obj["metadata"]["namespace"], obj["metadata"]["name"])
                self.api.objects.update(served, {**live, "status": STATUSES[obj["kind"]](live)}, status=True)

    def run(self, data: Path, expected: list[str] | None = None) -> list[str]:
        """Start a platform and submit the Workload; return what is there in the end.

        That is when nothing is written any more, or when the objects are as expected.
        """
        config = PlatformConfig(data_dir=data, hooks_port=0, webhook_port=0, images={"entrypoint": "e"})
        client = Client(Transport(Endpoint(server=self.api.url, name="memory")))
        platform = Platform(client, config)
        for group in (carto, tekton, knative):
            group.register(platform)
        platform.start()
        self.restarts.begin()
        self.api.put(WORKLOAD)
        try:
            return self._settled() if expected is None else self._awaited(expected)
        finally:
            platform.stop()
            self.api.close()

    def _settled(self) -> list[str]:
        before = -1
        while before != self.api.objects.version:
            before = self.api.objects.version
            time.sleep(1.0)
        return self.content()

    def _awaited(self, expected: list[str]) -> list[str]:
        deadline = time.monotonic() + SECONDS
        while (found := self.content()) != expected and time.monotonic() < deadline:
            time.sleep(0.02)
        return found

    def content(self) -> list[str]:
        """Return all objects but events, without what differs from run to run."""
        found = [
            {**obj, "metadata": {key: value for key, value in obj["metadata"].items() if key not in COUNTED}}
            for served, _, obj in self.api.objects.everything()
            if served.kind != "Event" and (served.namespaced or served.api_version == CARTO)
        ]
        return sorted(DIFFERENT.sub("*", json.dumps(obj, sort_keys=True)) for obj in found)
