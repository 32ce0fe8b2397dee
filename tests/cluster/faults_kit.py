"""What the fault suite breaks: one small blueprint a fault, in a namespace of its own."""

from __future__ import annotations

import http.server
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipeline_kit import Ran, pkgops

from pkgops.formats import yaml
from pkgops.kube import Client
from pkgops.local import state
from pkgops.local.cluster import LocalCluster
from pkgops.local.snapshot import push_snapshot
from pkgops.model import CauseCode

Obj = dict[str, Any]
CARTO = "carto.run/v1alpha1"
LABEL = "faults.pkgops.dev/name"
ACCOUNT = "faulty"


CONFIG = """
registry: {{server: "http://{registry}", tagPrefix: "{registry}/faults/"}}
workload: {{name: "{name}", namespace: "{name}"}}
deliverable: {{name: "{name}"}}
pkgops:
  record: "{name}-record"
  recordNamespace: "{name}"
  environments: [{{name: here, namespace: "{name}"}}]
"""
SCHEMA = """#@data/values-schema
---
registry: {server: "", tagPrefix: ""}
workload: {name: "", namespace: ""}
deliverable: {name: ""}
"""


@dataclass(frozen=True)
class Place:
    """Where a fault happens, and what the cluster brings along.

    ``name`` is that of the blueprint, its owner and their namespace; ``folder`` holds what ``up`` is given;
    ``locked`` is a server that knows nobody.
    """

    name: str
    cluster: LocalCluster
    folder: Path
    locked: str

    @property
    def namespace(self) -> str:
        return self.name

    @property
    def git(self) -> str:
        return self.cluster.git_url("hello-go")

    @property
    def image(self) -> str:
        return self.cluster.images["toolbox"]

    def push(self, **files: str) -> str:
        """Push files as the newest commit of the fault's own repository; returns its URL."""
        source = self.folder / "source"
        source.mkdir(parents=True, exist_ok=True)
        for name, text in files.items():
            (source / name).write_text(text)
        push_snapshot(source, self.name, cluster=self.cluster)
        return self.cluster.git_url(self.name)

    def write(self, objects: list[Obj]) -> None:
        """Write the templates and the configuration that ``up`` is given."""
        templates = self.folder / "templates"
        templates.mkdir(parents=True)
        (templates / "objects.yaml").write_text(yaml.dump_all(objects))
        (templates / "schema.yaml").write_text(SCHEMA)
        config = CONFIG.format(name=self.name, registry=self.cluster.registry)
        (self.folder / "config.yaml").write_text(config)

    def run(self, *words: str) -> Ran:
        """Run a command on the fault."""
        return pkgops(*words, "-f", str(self.folder / "config.yaml"))

    def up(self, timeout: str) -> Ran:
        """Run ``up`` with the fault's templates."""
        templates = ("--templates", str(self.folder / "templates"), "--create-namespace")
        return self.run("up", *templates, "--timeout", timeout)


@dataclass(frozen=True)
class Fault:
    """One cause, what brings it about, and what pkgops must say of it.

    ``ends`` is how a wait for it ends, ``up`` how ``up`` ends where that is something else (3: it is
    refused before anything is applied). ``after`` happens while ``up`` follows the run; with ``again`` it is
    run once more when that has happened. ``log`` is a line of the log that ``up`` shows, also where Tekton
    has deleted the pod by then.
    """

    code: CauseCode
    make: Callable[[Place], list[Obj]]
    words: str
    kind: str = ""
    name: str = ""
    ends: int = 1
    up: int = 0
    after: Callable[[Client, Place], None] | None = None
    again: bool = False
    rights: bool = True
    log: str = ""

    @property
    def id(self) -> str:
        return self.name or str(self.code)

    @property
    def exit_code(self) -> int:
        return self.up or self.ends


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


def scan(place: Place, repository: str, registry: str = "") -> Obj:
    return {
        "apiVersion": "image.toolkit.fluxcd.io/v1",
        "kind": "ImageRepository",
        "metadata": {"name": place.name},
        "spec": {
            "image": f"{registry or place.cluster.registry}/{repository}",
            "interval": "1m",
            "insecure": True,
        },
    }


def scanned(place: Place) -> Obj:
    """A scan of a repository with tags, beside what the delivery stamps."""
    found = scan(place, "pkgops/toolbox")
    found["metadata"]["namespace"] = place.namespace
    return found


def policy(place: Place, rule: str) -> Obj:
    return {
        "apiVersion": "image.toolkit.fluxcd.io/v1",
        "kind": "ImagePolicy",
        "metadata": {"name": place.name},
        "spec": {"imageRepositoryRef": {"name": place.name}, "policy": {"semver": {"range": rule}}},
    }


def access(place: Place, *, rights: bool) -> list[Obj]:
    """The fault's service account, with all rights in the namespace or none."""
    meta = {"name": ACCOUNT, "namespace": place.namespace}
    account: Obj = {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": meta}
    group = "rbac.authorization.k8s.io"
    binding = {
        "apiVersion": f"{group}/v1",
        "kind": "RoleBinding",
        "metadata": meta,
        "roleRef": {"apiGroup": group, "kind": "ClusterRole", "name": "cluster-admin"},
        "subjects": [{"kind": "ServiceAccount", **meta}],
    }
    return [account, binding] if rights else [account]


def whole(place: Place, objects: list[Obj]) -> list[Obj]:
    """The objects with the half of the path that the fault leaves out: a source, or a delivery."""
    kinds = {obj["kind"] for obj in objects}
    quiet = Place(f"{place.name}-quiet", place.cluster, place.folder, place.locked)
    nothing = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": quiet.name}, "data": {}}
    found = list(objects)
    if "Workload" not in kinds:
        made = [source(quiet.name, git(place))]
        blueprint = chain(place, ("source-provider", "ClusterSourceTemplate", quiet.name))
        found += [*made, blueprint, workload(place)]
    if "Deliverable" not in kinds:
        made = [template("ClusterTemplate", quiet.name, nothing)]
        blueprint = chain(place, ("deployer", "ClusterTemplate", quiet.name), kind="ClusterDelivery")
        found += [*made, blueprint, deliverable(place)]
    return found


@contextmanager
def locked_door() -> Iterator[str]:
    """A server on this machine that lets nobody in, for Git and for images; yields host:port."""
    instance = state.find()
    assert instance is not None
    server = http.server.ThreadingHTTPServer((instance.outside_address, 0), _Locked)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"{instance.outside_address}:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


class _Locked(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(401)
        self.send_header("WWW-Authenticate", 'Basic realm="locked"')
        self.send_header("Content-Length", "0")
        self.end_headers()

    do_HEAD = do_GET  # noqa: N815 - the library's name
    do_POST = do_GET  # noqa: N815 - the library's name

    def log_message(self, *_: object) -> None:
        """Say nothing: the tests' output is not the place."""


ORDER = {"Namespace": -1, "Workload": 2, "Deliverable": 2, "ClusterSupplyChain": 1, "ClusterDelivery": 1}


def in_order(objects: list[Obj]) -> Iterator[Obj]:
    """Namespaces, templates, blueprints, owners."""
    yield from sorted(objects, key=lambda obj: ORDER.get(str(obj["kind"]), 0))


def apply(client: Client, place: Place, objects: list[Obj]) -> None:
    """Apply what ``up`` refuses to: a person may have done so with kubectl."""
    space = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": place.namespace}}
    for obj in in_order([space, *objects]):
        client.apply(obj)


def clean(client: Client, place: Place, objects: list[Obj]) -> None:
    """Delete the fault's objects, owners first."""
    for obj in reversed(list(in_order(objects))):
        meta = obj["metadata"]
        client.delete(obj["apiVersion"], obj["kind"], meta["name"], meta.get("namespace", ""))
    client.delete("v1", "Namespace", place.namespace)
