"""Secrets and ConfigMaps that Apps reference."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from pkgops.kube import Client, Obj
from pkgops.oci import ANONYMOUS, DockerConfig, Keychain
from pkgops.oci.auth import Credentials, Fixed


class MissingReference(Exception):
    """A Secret or ConfigMap does not exist; the text is the API server's message."""


@dataclass(frozen=True, slots=True)
class References:
    """Reads the Secrets and ConfigMaps of a namespace.

    Attributes:
        client: client of the cluster.
        namespace: the namespace.
    """

    client: Client
    namespace: str

    def secret(self, name: str) -> dict[str, bytes]:
        """Return the decoded ``data`` of a Secret.

        Raises:
            MissingReference: it does not exist.
        """
        obj = self._find("Secret", name)
        return {key: base64.b64decode(value or "") for key, value in (obj.get("data") or {}).items()}

    def config_map(self, name: str) -> dict[str, bytes]:
        """Return the ``data`` of a ConfigMap.

        Raises:
            MissingReference: it does not exist.
        """
        obj = self._find("ConfigMap", name)
        return {key: str(value).encode() for key, value in (obj.get("data") or {}).items()}

    def keychain(self, secret_ref: dict[str, Any] | None) -> Keychain:
        """Return the registry credentials of a ``secretRef``; anonymous ones without it.

        Raises:
            MissingReference: the Secret does not exist.
            UsageError: its Docker configuration is not valid.
        """
        if not secret_ref:
            return ANONYMOUS
        name = str(secret_ref.get("name"))
        content = self.secret(name)
        if ".dockerconfigjson" in content:
            return DockerConfig.from_json(content[".dockerconfigjson"], f"secret {self.namespace}/{name}")
        if "username" in content:
            return Fixed(Credentials(content["username"].decode(), content.get("password", b"").decode()))
        return ANONYMOUS

    def _find(self, kind: str, name: str) -> Obj:
        obj = self.client.find("v1", kind, name, self.namespace)
        if obj is None:
            raise MissingReference(f'{kind.lower()}s "{name}" not found')
        return obj


def referenced(spec: Any) -> Iterator[tuple[str, str]]:
    """Yield (kind, name) of every ``secretRef`` and ``configMapRef`` below a spec."""
    if isinstance(spec, dict):
        for key, value in spec.items():
            kind = {"secretRef": "Secret", "configMapRef": "ConfigMap"}.get(key)
            if kind and isinstance(value, dict) and value.get("name"):
                yield kind, str(value["name"])
            else:
                yield from referenced(value)
    elif isinstance(spec, list):
        for item in spec:
            yield from referenced(item)
