"""The registry credentials of a service account, as kpack takes them from its secrets."""

from __future__ import annotations

import base64
from collections.abc import Iterable
from dataclasses import dataclass

from pkgops.kube import Client, Obj
from pkgops.oci import Credentials, DockerConfig

DOCKER_ANNOTATION = "kpack.io/docker"
_TYPES = {
    "kubernetes.io/dockerconfigjson": ("dockerconfig", ".dockerconfigjson"),
    "kubernetes.io/dockercfg": ("dockercfg", ".dockercfg"),
}


@dataclass(frozen=True, slots=True)
class Account:
    """A service account with the secrets that a build needs.

    Attributes:
        name: of the service account.
        secrets: those with registry credentials, in the account's order.
        pull_secrets: names for the pod's ``imagePullSecrets``.
    """

    name: str
    secrets: tuple[Obj, ...] = ()
    pull_secrets: tuple[str, ...] = ()

    def keychain(self) -> DockerConfig:
        """Return the credentials.

        Raises:
            UsageError: a secret holds no docker configuration.
        """
        merged = DockerConfig()
        for secret in self.secrets:
            merged = merged.merged(_config(secret))
        return merged

    def flags(self) -> list[str]:
        """Return the arguments that tell ``build-init`` and ``completion`` about the mounted secrets."""
        return [_flag(secret) for secret in self.secrets]


def read_account(client: Client, namespace: str, name: str) -> Account:
    """Read a service account and its secrets.

    Raises:
        kube.NotFound: there is no such account.
    """
    account = client.get("v1", "ServiceAccount", name, namespace)
    names = [entry["name"] for entry in account.get("secrets") or []]
    found = (client.find("v1", "Secret", secret, namespace) for secret in names)
    secrets = tuple(secret for secret in found if secret is not None and _is_docker(secret))
    pull = tuple(entry["name"] for entry in account.get("imagePullSecrets") or [])
    return Account(name, secrets, pull)


def _is_docker(secret: Obj) -> bool:
    return secret.get("type") in _TYPES or bool(_server(secret))


def _server(secret: Obj) -> str:
    if secret.get("type") != "kubernetes.io/basic-auth":
        return ""
    return str((secret["metadata"].get("annotations") or {}).get(DOCKER_ANNOTATION, ""))


def _flag(secret: Obj) -> str:
    name = secret["metadata"]["name"]
    if secret["type"] in _TYPES:
        return f"-{_TYPES[secret['type']][0]}={name}"
    return f"-basic-docker={name}={_server(secret)}"


def _config(secret: Obj) -> DockerConfig:
    meta = secret["metadata"]
    source = f"Secret {meta.get('namespace', '')}/{meta['name']}"
    if secret["type"] in _TYPES:
        return DockerConfig.from_json(_value(secret, _TYPES[secret["type"]][1]), source)
    username, password = _value(secret, "username").decode(), _value(secret, "password").decode()
    return DockerConfig({_server(secret): Credentials(username, password)})


def _value(secret: Obj, key: str) -> bytes:
    return base64.b64decode((secret.get("data") or {}).get(key, ""))


def volumes(secrets: Iterable[Obj]) -> list[tuple[str, str]]:
    """Return the volume's and the secret's name of each secret that is mounted."""
    return [(f"secret-volume-{index}", secret["metadata"]["name"]) for index, secret in enumerate(secrets)]
