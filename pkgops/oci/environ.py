"""Credentials and connection settings of imgpkg and kbld: their environment variables and flags."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pkgops.oci.auth import ANONYMOUS, Credentials, DockerConfig, Fixed, Keychain
from pkgops.oci.reference import ImageRef

if TYPE_CHECKING:
    from pkgops.oci.client import RegistryClient


@dataclass(frozen=True)
class Chain:
    """Several keychains; the first that has credentials for the repository is used."""

    keychains: tuple[Keychain, ...]

    def find(self, ref: ImageRef) -> Credentials | None:
        """Return the first credentials found."""
        return next((credentials for chain in self.keychains if (credentials := chain.find(ref))), None)


def keychain(environ: Mapping[str, str], prefix: str) -> Keychain:
    """Return the keychain of a Carvel tool.

    Args:
        environ: the environment.
        prefix: ``IMGPKG`` or ``KBLD``: ``<prefix>_USERNAME``, ``_PASSWORD``, ``_TOKEN``, ``_ANON``, and the
            same per registry as ``<prefix>_REGISTRY_HOSTNAME_0`` with ``_REGISTRY_USERNAME_0`` and so on.
    """
    if environ.get(f"{prefix}_ANON", "").lower() == "true":
        return ANONYMOUS
    keychains: list[Keychain] = [_per_registry(environ, prefix)]
    everywhere = _credentials(environ, f"{prefix}_", "")
    if everywhere is not None:
        keychains.append(Fixed(everywhere))
    return Chain((*keychains, DockerConfig.load(environ)))


def add_registry_flags(parser: argparse.ArgumentParser) -> None:
    """Add the registry flags that imgpkg and kbld have in common."""
    parser.add_argument("--registry-insecure", nargs="?", const="true", default="false", metavar="BOOL")
    parser.add_argument("--registry-verify-certs", nargs="?", const="true", default="true", metavar="BOOL")
    parser.add_argument("--registry-ca-cert-path", default=None, metavar="FILE")
    parser.add_argument("--registry-username", default="", metavar="NAME")
    parser.add_argument("--registry-anon", nargs="?", const="true", default="false", metavar="BOOL")


def client_of(arguments: argparse.Namespace, environ: Mapping[str, str], prefix: str) -> RegistryClient:
    """Return a client for the flags and the environment."""
    # Imported late: kbld needs no registry where every image has its digest.
    from pkgops.oci.client import RegistryClient

    anonymous = is_true(arguments.registry_anon)
    return RegistryClient(
        ANONYMOUS if anonymous else keychain(environ, prefix),
        insecure=is_true(arguments.registry_insecure),
        verify=is_true(arguments.registry_verify_certs),
        ca_certs=arguments.registry_ca_cert_path,
    )


def is_true(text: str) -> bool:
    """Return whether a flag's value is true, as Go's flag packages parse it."""
    return text.lower() in ("1", "t", "true")


def _per_registry(environ: Mapping[str, str], prefix: str) -> DockerConfig:
    start = f"{prefix}_REGISTRY_HOSTNAME"
    auths = {}
    for name, hostname in environ.items():
        if name.startswith(start):
            credentials = _credentials(environ, f"{prefix}_REGISTRY_", name.removeprefix(start))
            if credentials is not None:
                auths[hostname] = credentials
    return DockerConfig(auths)


def _credentials(environ: Mapping[str, str], prefix: str, suffix: str) -> Credentials | None:
    username = environ.get(f"{prefix}USERNAME{suffix}", "")
    password = environ.get(f"{prefix}PASSWORD{suffix}", "")
    token = environ.get(f"{prefix}TOKEN{suffix}", "")
    return Credentials(username, password, registry_token=token) if username or token else None
