"""Registry credentials: from a ServiceAccount's secrets to flags of the entrypoint."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from pkgops.kube import Obj
from pkgops.platform.tekton.workspaces import fnv1a

SECRETS_DIR = "/tekton/creds-secrets"
DOCKER_CONFIG = "kubernetes.io/dockerconfigjson"


@dataclass(frozen=True)
class Credentials:
    """The flags, volumes and mounts of a pod for its service account's secrets.

    Attributes:
        arguments: flags of the entrypoint.
        volumes: a volume for each secret.
        mounts: the volume mounts of a step.
    """

    arguments: tuple[str, ...] = ()
    volumes: tuple[Obj, ...] = ()
    mounts: tuple[Obj, ...] = ()


NO_CREDENTIALS = Credentials()


def credentials_of(secrets: Iterable[Obj]) -> Credentials:
    """Return the credentials in the secrets of a ServiceAccount; only those for registries are used."""
    names = [str(secret["metadata"]["name"]) for secret in secrets if secret.get("type") == DOCKER_CONFIG]
    return Credentials(
        tuple(f"-docker-config={name}" for name in names),
        tuple({"name": _volume(name), "secret": {"secretName": name}} for name in names),
        tuple({"name": _volume(name), "mountPath": f"{SECRETS_DIR}/{name}"} for name in names),
    )


def _volume(secret: str) -> str:
    return f"tekton-creds-{fnv1a(secret)}"
