"""What the fault suite breaks: one small blueprint a fault, in a namespace of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from pkgops.kube import Client
from pkgops.local.cluster import LocalCluster
from pkgops.model import Code

Obj = dict[str, Any]
CARTO = "carto.run/v1alpha1"
LABEL = "faults.pkgops.dev/name"
ACCOUNT = "faulty"


@dataclass(frozen=True)
class Place:
    """Where a fault happens, and what the cluster brings along."""

    name: str
    namespace: str
    cluster: LocalCluster

    @property
    def git(self) -> str:
        return self.cluster.git_url("hello-go")

    @property
    def image(self) -> str:
        return self.cluster.images["toolbox"]


@dataclass(frozen=True)
class Fault:
    """One cause, what brings it about, and what pkgops must say of it."""

    code: Code
    make: Callable[[Place], list[Obj]]
    words: str
    kind: str = ""
    name: str = ""
    ends: int = 1
    after: Callable[[Client, Place], None] | None = None
    rights: bool = True
    extra: dict[str, Any] = field(default_factory=dict)

    @property
    def id(self) -> str:
        return self.name or str(self.code)


def template(kind: str, name: str, made: Obj, **paths: str) -> Obj:
    return {
        "apiVersion": CARTO,
        "kind": kind,
        "metadata": {"name": name},
        "spec": {"template": made, **paths},
    }


def source(name: str, made: Obj) -> Obj:
    """A source template that reads what Flux writes."""
    paths = {"urlPath": ".status.artifact.url", "revisionPath": ".status.artifact.revision"}
    return template("ClusterSourceTemplate", name, made, **paths)


def chain(place: Place, *resources: tuple[str, str, str], kind: str = "ClusterSupplyChain") -> Obj:
    """A blueprint that selects the fault's owner: name, template kind, template name of each resource."""
    return {
        "apiVersion": CARTO,
        "kind": kind,
        "metadata": {"name": place.name},
        "spec": {
            "selector": {LABEL: place.name},
            "resources": [
                {"name": name, "templateRef": {"kind": template_kind, "name": template_name}}
                for name, template_kind, template_name in resources
            ],
        },
    }


def workload(place: Place, labels: bool = True, account: str = ACCOUNT) -> Obj:
    return _owner("Workload", place, labels, account)


def deliverable(place: Place) -> Obj:
    return _owner("Deliverable", place, True, ACCOUNT)


def _owner(kind: str, place: Place, labels: bool, account: str) -> Obj:
    meta: Obj = {"name": place.name, "namespace": place.namespace}
    if labels:
        meta["labels"] = {LABEL: place.name}
    return {"apiVersion": CARTO, "kind": kind, "metadata": meta, "spec": {"serviceAccountName": account}}


def git(place: Place, **spec: Any) -> Obj:
    return {
        "apiVersion": "source.toolkit.fluxcd.io/v1",
        "kind": "GitRepository",
        "metadata": {"name": place.name},
        "spec": {"interval": "1m", "url": place.git, "ref": {"branch": "main"}, **spec},
    }


def one(place: Place, made: Obj, name: str = "source-provider") -> list[Obj]:
    """A supply chain of one source resource."""
    return [
        source(place.name, made),
        chain(place, (name, "ClusterSourceTemplate", place.name)),
        workload(place),
    ]


def runnable(place: Place, **spec: Any) -> Obj:
    return {
        "apiVersion": CARTO,
        "kind": "Runnable",
        "metadata": {"name": place.name},
        "spec": {
            "serviceAccountName": ACCOUNT,
            "runTemplateRef": {"name": place.name},
            "inputs": {"revision": "main@sha1:" + "a" * 40},
            **spec,
        },
    }


def task(place: Place, *, step: Obj | None = None, run: Obj | None = None, **spec: Any) -> list[Obj]:
    """A supply chain of one Runnable that runs a task with one step."""
    body = {"name": "test", "image": place.image, "script": "#!/bin/sh\nexit 0\n", **(step or {})}
    made = {
        "apiVersion": "tekton.dev/v1",
        "kind": "TaskRun",
        "metadata": {"generateName": f"{place.name}-"},
        "spec": {"serviceAccountName": ACCOUNT, "taskSpec": {"steps": [body], **spec}, **(run or {})},
    }
    return [
        {
            "apiVersion": CARTO,
            "kind": "ClusterRunTemplate",
            "metadata": {"name": place.name},
            "spec": {
                "template": made,
                "outputs": {"url": "spec.serviceAccountName", "revision": "metadata.name"},
            },
        },
        template(
            "ClusterSourceTemplate",
            place.name,
            runnable(place),
            urlPath=".status.outputs.url",
            revisionPath=".status.outputs.revision",
        ),
        chain(place, ("source-tester", "ClusterSourceTemplate", place.name)),
        workload(place),
    ]


def delivered(place: Place, made: Obj, **paths: str) -> list[Obj]:
    """A delivery of one resource."""
    kind = "ClusterSourceTemplate" if paths else "ClusterTemplate"
    return [
        template(kind, place.name, made, **paths),
        chain(place, ("deployer", kind, place.name), kind="ClusterDelivery"),
        deliverable(place),
    ]


def package(place: Place, version: str, manifest: str = "") -> Obj:
    name = f"{place.name}.faults.pkgops"
    spec: Obj = {
        "fetch": [{"inline": {"paths": {"app.yaml": manifest}}}],
        "template": [{"ytt": {}}],
        "deploy": [{"kapp": {}}],
    }
    return {
        "apiVersion": "data.packaging.carvel.dev/v1alpha1",
        "kind": "Package",
        "metadata": {"name": f"{name}.{version}", "namespace": place.namespace},
        "spec": {"refName": name, "version": version, "template": {"spec": spec}},
    }


def install(place: Place, constraints: str = ">0.0.0", **spec: Any) -> Obj:
    return {
        "apiVersion": "packaging.carvel.dev/v1alpha1",
        "kind": "PackageInstall",
        "metadata": {"name": place.name},
        "spec": {
            "serviceAccountName": ACCOUNT,
            "packageRef": {
                "refName": f"{place.name}.faults.pkgops",
                "versionSelection": {"constraints": constraints},
            },
            "syncPeriod": "1m0s",
            **spec,
        },
    }


def scan(place: Place, repository: str) -> Obj:
    return {
        "apiVersion": "image.toolkit.fluxcd.io/v1",
        "kind": "ImageRepository",
        "metadata": {"name": place.name, "namespace": place.namespace},
        "spec": {"image": f"{place.cluster.registry}/{repository}", "interval": "1m", "insecure": True},
    }


def policy(place: Place, rule: str) -> Obj:
    return {
        "apiVersion": "image.toolkit.fluxcd.io/v1",
        "kind": "ImagePolicy",
        "metadata": {"name": place.name},
        "spec": {"imageRepositoryRef": {"name": place.name}, "policy": {"semver": {"range": rule}}},
    }


def prepare(client: Client, place: Place, *, rights: bool) -> None:
    """The fault's namespace with its service account."""
    client.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": place.namespace}})
    client.apply(
        {
            "apiVersion": "v1",
            "kind": "ServiceAccount",
            "metadata": {"name": ACCOUNT, "namespace": place.namespace},
        }
    )
    if rights:
        client.apply(
            {
                "apiVersion": "rbac.authorization.k8s.io/v1",
                "kind": "RoleBinding",
                "metadata": {"name": ACCOUNT, "namespace": place.namespace},
                "roleRef": {
                    "apiGroup": "rbac.authorization.k8s.io",
                    "kind": "ClusterRole",
                    "name": "cluster-admin",
                },
                "subjects": [{"kind": "ServiceAccount", "name": ACCOUNT, "namespace": place.namespace}],
            }
        )


ORDER = {"Workload": 2, "Deliverable": 2, "ClusterSupplyChain": 1, "ClusterDelivery": 1}


def in_order(objects: list[Obj]) -> Iterator[Obj]:
    """Templates, blueprints, owners."""
    yield from sorted(objects, key=lambda obj: ORDER.get(str(obj["kind"]), 0))


def clean(client: Client, place: Place, objects: list[Obj]) -> None:
    """Delete the fault's objects, owners first."""
    for obj in reversed(list(in_order(objects))):
        meta = obj["metadata"]
        client.delete(obj["apiVersion"], obj["kind"], meta["name"], meta.get("namespace", ""))
    client.delete("v1", "Namespace", place.namespace)
