"""Registry credentials: from a ServiceAccount's secrets to what the entrypoint is told."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from pkgops.kube import Obj
from pkgops.platform.tekton.workspaces import fnv1a

SECRETS_DIR = "/tekton/creds-secrets"
_DOCKER_ANNOTATION = "tekton.dev/docker-"


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
    """Return what follows from the secrets that a ServiceAccount lists; other types are passed over."""
    arguments: list[str] = []
    volumes: list[Obj] = []
    mounts: list[Obj] = []
    for secret in secrets:
        flags = _flags(secret)
        if flags:
            name = secret["metadata"]["name"]
            volume = f"tekton-creds-{fnv1a(name)}"
            arguments.extend(flags)
            volumes.append({"name": volume, "secret": {"secretName": name}})
            mounts.append({"name": volume, "mountPath": f"{SECRETS_DIR}/{name}"})
    return Credentials(tuple(arguments), tuple(volumes), tuple(mounts))


def _flags(secret: Obj) -> list[str]:
    meta = secret["metadata"]
    if secret.get("type") == "kubernetes.io/dockerconfigjson":
        return [f"-docker-config={meta['name']}"]
    if secret.get("type") != "kubernetes.io/basic-auth":
        return []
    annotations = meta.get("annotations") or {}
    return [
        f"-basic-docker={meta['name']}={url}"
        for key, url in sorted(annotations.items())
        if key.startswith(_DOCKER_ANNOTATION)
    ]
