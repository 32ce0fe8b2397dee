"""Bundles pushed to the local cluster's registry, and what is deployed from them in a namespace."""

from __future__ import annotations

import tempfile
import urllib.request
from pathlib import Path
from typing import Any

from local_kit import wait_for

from pkgops.formats import yaml
from pkgops.kube import Client, NotFound
from pkgops.local.cluster import LocalCluster
from pkgops.oci import ImageRef, RegistryClient
from pkgops.oci.bundle import build_image, push
from pkgops.oci.kbld import images_lock, read_config, resolve

Obj = dict[str, Any]
KNATIVE = "serving.knative.dev/v1"
APP, PACKAGING, DATA = (
    "kappctrl.k14s.io/v1alpha1",
    "packaging.carvel.dev/v1alpha1",
    "data.packaging.carvel.dev/v1alpha1",
)
SERVE = (
    'mkdir -p /tmp/www; echo "{text}" > /tmp/www/index.html; exec python3 -m http.server -d /tmp/www $PORT'
)
REBASE: Obj = {
    "apiVersion": "kapp.k14s.io/v1alpha1",
    "kind": "Config",
    "rebaseRules": [
        {
            "paths": [
                ["metadata", "annotations", "serving.knative.dev/creator"],
                ["metadata", "annotations", "serving.knative.dev/lastModifier"],
            ],
            "type": "copy",
            "sources": ["new", "existing"],
            "resourceMatchers": [{"apiVersionKindMatcher": {"apiVersion": KNATIVE, "kind": "Service"}}],
        }
    ],
}


def knative_service(name: str, image: str, text: str, **template_annotations: str) -> Obj:
    """A Knative Service that answers with a text."""
    container = {
        "name": "workload",
        "image": image,
        "command": ["sh", "-c", SERVE.format(text=text)],
        "ports": [{"containerPort": 8080}],
        "securityContext": {"runAsUser": 1000},
    }
    notes = {"autoscaling.knative.dev/min-scale": "1", **template_annotations}
    template = {"metadata": {"annotations": notes}, "spec": {"containers": [container], "timeoutSeconds": 2}}
    return {
        "apiVersion": KNATIVE,
        "kind": "Service",
        "metadata": {"name": name},
        "spec": {"template": template},
    }


class Delivery:
    """One namespace with a service account that may deploy there."""

    def __init__(self, client: Client, cluster: LocalCluster, namespace: str) -> None:
        self.client, self.cluster, self.namespace = client, cluster, namespace
        self.registry = cluster.registry
        self.image = cluster.images["toolbox"]
        self.repository = f"{self.registry}/{namespace}/web"
        self._registry_client = RegistryClient()

    def account(self, name: str = "deployer") -> None:
        """Make a service account with exactly the rights that the example grants."""
        api = "rbac.authorization.k8s.io/v1"
        rules = [
            {"apiGroups": [""], "resources": ["configmaps"], "verbs": ["*"]},
            {"apiGroups": ["serving.knative.dev"], "resources": ["services"], "verbs": ["*"]},
        ]
        self.create("v1", "ServiceAccount", name)
        self.create(api, "Role", name, rules=rules)
        role = {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": name}
        subject = {"kind": "ServiceAccount", "name": name, "namespace": self.namespace}
        self.create(api, "RoleBinding", name, roleRef=role, subjects=[subject])

    def create(self, api: str, kind: str, name: str, **fields: Any) -> Obj:
        meta = {"name": name, "namespace": self.namespace}
        return self.client.create({"apiVersion": api, "kind": kind, "metadata": meta, **fields})

    def get(self, api: str, kind: str, name: str) -> Obj:
        return self.client.get(api, kind, name, self.namespace)

    def find(self, api: str, kind: str, name: str) -> Obj | None:
        return self.client.find(api, kind, name, self.namespace)

    def patch(self, api: str, kind: str, name: str, **spec: Any) -> Obj:
        return self.client.patch(api, kind, name, self.namespace, {"spec": spec})

    def gone(self, api: str, kind: str, name: str) -> None:
        wait_for(f"{kind} {name} to go", lambda: self.find(api, kind, name) is None)

    def condition(self, api: str, kind: str, name: str, type: str) -> Obj:
        """Wait for a Carvel condition of the object's present spec; return the object."""

        def reached() -> Obj | None:
            found = self.find(api, kind, name) or {"metadata": {}}
            status = found.get("status") or {}
            current = status.get("observedGeneration") == found["metadata"].get("generation")
            types = [item["type"] for item in status.get("conditions") or []]
            return found if current and types == [type] else None

        return wait_for(f"{kind} {name} to be {type}", reached)

    def app(self, name: str, *resources: Obj, account: str = "deployer", **spec: Any) -> Obj:
        """Make an App of inline resources."""
        files = {f"{index}.yml": yaml.dump_all([doc]) for index, doc in enumerate(resources)}
        whole = {
            "serviceAccountName": account,
            "fetch": [{"inline": {"paths": files}}],
            "template": [{"ytt": {}}],
            "deploy": [{"kapp": {}}],
            **spec,
        }
        return self.create(APP, "App", name, spec=whole)

    def publish(self, version: str, *resources: Obj) -> str:
        """Push an ops bundle of resources and a package bundle that refers to it; return the package's."""
        ops = self._push(f"{self.repository}-ops", {"resources.yml": yaml.dump_all(resources)})
        package = {
            "apiVersion": DATA,
            "kind": "Package",
            "metadata": {"name": f"web.demo.carto.{version}"},
            "spec": {
                "refName": "web.demo.carto",
                "version": version,
                "template": {
                    "spec": {
                        "fetch": [{"imgpkgBundle": {"image": ops}}],
                        "template": [
                            {"ytt": {"paths": ["."]}},
                            {"kbld": {"paths": ["-", ".imgpkg/images.yml"]}},
                        ],
                        "deploy": [{"kapp": {}}],
                    }
                },
            },
        }
        files = {f"packages/web.demo.carto/{version}.yml": yaml.dump_all([package])}
        reference = f"{self.repository}-pkg:v{version}"
        self._push(reference, files)
        return reference

    def _push(self, reference: str, files: dict[str, str]) -> str:
        with tempfile.TemporaryDirectory() as folder:
            root = Path(folder)
            files = {**files, ".imgpkg/images.yml": self._lock(files)}
            for name, text in files.items():
                (root / name).parent.mkdir(parents=True, exist_ok=True)
                (root / name).write_text(text)
            return str(
                push(self._registry_client, ImageRef.parse(reference), build_image([root], bundle=True))
            )

    def _lock(self, files: dict[str, str]) -> str:
        documents = [doc for name, text in files.items() for doc in yaml.parse_all(text, name)]
        config, resources = read_config(documents)
        return images_lock(resolve(resources, config, self._registry_client)).dump()

    def answer(self, revision: str, port: int = 8080) -> str:
        """Return what a ready pod of a Revision answers through a port-forward."""

        def ready() -> str | None:
            labels = f"serving.knative.dev/revision={revision}"
            pods = self.client.list("v1", "Pod", self.namespace, labels=labels).items
            names = [pod["metadata"]["name"] for pod in pods if _is_ready(pod)]
            return names[0] if names else None

        pod = wait_for(f"a ready pod of {revision}", ready)
        url = "http://127.0.0.1:{}/"
        with (
            self.client.port_forward(self.namespace, pod, port) as local,
            urllib.request.urlopen(url.format(local), timeout=20) as response,
        ):
            return response.read().decode().strip()


def _is_ready(pod: Obj) -> bool:
    conditions = (pod.get("status") or {}).get("conditions") or []
    ready = any((item["type"], item["status"]) == ("Ready", "True") for item in conditions)
    return ready and "deletionTimestamp" not in pod["metadata"]


__all__ = ["APP", "DATA", "KNATIVE", "PACKAGING", "REBASE", "Delivery", "NotFound", "knative_service"]
