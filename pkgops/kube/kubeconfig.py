"""From a kubeconfig and a context name to an endpoint.

The plain forms (certificates, tokens, token files, basic TLS options) are read here, because the
whole Kubernetes client takes a quarter of a second to import; users that log in through plugins
are handed to that client.
"""

from __future__ import annotations

import base64
import contextlib
import os
import ssl
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from pkgops import yamlio
from pkgops.errors import PreflightError, UsageError
from pkgops.kube.transport import Endpoint
from pkgops.values import replace

_PLUGIN_KEYS = ("exec", "auth-provider")


def default_path(context: str | None = None) -> Path:
    """Return the kubeconfig that kubectl would read: ``~/.kube/config``, unless KUBECONFIG names others.

    Of several files it is the first that has the context, with its cluster and user; kubectl would also put
    together a context of one file and a cluster of another.
    """
    named = [Path(name) for name in os.environ.get("KUBECONFIG", "").split(os.pathsep) if name]
    if len(named) < 2:
        return named[0] if named else Path.home() / ".kube" / "config"
    there = [path for path in named if path.is_file()]
    return next((path for path in there if _has(path, context)), (there or named)[0])


def _has(path: Path, context: str | None) -> bool:
    config = load(path)
    return context in context_names(config) if context else bool(config.get("current-context"))


def load(path: Path) -> dict[str, Any]:
    """Read a kubeconfig.

    Raises:
        PreflightError: the file is missing or unreadable.
        UsageError: it is not a kubeconfig.
    """
    try:
        text = path.read_text()
    except OSError as error:
        raise PreflightError(
            f"cannot read the kubeconfig {path}",
            why=error.strerror or str(error),
            next="set KUBECONFIG, or leave --context out to use the local cluster",
            slug="kubeconfig",
        ) from error
    document = yamlio.parse_positioned(text, str(path)).value
    if not isinstance(document, dict):
        raise UsageError(
            f"{path} is not a kubeconfig", next="set KUBECONFIG to the right file", slug="kubeconfig"
        )
    return document


def context_names(config: dict[str, Any]) -> list[str]:
    """Return the names of the contexts in a kubeconfig, in its order."""
    return [str(entry.get("name")) for entry in config.get("contexts") or []]


def endpoint(path: Path, context: str | None) -> Endpoint:
    """Return the endpoint of ``context``; None means the kubeconfig's own current context.

    Raises:
        UsageError: no such context, or its cluster or user is missing.
        PreflightError: the file or a certificate cannot be read.
    """
    config = load(path)
    name = context or str(config.get("current-context") or "")
    entry = _named(config, "contexts", "context", name, path)
    cluster = _named(config, "clusters", "cluster", str(entry.get("cluster", "")), path)
    user = _named(config, "users", "user", str(entry.get("user", "")), path) if entry.get("user") else {}
    server = str(cluster.get("server", "")).rstrip("/")
    if any(key in user for key in _PLUGIN_KEYS):
        return replace(_plugin_endpoint(path, name, server), proxy=_proxy(cluster, path))
    tls = _tls(cluster, user, path.parent) if server.startswith("https") else None
    token = _token(user, path.parent)
    return Endpoint(server=server, name=name, tls=tls, token=token, proxy=_proxy(cluster, path))


def _proxy(cluster: dict[str, Any], path: Path) -> str:
    url = str(cluster.get("proxy-url") or "")
    if url and not url.startswith("http://"):
        raise UsageError(
            f"{path}: proxy-url {url} cannot be used",
            why="only http:// proxies are known",
            next="use an http:// proxy, or a tunnel of your own and its address as the server",
            slug="proxy",
        )
    return url


def _named(config: dict[str, Any], section: str, key: str, name: str, path: Path) -> dict[str, Any]:
    entries = config.get(section) or []
    for entry in entries:
        if entry.get("name") == name:
            return dict(entry.get(key) or {})
    known = ", ".join(str(entry.get("name")) for entry in entries) or "none"
    raise UsageError(
        f"{path} has no {key} named {name!r}",
        why=f"it has: {known}",
        next="choose one of these with --context",
        slug=f"unknown-{key}",
    )


def _tls(cluster: dict[str, Any], user: dict[str, Any], base: Path) -> ssl.SSLContext:
    authority = _material(cluster, "certificate-authority", base)
    certificate = _material(user, "client-certificate", base)
    key = _material(user, "client-key", base)
    try:
        # The authority that the file names is the only one trusted, as kubectl has it.
        context = ssl.create_default_context(cadata=authority.decode() or None)
        # Verification stays complete but for the extension checks that clusters' own CAs often fail.
        context.verify_flags &= ~ssl.VERIFY_X509_STRICT
        if certificate and key:
            with _private_file(certificate + b"\n" + key) as pair:
                context.load_cert_chain(pair)
    except (ssl.SSLError, UnicodeDecodeError) as error:
        raise PreflightError(
            "the kubeconfig's certificates cannot be used", why=str(error), slug="kubeconfig"
        ) from error
    if cluster.get("insecure-skip-tls-verify"):
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context


def _material(section: dict[str, Any], key: str, base: Path) -> bytes:
    data = section.get(f"{key}-data")
    if data:
        return base64.b64decode(str(data))
    name = section.get(key)
    if not name:
        return b""
    try:
        return (base / str(name)).read_bytes()
    except OSError as error:
        raise PreflightError(
            f"cannot read {key} {name}", why=error.strerror or str(error), slug="kubeconfig"
        ) from error


@contextlib.contextmanager
def _private_file(content: bytes) -> Iterator[str]:
    # The ssl module loads client keys from files only; this one lives for one call, readable by its owner.
    import tempfile

    with tempfile.NamedTemporaryFile(prefix="pkgops-", suffix=".pem") as file:
        file.write(content)
        file.flush()
        yield file.name


def _token(user: dict[str, Any], base: Path) -> Callable[[], str | None]:
    if user.get("token"):
        fixed = str(user["token"])
        return lambda: fixed
    if user.get("tokenFile"):
        file = base / str(user["tokenFile"])
        return lambda: file.read_text().strip()
    return lambda: None


def _plugin_endpoint(path: Path, context: str, server: str) -> Endpoint:
    from kubernetes import client, config

    settings = client.Configuration()
    try:
        config.load_kube_config(str(path), context, settings)  # type: ignore[no-untyped-call]
    except config.ConfigException as error:
        raise PreflightError(
            f"cannot log in to context {context}",
            why=str(error),
            next="log in with the cluster's own tool",
            slug="login",
        ) from error
    tls = ssl.create_default_context(cafile=settings.ssl_ca_cert or None)
    tls.verify_flags &= ~ssl.VERIFY_X509_STRICT
    if settings.cert_file:
        tls.load_cert_chain(settings.cert_file, settings.key_file)
    return Endpoint(server=server, name=context, tls=tls, token=lambda: _plugin_token(settings))


def _plugin_token(settings: Any) -> str | None:
    if settings.refresh_api_key_hook is not None:
        settings.refresh_api_key_hook(settings)
    bearer = settings.api_key.get("authorization")
    return str(bearer).removeprefix("Bearer ") if bearer else None
