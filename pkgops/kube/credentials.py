"""Credentials of a kubeconfig's users and authorities of its clusters: certificates, tokens, passwords."""

from __future__ import annotations

import base64
import contextlib
import ssl
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from pkgops.errors import PreflightError, UsageError
from pkgops.kube import incluster
from pkgops.kube.endpoint import Endpoint
from pkgops.kube.renewal import AuthorityFile, CertificateFiles, Renewal
from pkgops.values import replace


def tls(cluster: dict[str, Any], user: dict[str, Any]) -> ssl.SSLContext:
    """Return the TLS context that verifies an https server, with the user's client certificate loaded.

    Raises:
        UsageError: the cluster contradicts itself.
        PreflightError: a certificate cannot be read or used.
    """
    authority = _material(cluster, "certificate-authority")
    insecure = bool(cluster.get("insecure-skip-tls-verify"))
    if insecure and authority:
        raise UsageError(
            "a cluster of the kubeconfig has both an authority and insecure-skip-tls-verify",
            why="kubectl refuses that, too",
            next="remove one of the two",
            slug="kubeconfig",
        )
    try:
        # The authority that the file names is the only one trusted, as with kubectl.
        context = ssl.create_default_context(cadata=authority.decode() or None)
        # Everything is verified except the certificate extensions (VERIFY_X509_STRICT), which clusters' own
        # CAs often lack.
        context.verify_flags &= ~ssl.VERIFY_X509_STRICT
    except (ssl.SSLError, UnicodeDecodeError) as error:
        raise _unusable(error) from error
    _load_own(context, user)
    if insecure:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context


def renewal(context: ssl.SSLContext | None, cluster: dict[str, Any], user: dict[str, Any]) -> Renewal:
    """Return the Renewal that reads the authority and the user's certificate again when they change."""
    names = [str(user[key]) for key in ("client-certificate", "client-key") if user.get(key)]
    if context is None:
        return Renewal()
    found = (
        CertificateFiles(context, tuple(map(Path, names)), lambda: _load_own(context, user))
        if names
        else Renewal()
    )
    if cluster.get("certificate-authority"):
        found.authority = AuthorityFile(context, Path(str(cluster["certificate-authority"])))
    return found


def _load_own(context: ssl.SSLContext, user: dict[str, Any]) -> None:
    """Load the certificate and the key that the kubeconfig contains, or whose files it names."""
    certificate = _material(user, "client-certificate")
    key = _material(user, "client-key")
    if certificate and key:
        _load_pair(context, certificate, key)


def _load_pair(context: ssl.SSLContext, certificate: bytes, key: bytes) -> None:
    with _private_file(certificate + b"\n" + key) as pair:
        try:
            context.load_cert_chain(pair)
        except ssl.SSLError as error:
            raise _unusable(error) from error


def _unusable(error: Exception) -> PreflightError:
    return PreflightError("the kubeconfig's certificates cannot be used", why=str(error), slug="kubeconfig")


def _material(section: dict[str, Any], key: str) -> bytes:
    data, name = section.get(f"{key}-data"), section.get(key)
    if data and name:
        raise UsageError(
            f"the kubeconfig has both {key} and {key}-data",
            why="kubectl refuses that, too",
            next="remove one of the two",
            slug="kubeconfig",
        )
    if data:
        return base64.b64decode(str(data))
    if not name:
        return b""
    try:
        return Path(str(name)).read_bytes()
    except OSError as error:
        raise PreflightError(
            f"cannot read {key} {name}", why=error.strerror or str(error), slug="kubeconfig"
        ) from error


@contextlib.contextmanager
def _private_file(content: bytes) -> Iterator[str]:
    # The ssl module loads client keys from files only; this one exists for one call, readable by its owner
    # only.
    import tempfile

    with tempfile.NamedTemporaryFile(prefix="pkgops-", suffix=".pem") as file:
        file.write(content)
        file.flush()
        yield file.name


def token(user: dict[str, Any]) -> Callable[[], str | None]:
    """Return a function that returns the user's token, read from its file at each call."""
    # tokenFile takes precedence over token, and is read at each call: it may be renewed.
    if user.get("tokenFile"):
        return incluster.token_of(Path(str(user["tokenFile"])))
    fixed = str(user.get("token") or "") or None
    return lambda: fixed


def basic(user: dict[str, Any], where: str) -> str:
    """Return the user's name and password as the value of HTTP basic authentication; empty without them.

    Raises:
        UsageError: there is a token, too.
    """
    if not user.get("username") and not user.get("password"):
        return ""
    if user.get("token") or user.get("tokenFile"):
        raise UsageError(
            f"a user of {where} has both a token and a password",
            why="kubectl refuses that, too",
            next="remove one of the two",
            slug="kubeconfig",
        )
    pair = f"{user.get('username') or ''}:{user.get('password') or ''}"
    return base64.b64encode(pair.encode()).decode()


def impersonation(user: dict[str, Any]) -> tuple[tuple[str, str], ...]:
    """Return the impersonation headers of a user that acts as another one."""
    if not user.get("as"):
        return ()
    headers = [("Impersonate-User", str(user["as"]))]
    if user.get("as-uid"):
        headers.append(("Impersonate-Uid", str(user["as-uid"])))
    headers += [("Impersonate-Group", str(group)) for group in user.get("as-groups") or []]
    extra = user.get("as-user-extra") or {}
    headers += [(f"Impersonate-Extra-{key}", str(one)) for key, values in extra.items() for one in values]
    return tuple(headers)


def with_program(
    found: Endpoint, cluster: dict[str, Any], spec: dict[str, Any], environ: Mapping[str, str]
) -> Endpoint:
    """Return the endpoint with the credential that an exec plugin returns; it is run now.

    Raises:
        PreflightError: it fails.
    """
    from pkgops.kube import execplugin

    authority = base64.b64encode(_material(cluster, "certificate-authority")).decode()
    info = execplugin.cluster_info(cluster, authority) if spec.get("provideClusterInfo") else None

    def present(certificate: bytes, key: bytes) -> None:
        if found.tls is not None:
            _load_pair(found.tls, certificate, key)

    session = execplugin.Session(execplugin.ExecPlugin(spec, info), present, environ)
    session.authority = found.renewal.authority
    # A certificate must be there before the first connection.
    session.token()
    return replace(found, token=session.token, renewal=session)


def with_provider(found: Endpoint, where: str, context: str) -> Endpoint:
    """Return the endpoint with the token of an ``auth-provider``.

    Raises:
        PreflightError: there is none.
    """
    from kubernetes import client, config

    settings = client.Configuration()
    try:
        config.load_kube_config(where, context, settings)  # type: ignore[no-untyped-call]
    except config.ConfigException as error:
        raise PreflightError(
            f"cannot log in to context {context}",
            why=str(error),
            next="log in with the cluster's own tool",
            slug="login",
        ) from error
    if settings.cert_file and found.tls is not None:
        found.tls.load_cert_chain(settings.cert_file, settings.key_file)
    return replace(found, token=lambda: _provider_token(settings))


def _provider_token(settings: Any) -> str | None:
    if settings.refresh_api_key_hook is not None:
        settings.refresh_api_key_hook(settings)
    bearer = settings.api_key.get("authorization")
    return str(bearer).removeprefix("Bearer ") if bearer else None
