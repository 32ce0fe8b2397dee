"""The command in an image's configuration, for steps with neither ``command`` nor ``script``."""

from __future__ import annotations

import base64
from collections.abc import Sequence

from pkgops.kube import Obj
from pkgops.oci import DockerConfig, ImageRef, RegistryClient, read_image


def command_of(image: str, secrets: Sequence[Obj]) -> tuple[list[str], list[str]]:
    """Return an image's ENTRYPOINT and CMD, read from its registry.

    Raises:
        PkgopsError: the reference is not valid, or the image cannot be read.
    """
    config = read_image(RegistryClient(_keychain(secrets)), ImageRef.parse(image)).config.get("config") or {}
    return list(config.get("Entrypoint") or []), list(config.get("Cmd") or [])


def _keychain(secrets: Sequence[Obj]) -> DockerConfig:
    merged = DockerConfig()
    for secret in secrets:
        text = (secret.get("data") or {}).get(".dockerconfigjson")
        if text:
            name = secret["metadata"]["name"]
            merged = merged.merged(DockerConfig.from_json(base64.b64decode(text), f"Secret {name}"))
    return merged
