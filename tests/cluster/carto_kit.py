"""An API server of one's own, without nodes, and a local platform process for the carto.run tests.

These tests restart, kill and overload the platform and switch its admission checks, so they keep
away from the cluster that other tests share. Everything is real: etcd, API server with RBAC,
garbage collection, and the platform as a process.
"""

from __future__ import annotations

import json
import os
import secrets
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from pkgops.formats import yaml
from pkgops.kube import Client, Conflict, Obj, connect
from pkgops.local.instance import cache_home

CONTROLLERS = "garbage-collector-controller,namespace-controller,serviceaccount-controller"
CARTO = "carto.run/v1alpha1"
DEADLINE = 60.0


def binary(name: str) -> Path:
    """Return the newest compiled binary of that name."""
    found = sorted(cache_home().glob(f"bin/*/{name}"), key=lambda path: path.stat().st_mtime)
    if not found:
        pytest.skip(f"no {name} in the cache yet (pkgops local up builds it)")
    return found[-1]


def wait_for(what: str, check: Callable[[], Any], deadline: float = DEADLINE, pause: float = 0.05) -> Any:
    """Return the first true result of ``check``; fail with ``what`` when there is none in time."""
    end = time.monotonic() + deadline
    while True:
        result = check()
        if result:
            return result
        if time.monotonic() > end:
            raise AssertionError(f"waited {deadline:.0f} s for {what}")
        time.sleep(pause)


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


class ControlPlane:
    """etcd, API server and garbage collection in one folder."""

    def __init__(self, folder: Path, *api_flags: str) -> None:
        self.folder = folder
        self.kubeconfig = folder / "kubeconfig"
        self._processes: dict[str, subprocess.Popen[bytes]] = {}
        self._token = secrets.token_hex(16)
        self._api_flags = api_flags
        self._api: tuple[str, ...] = ()

    def start(self) -> ControlPlane:
        etcd_port, peer_port, port = free_port(), free_port(), free_port()
        self._write_keys()
        client_url = f"http://127.0.0.1:{etcd_port}"
        self._run(
            "etcd",
            f"--data-dir={self.folder / 'etcd'}",
            f"--listen-client-urls={client_url}",
            f"--advertise-client-urls={client_url}",
            f"--listen-peer-urls=http://127.0.0.1:{peer_port}",
            "--unsafe-no-fsync",
        )
        self._api = (
            f"--etcd-servers={client_url}",
            f"--secure-port={port}",
            "--bind-address=127.0.0.1",
            f"--cert-dir={self.folder / 'certs'}",
            f"--service-account-key-file={self.folder / 'sa.pub'}",
            f"--service-account-signing-key-file={self.folder / 'sa.key'}",
            "--service-account-issuer=https://kubernetes.default.svc",
            f"--token-auth-file={self.folder / 'tokens.csv'}",
            "--authorization-mode=RBAC",
            "--service-cluster-ip-range=10.99.0.0/24",
            *self._api_flags,
        )
        self._run("kube-apiserver", *self._api)
        certificate = self.folder / "certs" / "apiserver.crt"
        wait_for("the API server's certificate", certificate.exists)
        self._write_kubeconfig(port, certificate)
        wait_for("the API server", self._ready)
        self._run(
            "kube-controller-manager",
            f"--kubeconfig={self.kubeconfig}",
            f"--service-account-private-key-file={self.folder / 'sa.key'}",
            f"--controllers={CONTROLLERS}",
            "--leader-elect=false",
            f"--secure-port={free_port()}",
            "--bind-address=127.0.0.1",
            f"--cert-dir={self.folder / 'certs'}",
        )
        return self

    def restart_api(self) -> None:
        """Kill the API server and start it again."""
        self._processes["kube-apiserver"].kill()
        self._processes["kube-apiserver"].wait(timeout=30)
        self._run("kube-apiserver", *self._api)
        wait_for("the API server", self._ready)

    def stop(self) -> None:
        # Nothing of it is kept, and an API server that is asked to end waits long for an etcd that is gone.
        for process in self._processes.values():
            process.kill()
        for process in self._processes.values():
            process.wait(timeout=60)

    def _ready(self) -> bool:
        try:
            client = connect(self.kubeconfig)
            return client.ready() and client.find("v1", "Namespace", "default") is not None
        except Exception:
            return False

    def _run(self, name: str, *arguments: str) -> None:
        with (self.folder / f"{name}.log").open("ab") as log:
            command = [binary(name), *arguments]
            self._processes[name] = subprocess.Popen(command, cwd=self.folder, stdout=log, stderr=log)

    def _write_keys(self) -> None:
        key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        pem = serialization.Encoding.PEM
        secret = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        public = key.public_key().public_bytes(pem, serialization.PublicFormat.SubjectPublicKeyInfo)
        (self.folder / "sa.key").write_bytes(secret)
        (self.folder / "sa.pub").write_bytes(public)
        (self.folder / "tokens.csv").write_text(f'{self._token},admin,admin,"system:masters"\n')

    def _write_kubeconfig(self, port: int, certificate: Path) -> None:
        server = {"server": f"https://127.0.0.1:{port}", "certificate-authority": str(certificate)}
        document = {
            "apiVersion": "v1",
            "kind": "Config",
            "current-context": "carto",
            "clusters": [{"name": "carto", "cluster": server}],
            "users": [{"name": "admin", "user": {"token": self._token}}],
            "contexts": [{"name": "carto", "context": {"cluster": "carto", "user": "admin"}}],
        }
        self.kubeconfig.write_text(json.dumps(document))
        self.kubeconfig.chmod(0o600)


class PlatformProcess:
    """The local platform with the carto.run kinds only."""

    def __init__(self, kubeconfig: Path, folder: Path, *, admission: bool = False) -> None:
        self.kubeconfig = kubeconfig
        self.folder = folder
        self.admission = admission
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> PlatformProcess:
        self.folder.mkdir(parents=True, exist_ok=True)
        state = self.folder / "platform.json"
        state.unlink(missing_ok=True)
        ports = {name: free_port() for name in ("hooks_port", "artifact_port", "webhook_port")}
        config = self.folder / "config.json"
        config.write_text(json.dumps({**ports, "admission": self.admission}))
        command = [sys.executable, "-m", "pkgops.platform", "--only", "carto"]
        command += ["--kubeconfig", str(self.kubeconfig), "--config", str(config)]
        command += ["--data-dir", str(self.folder)]
        with (self.folder / "platform.log").open("ab") as log:
            self.process = subprocess.Popen(command, stdout=log, stderr=log)
        wait_for("the platform", lambda: state.exists() or self.process.poll() is not None)
        assert self.process.poll() is None, (self.folder / "platform.log").read_text()
        return self

    def stop(self, how: int = signal.SIGTERM) -> None:
        if self.process is not None:
            self.process.send_signal(how)
            self.process.wait(timeout=30)

    def peak_bytes(self) -> int:
        """Return the most resident memory that the process ever had."""
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        line = next(line for line in status.splitlines() if line.startswith("VmHWM:"))
        return int(line.split()[1]) * 1024


class Scene:
    """A namespace of one's own and the cluster-scoped objects that a test made."""

    def __init__(self, client: Client, namespace: str) -> None:
        self.client = client
        self.namespace = namespace
        self._made: list[Obj] = []

    def apply(self, *documents: Obj) -> list[Obj]:
        """Create or replace documents; namespaced ones into the scene's namespace."""
        return [self._apply(document) for document in documents]

    def apply_text(self, text: str) -> list[Obj]:
        """Apply the documents of a YAML text."""
        return self.apply(*[document for document in yaml.parse_all(text, "scene") if document])

    def _apply(self, document: Obj) -> Obj:
        wanted = json.loads(json.dumps(document))
        if self.client.resource(wanted["apiVersion"], wanted["kind"]).namespaced:
            wanted["metadata"].setdefault("namespace", self.namespace)
        else:
            self._made.append(wanted)
        return dict(wait_for("the write", lambda: self._write(wanted)))

    def _write(self, wanted: Obj) -> Obj | None:
        """Create or replace; None if somebody else wrote meanwhile.

        Replaced rather than applied on the server's side, which refuses fields that no schema names.
        """
        meta = wanted["metadata"]
        live = self.client.find(wanted["apiVersion"], wanted["kind"], meta["name"], meta.get("namespace", ""))
        if live is None:
            return self.client.create(wanted)
        meta["resourceVersion"] = live["metadata"]["resourceVersion"]
        try:
            return self.client.update(wanted)
        except Conflict:
            return None

    def get(self, kind: str, name: str, api_version: str = CARTO) -> Obj | None:
        return self.client.find(api_version, kind, name, self.namespace)

    def list(self, kind: str, api_version: str = CARTO) -> list[Obj]:
        return self.client.list(api_version, kind, self.namespace).items

    def grant(self, *, verbs: list[str] | None = None, name: str = "all") -> None:
        """Give the namespace's service accounts rights on everything in it, or some of them."""
        rule = {"apiGroups": ["*"], "resources": ["*"], "verbs": verbs or ["*"]}
        role = {"apiVersion": "rbac.authorization.k8s.io/v1", "metadata": {"name": name}}
        self.apply({**role, "kind": "Role", "rules": [rule]})
        group = {
            "apiGroup": "rbac.authorization.k8s.io",
            "kind": "Group",
            "name": f"system:serviceaccounts:{self.namespace}",
        }
        reference = {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": name}
        self.apply({**role, "kind": "RoleBinding", "roleRef": reference, "subjects": [group]})

    def condition(self, kind: str, name: str, type: str = "Ready") -> Obj:
        """Return a condition of an object, empty if it is not there yet."""
        found = (self.get(kind, name) or {}).get("status", {}).get("conditions", [])
        return next((entry for entry in found if entry["type"] == type), {})

    def wait_condition(self, kind: str, name: str, status: str, reason: str = "", type: str = "Ready") -> Obj:
        """Wait until a condition of the current generation has a status, and a reason if one is given."""

        def there() -> Obj | None:
            obj = self.get(kind, name) or {}
            seen = obj.get("status", {}).get("observedGeneration") == obj.get("metadata", {}).get(
                "generation"
            )
            found = self.condition(kind, name, type)
            matches = found.get("status") == status and reason in ("", found.get("reason"))
            return found if seen and matches else None

        try:
            return dict(wait_for(f"{kind}/{name} {type}={status} {reason}", there))
        except AssertionError as error:
            raise AssertionError(
                f"{error}: {json.dumps((self.get(kind, name) or {}).get('status'))}"
            ) from None

    def clean(self) -> None:
        """Delete the namespace and what was made outside of it; owners go before blueprints."""
        for kind in ("Workload", "Deliverable", "Runnable"):
            for found in self.list(kind):
                self.client.delete(CARTO, kind, found["metadata"]["name"], self.namespace)
        for document in reversed(self._made):
            self.client.delete(document["apiVersion"], document["kind"], document["metadata"]["name"])
        self.client.delete("v1", "Namespace", self.namespace)


@contextmanager
def scene(client: Client, prefix: str) -> Iterator[Scene]:
    """Give a namespace with a ``default`` service account; everything is deleted at the end."""
    namespace = f"{prefix}-{secrets.token_hex(4)}"
    client.create({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace}})
    made = Scene(client, namespace)
    wait_for("the default account", lambda: client.find("v1", "ServiceAccount", "default", namespace))
    try:
        yield made
    finally:
        made.clean()


@pytest.fixture(scope="session")
def control_plane(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ControlPlane]:
    """A control plane for all carto.run tests of a run."""
    plane = ControlPlane(tmp_path_factory.mktemp("carto"))
    try:
        yield plane.start()
    finally:
        plane.stop()


@pytest.fixture(scope="session")
def carto_client(control_plane: ControlPlane) -> Client:
    return connect(control_plane.kubeconfig)


@pytest.fixture(scope="module")
def carto(control_plane: ControlPlane, tmp_path_factory: pytest.TempPathFactory) -> Iterator[PlatformProcess]:
    """A platform process for the tests of one module, admission checks off."""
    platform = PlatformProcess(control_plane.kubeconfig, tmp_path_factory.mktemp("platform"))
    try:
        yield platform.start()
    finally:
        platform.stop()


def fixtures() -> Path:
    """Return the folder with the fixtures of peers, or skip."""
    folder = os.environ.get("PKGOPS_FIXTURES")
    if not folder:
        pytest.skip("PKGOPS_FIXTURES names no folder with the fixtures of peers")
    return Path(folder)
