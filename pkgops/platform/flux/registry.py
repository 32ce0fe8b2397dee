"""Registry clients of ImageRepositories: credentials, plain http, certificates."""

from __future__ import annotations

import base64
from collections.abc import Iterable
from pathlib import Path

from pkgops.errors import PkgopsError
from pkgops.kube import Client, Obj
from pkgops.oci import DockerConfig, ImageRef, RegistryClient
from pkgops.platform.flux.objects import secret_data

_DOCKER_JSON = ".dockerconfigjson"


class AuthError(Exception):
    """Credentials are missing or not valid; the text is the message of the condition."""


def canonical_name(image: str) -> str:
    """Return the full name of an image repository, with its registry.

    Raises:
        PkgopsError: it is not the name of an image.
    """
    ref = ImageRef.parse(image)
    return f"{ref.registry}/{ref.repository}"


def registry_client(client: Client, repository: Obj, folder: Path, timeout: float) -> RegistryClient:
    """Return a client with the credentials of an ImageRepository.

    Args:
        client: client of the cluster, which reads the Secrets.
        repository: the ImageRepository.
        folder: the folder into which a CA certificate is written.
        timeout: timeout of one request in seconds.

    Raises:
        AuthError: a Secret or service account is missing or not valid.
    """
    spec = repository["spec"]
    certificates = _certificates(client, repository, folder)
    return RegistryClient(
        _keychain(client, repository),
        insecure=bool(spec.get("insecure")),
        ca_certs=certificates,
        timeout=timeout,
    )


def _keychain(client: Client, repository: Obj) -> DockerConfig:
    merged = DockerConfig()
    for name in _secret_names(client, repository):
        secret = _secret(client, repository, name)
        text = (secret.get("data") or {}).get(_DOCKER_JSON)
        if text is None:
            raise AuthError(
                f"failed to configure authentication options: Secret '{name}' has no {_DOCKER_JSON}"
            )
        try:
            merged = merged.merged(DockerConfig.from_json(base64.b64decode(text), f"Secret {name}"))
        except PkgopsError as error:
            raise AuthError(f"failed to configure authentication options: {error.what}") from error
    return merged


def _secret_names(client: Client, repository: Obj) -> Iterable[str]:
    spec = repository["spec"]
    if (spec.get("secretRef") or {}).get("name"):
        yield spec["secretRef"]["name"]
    account_name = spec.get("serviceAccountName")
    if account_name:
        account = client.find("v1", "ServiceAccount", account_name, repository["metadata"]["namespace"])
        if account is None:
            raise AuthError(
                f'failed to configure authentication options: serviceaccounts "{account_name}" not found'
            )
        yield from (entry["name"] for entry in account.get("imagePullSecrets") or [])


def _secret(client: Client, repository: Obj, name: str) -> Obj:
    secret = client.find("v1", "Secret", name, repository["metadata"]["namespace"])
    if secret is None:
        raise AuthError(f'failed to configure authentication options: secrets "{name}" not found')
    return secret


def _certificates(client: Client, repository: Obj, folder: Path) -> str | None:
    name = (repository["spec"].get("certSecretRef") or {}).get("name")
    if not name:
        return None
    ca = secret_data(_secret(client, repository, name)).get("ca.crt")
    if not ca:
        return None
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / f"{repository['metadata']['uid']}.crt"
    file.write_text(ca)
    return str(file)
