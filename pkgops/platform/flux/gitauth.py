"""Credentials of GitRepositories."""

from __future__ import annotations

from urllib.parse import urlsplit

from pkgops.kube import Client, Obj
from pkgops.platform.flux.objects import secret_data
from pkgops.platform.gitcheckout import Auth, GitError

AUTHENTICATION = "AuthenticationFailed"


def git_auth(client: Client, repository: Obj) -> Auth:
    """Return the credentials of ``spec.secretRef``.

    Raises:
        GitError: the URL is not supported, or the Secret is missing or not valid.
    """
    spec = repository["spec"]
    check_url(spec["url"])
    name = (spec.get("secretRef") or {}).get("name")
    if not name:
        return Auth()
    namespace = repository["metadata"]["namespace"]
    secret = client.find("v1", "Secret", name, namespace)
    if secret is None:
        raise GitError(
            f"failed to get secret '{namespace}/{name}': secrets \"{name}\" not found", AUTHENTICATION
        )
    return auth_of(secret)


def auth_of(secret: Obj) -> Auth:
    """Return the credentials in a Secret.

    Raises:
        GitError: it has a user name without a password, or the reverse.
    """
    data = secret_data(secret)
    username, password = data.get("username", ""), data.get("password", "")
    if bool(username) != bool(password):
        missing = "password" if username else "username"
        raise GitError(
            f"failed to configure authentication options: invalid 'basic auth' data: '{missing}' is required",
            AUTHENTICATION,
        )
    ca = data.get("ca.crt") or data.get("caFile") or ""
    return Auth(username, password, data.get("bearerToken", ""), ca)


def check_url(url: str) -> None:
    """Check that the platform can fetch from a URL.

    Raises:
        GitError: it has no host, or is not http(s).
    """
    parts = urlsplit(url)
    if not parts.hostname:
        raise GitError(f"failed to parse url '{url}': no host", "URLInvalid")
    if parts.scheme not in ("http", "https"):
        raise GitError(
            f"the local platform fetches over http and https, not {parts.scheme}: '{url}'", "URLInvalid"
        )
