"""From kubeconfigs and a context name to an endpoint, by the rules of kubectl.

All forms are read here, because the whole Kubernetes client takes a quarter of a second to import; only
users with an ``auth-provider``, of which kubectl supports only OIDC any more, are passed to that client.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from pkgops.errors import PreflightError, UsageError
from pkgops.formats import yaml
from pkgops.kube import credentials, incluster, proxies
from pkgops.kube.endpoint import Endpoint

_FILES = {
    "clusters": ("cluster", ("certificate-authority",)),
    "users": ("user", ("client-certificate", "client-key", "tokenFile")),
    "contexts": ("context", ()),
}


def default_paths(environ: Mapping[str, str] = os.environ) -> list[Path]:
    """Return the kubeconfigs that kubectl would read: ``~/.kube/config``, unless KUBECONFIG names others."""
    named = [Path(name) for name in environ.get("KUBECONFIG", "").split(os.pathsep) if name]
    return named or [Path.home() / ".kube" / "config"]


def load(paths: Sequence[Path]) -> dict[str, Any]:
    """Read kubeconfigs as one: the first that has an entry of a name, or a current context, wins.

    File names in them are resolved relative to the kubeconfig that contains them. Of several kubeconfigs,
    some may be missing.

    Raises:
        PreflightError: the only one is missing, or one is unreadable.
        UsageError: one is not a kubeconfig.
    """
    there = [path for path in paths if path.exists()] if len(paths) > 1 else list(paths)
    merged: dict[str, Any] = {section: [] for section in _FILES}
    for path in there:
        config = _read(path)
        merged["current-context"] = merged.get("current-context") or config.get("current-context")
        for section, (key, files) in _FILES.items():
            known = set(_names(merged, section))
            for entry in config.get(section) or []:
                if str(entry.get("name")) not in known:
                    merged[section].append(_located(entry, key, files, path.parent))
    return merged


def _located(entry: dict[str, Any], key: str, files: Sequence[str], base: Path) -> dict[str, Any]:
    body = dict(entry.get(key) or {})
    for name in files:
        if body.get(name):
            body[name] = str(base / str(body[name]))
    program = body.get("exec")
    if isinstance(program, dict) and os.sep in str(program.get("command") or ""):
        body["exec"] = {**program, "command": str(base / str(program["command"]))}
    return {"name": entry.get("name"), key: body}


def _read(path: Path) -> dict[str, Any]:
    try:
        text = path.read_text()
    except OSError as error:
        raise PreflightError(
            f"cannot read the kubeconfig {path}",
            why=error.strerror or str(error),
            next="set KUBECONFIG, or leave --context out to use the local cluster",
            slug="kubeconfig",
        ) from error
    document = yaml.parse_positioned(text, str(path)).value
    if document is None:
        return {}
    if not isinstance(document, dict):
        raise UsageError(
            f"{path} is not a kubeconfig", next="set KUBECONFIG to the right file", slug="kubeconfig"
        )
    return document


def _names(config: dict[str, Any], section: str) -> list[str]:
    return [str(entry.get("name")) for entry in config.get(section) or []]


def endpoint(paths: Sequence[Path], context: str | None, environ: Mapping[str, str] = os.environ) -> Endpoint:
    """Return the endpoint of ``context``; None means the kubeconfigs' own current context.

    Raises:
        UsageError: no such context, or its cluster or user is missing, or they contradict themselves.
        PreflightError: a file or a certificate cannot be read.
    """
    if incluster.applies(paths, context, environ):
        return incluster.endpoint(environ)
    config = load(paths)
    where = os.pathsep.join(str(path) for path in paths)
    name = context or str(config.get("current-context") or "")
    entry = _named(config, "contexts", "context", name, where)
    cluster = _named(config, "clusters", "cluster", str(entry.get("cluster", "")), where)
    user = _named(config, "users", "user", str(entry.get("user", "")), where) if entry.get("user") else {}
    server = str(cluster.get("server", "")).rstrip("/")
    tls = credentials.tls(cluster, user) if server.startswith("https") else None
    found = Endpoint(
        server=server,
        name=name,
        tls=tls,
        renewal=credentials.renewal(tls, cluster, user),
        token=credentials.token(user),
        basic=credentials.basic(user, where),
        headers=credentials.impersonation(user),
        proxy=_proxy(cluster, server, where, environ),
        server_name=str(cluster.get("tls-server-name") or ""),
    )
    if user.get("exec"):
        return credentials.with_program(found, cluster, user["exec"], environ)
    if user.get("auth-provider"):
        return credentials.with_provider(found, where, name)
    return found


def _named(config: dict[str, Any], section: str, key: str, name: str, where: str) -> dict[str, Any]:
    for entry in config[section]:
        if str(entry.get("name")) == name:
            return dict(entry[key])
    raise UsageError(
        f"{where} has no {key} named {name!r}",
        why=f"it has: {', '.join(_names(config, section)) or 'none'}",
        next="choose one of these with --context",
        slug=f"unknown-{key}",
    )


def _proxy(cluster: dict[str, Any], server: str, where: str, environ: Mapping[str, str]) -> str:
    url = str(cluster.get("proxy-url") or "") or proxies.from_environment(server, environ)
    if url and urlsplit(url).scheme not in proxies.SCHEMES:
        raise UsageError(
            f"the proxy {proxies.shown(url)} cannot be used",
            why=f"only http://, https:// and socks5:// can be used ({where}, or the environment, names it)",
            next="use such a proxy, or a tunnel of your own and its address as the server",
            slug="proxy",
        )
    return url
