"""Credentials for registries, from docker configurations and Kubernetes Secrets."""

from __future__ import annotations

import base64
import binascii
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from pkgops.errors import UsageError
from pkgops.oci.reference import DEFAULT_REGISTRY, ImageRef


@dataclass(frozen=True, slots=True)
class Credentials:
    """A user name and password, or a token; secrets are left out of ``repr``."""

    username: str = ""
    password: str = field(default="", repr=False)
    registry_token: str = field(default="", repr=False)
    identity_token: str = field(default="", repr=False)

    def basic(self) -> str:
        """Return the value of an ``Authorization`` header of type Basic."""
        pair = f"{self.username}:{self.password}".encode()
        return "Basic " + base64.b64encode(pair).decode()


class Keychain(Protocol):
    """A source of credentials."""

    def find(self, ref: ImageRef) -> Credentials | None:
        """Return the credentials for a repository, or None for anonymous access."""


@dataclass(frozen=True)
class _Anonymous:
    def find(self, ref: ImageRef) -> Credentials | None:  # noqa: ARG002 (the protocol's signature)
        return None


ANONYMOUS: Keychain = _Anonymous()


@dataclass(frozen=True)
class Fixed:
    """The same credentials for every registry (``IMGPKG_USERNAME`` and friends)."""

    credentials: Credentials

    def find(self, ref: ImageRef) -> Credentials | None:  # noqa: ARG002 (the protocol's signature)
        """Return the credentials, for any registry."""
        return self.credentials


@dataclass(frozen=True)
class DockerConfig:
    """The ``auths`` of a docker configuration, by the server as it is written there."""

    auths: Mapping[str, Credentials] = field(default_factory=dict)

    @classmethod
    def from_json(cls, text: str | bytes, source: str) -> DockerConfig:
        """Read ``config.json`` (or a ``.dockerconfigjson``), or the older ``.dockercfg`` map.

        Raises:
            UsageError: not such a file; the message names ``source`` without its content.
        """
        try:
            document = json.loads(text)
            auths = document.get("auths", {} if "credsStore" in document else document)
            return cls({server: _entry(entry) for server, entry in auths.items() if isinstance(entry, dict)})
        except (ValueError, AttributeError, binascii.Error) as error:
            raise UsageError(
                f"{source}: not a docker configuration",
                why="it must be JSON with a map 'auths'",
                next="write it again with docker login, or with kubectl create secret docker-registry",
                slug="docker-config",
            ) from error

    @classmethod
    def load(cls, environ: Mapping[str, str] = os.environ) -> DockerConfig:
        """Read the configuration of docker: ``$DOCKER_CONFIG/config.json`` or ``~/.docker/config.json``."""
        folder = environ.get("DOCKER_CONFIG") or str(Path(environ.get("HOME", "/root")) / ".docker")
        path = Path(folder) / "config.json"
        return cls.from_json(path.read_bytes(), str(path)) if path.is_file() else cls()

    def merged(self, other: DockerConfig) -> DockerConfig:
        """Return both configurations merged; this one takes precedence."""
        return DockerConfig({**other.auths, **self.auths})

    def find(self, ref: ImageRef) -> Credentials | None:
        """Return the credentials for a repository: the longest matching path, else the registry's."""
        by_server = {_server(server): credentials for server, credentials in self.auths.items()}
        parts = [ref.registry, *ref.repository.split("/")]
        for length in range(len(parts), 0, -1):
            found = by_server.get("/".join(parts[:length]))
            if found is not None:
                return found
        return None


def _server(written: str) -> str:
    """Return a server in the form ``host[/path]``, from forms such as ``https://host/v1/``."""
    server = written.partition("://")[2] or written
    server = server.rstrip("/")
    for version in ("/v1", "/v2"):
        server = server.removesuffix(version)
    host, slash, path = server.partition("/")
    return f"{DEFAULT_REGISTRY if host == 'docker.io' else host}{slash}{path}"


def _entry(entry: Mapping[str, Any]) -> Credentials:
    username, password = str(entry.get("username", "")), str(entry.get("password", ""))
    if entry.get("auth"):
        username, _, password = base64.b64decode(entry["auth"], validate=True).decode().partition(":")
    return Credentials(
        username, password, str(entry.get("registrytoken", "")), str(entry.get("identitytoken", ""))
    )
