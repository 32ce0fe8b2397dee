"""Users of the local cluster with few rights: service accounts, their tokens, and contexts for them."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from pipeline_kit import PROGRAM, Ran

from pkgops.formats import yaml
from pkgops.kube import Client, Obj
from pkgops.local.cluster import LocalCluster


def account(client: Client, space: str, name: str) -> str:
    """Make a service account, and return a token of it."""
    meta = {"name": name, "namespace": space}
    client.create({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": meta})
    request = {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": {}}
    path = f"/api/v1/namespaces/{space}/serviceaccounts/{name}/token"
    return str(client.transport.json("POST", path, body=request)["status"]["token"])


def contexts(instance: LocalCluster, tokens: Mapping[str, str]) -> Obj:
    """Return the instance's kubeconfig with the context admin, and one for each user with a token."""
    config = yaml.parse(instance.kubeconfig.read_text(), "kubeconfig")
    for cluster in config["clusters"]:
        authority = cluster["cluster"].get("certificate-authority")
        if authority:
            cluster["cluster"]["certificate-authority"] = str(instance.kubeconfig.parent / authority)
    for user in config["users"]:
        for key in ("client-certificate", "client-key"):
            if key in user["user"]:
                user["user"][key] = str(instance.kubeconfig.parent / user["user"][key])
    names = {"cluster": config["clusters"][0]["name"]}
    users = {"admin": config["users"][0]["name"], **{name: name for name in tokens}}
    config["users"] += [{"name": name, "user": {"token": token}} for name, token in tokens.items()]
    config["contexts"] = [{"name": name, "context": {**names, "user": user}} for name, user in users.items()]
    return dict(config)


@dataclass(frozen=True)
class Users:
    """A folder with a kubeconfig and a configuration, and the commands of its users."""

    folder: Path

    def write(self, instance: LocalCluster, tokens: Mapping[str, str], config: str) -> None:
        (self.folder / "kubeconfig").write_text(json.dumps(contexts(instance, tokens)))
        (self.folder / "config.yaml").write_text(config)

    def run(self, *words: str, context: str = "admin", seconds: float = 180) -> Ran:
        """Run a command as the user of a context."""
        command = [str(PROGRAM), *words, "--context", context, "-f", str(self.folder / "config.yaml")]
        environ = {**os.environ, "KUBECONFIG": str(self.folder / "kubeconfig")}
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=seconds, check=False, env=environ
        )
        return Ran(done.returncode, done.stdout, done.stderr)
