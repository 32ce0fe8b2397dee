"""Registry credentials: from a ServiceAccount's secrets to what the entrypoint is told."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from pkgops.kube import Obj
from pkgops.platform.tekton.workspaces import fnv1a

SECRETS_DIR = "/tekton/creds-secrets"
DOCKER_CONFIG = "kubernetes.io/dockerconfigjson"


@dataclass(frozen=True)
class Credentials:
    """What one pod needs to use its service account's secrets.

    Attributes:
        arguments: flags of the entrypoint.
        volumes: one for each secret.
        mounts: the same, as a step mounts them.
    """

    arguments: tuple[str, ...] = ()
    volumes: tuple[Obj, ...] = ()
    mounts: tuple[Obj, ...] = ()


NO_CREDENTIALS = Credentials()


def credentials_of(secrets: Iterable[Obj]) -> Credentials:
    """Return what follows from the secrets that a ServiceAccount lists: those for registries count."""
    names = [str(secret["metadata"]["name"]) for secret in secrets if secret.get("type") == DOCKER_CONFIG]
    return Credentials(
        tuple(f"-docker-config={name}" for name in names),
        tuple({"name": _volume(name), "secret": {"secretName": name}} for name in names),
        tuple({"name": _volume(name), "mountPath": f"{SECRETS_DIR}/{name}"} for name in names),
    )


def _volume(secret: str) -> str:
    return f"tekton-creds-{fnv1a(secret)}"
