"""The credentials of a service account for registries and Git servers, by kpack's rules."""

from __future__ import annotations

import base64
from dataclasses import dataclass

from pkgops.kube import Client, Obj
from pkgops.oci import Credentials, DockerConfig
from pkgops.platform.kpack.gitkeychain import git_server

DOCKER_ANNOTATION = "kpack.io/docker"
_TYPES = {
    "kubernetes.io/dockerconfigjson": ("dockerconfig", ".dockerconfigjson"),
    "kubernetes.io/dockercfg": ("dockercfg", ".dockercfg"),
}
_GIT_TYPES = {"kubernetes.io/basic-auth": "basic-git", "kubernetes.io/ssh-auth": "ssh-git"}


@dataclass(frozen=True, slots=True)
class MountedSecret:
    """A Secret in a build pod: its volume, its name, and the program argument for it."""

    volume: str
    name: str
    flag: str

    def mount(self) -> Obj:
        """Return the volume mount of a container."""
        return {"name": self.volume, "mountPath": f"/var/build-secrets/{self.name}"}


@dataclass(frozen=True, slots=True)
class Account:
    """A service account with its Secrets.

    Attributes:
        name: the name of the service account.
        secrets: its Secrets that exist, in the order of the account.
        pull_secrets: the names for the pod's ``imagePullSecrets``.
    """

    name: str
    secrets: tuple[Obj, ...] = ()
    pull_secrets: tuple[str, ...] = ()

    def keychain(self) -> DockerConfig:
        """Return the credentials for registries.

        Raises:
            UsageError: the Docker configuration of a Secret is not valid.
        """
        merged = DockerConfig()
        for secret in self.secrets:
            if _docker_flag(secret):
                merged = merged.merged(_config(secret))
        return merged

    def mounted(self, *, with_git: bool) -> list[MountedSecret]:
        """Return the Secrets of a build pod: for registries, and with ``with_git`` for Git servers."""
        secrets = []
        for index, secret in enumerate(self.secrets):
            flag = _docker_flag(secret) or (_git_flag(secret) if with_git else "")
            if flag:
                secrets.append(MountedSecret(f"secret-volume-{index}", secret["metadata"]["name"], flag))
        return secrets


def read_account(client: Client, namespace: str, name: str) -> Account:
    """Return a service account with its Secrets.

    Raises:
        kube.NotFound: the account does not exist.
    """
    account = client.get("v1", "ServiceAccount", name, namespace)
    names = [entry["name"] for entry in account.get("secrets") or []]
    existing = (client.find("v1", "Secret", secret, namespace) for secret in names)
    secrets = tuple(secret for secret in existing if secret is not None)
    pull = tuple(entry["name"] for entry in account.get("imagePullSecrets") or [])
    return Account(name, secrets, pull)


def _server(secret: Obj) -> str:
    if secret.get("type") != "kubernetes.io/basic-auth":
        return ""
    return str((secret["metadata"].get("annotations") or {}).get(DOCKER_ANNOTATION, ""))


def _docker_flag(secret: Obj) -> str:
    name, kind = secret["metadata"]["name"], secret.get("type", "")
    if kind in _TYPES:
        return f"-{_TYPES[kind][0]}={name}"
    return f"-basic-docker={name}={_server(secret)}" if _server(secret) else ""


def _git_flag(secret: Obj) -> str:
    git_flag = _GIT_TYPES.get(secret.get("type", ""), "")
    return (
        f"-{git_flag}={secret['metadata']['name']}={git_server(secret)}"
        if git_flag and git_server(secret)
        else ""
    )


def _config(secret: Obj) -> DockerConfig:
    meta = secret["metadata"]
    source = f"Secret {meta.get('namespace', '')}/{meta['name']}"
    if secret["type"] in _TYPES:
        return DockerConfig.from_json(_value(secret, _TYPES[secret["type"]][1]), source)
    username, password = _value(secret, "username").decode(), _value(secret, "password").decode()
    return DockerConfig({_server(secret): Credentials(username, password)})


def _value(secret: Obj, key: str) -> bytes:
    return base64.b64decode((secret.get("data") or {}).get(key, ""))
