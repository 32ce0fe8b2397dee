"""Probes of the parts: true, or false for now. Each waits at most so many seconds for an answer."""

from __future__ import annotations

import json
import socket
import ssl
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from pathlib import Path
from urllib.parse import urlsplit

from pkgops.local.instance import API_PORT, KUBELET_HEALTH_PORT, Instance

SECONDS = 2.0
"""How long a healthy part needs at most on a machine that is not busy."""


def always(seconds: float = SECONDS) -> bool:
    """Return true, for a part without a probe: it only has to run."""
    del seconds
    return True


def tcp(host: str, port: int, seconds: float = SECONDS) -> bool:
    """Return whether a connection is accepted."""
    try:
        socket.create_connection((host, port), timeout=seconds).close()
    except OSError:
        return False
    return True


def unix(path: Path, seconds: float = SECONDS) -> bool:
    """Return whether a connection to a local socket is accepted."""
    with socket.socket(socket.AF_UNIX) as client:
        client.settimeout(seconds)
        try:
            client.connect(str(path))
        except OSError:
            return False
    return True


def http(url: str, seconds: float = SECONDS) -> bool:
    """Return whether a plain http server answers with 200."""
    where = urlsplit(url)
    connection = HTTPConnection(where.hostname or "", where.port or 80, timeout=seconds)
    return _ok(connection, where.path)


def https(url: str, authority: Path, seconds: float = SECONDS) -> bool:
    """Return whether a server with a certificate of that authority answers with 200."""
    where = urlsplit(url)
    try:
        context = ssl.create_default_context(cafile=authority)
    except OSError:
        return False
    connection = HTTPSConnection(where.hostname or "", where.port or 443, timeout=seconds, context=context)
    return _ok(connection, where.path)


def api(instance: Instance, seconds: float = SECONDS) -> bool:
    """Return whether the instance's API server is ready."""
    return https(f"{instance.server}/readyz", instance.pki / "ca.crt", seconds)


def node(instance: Instance, seconds: float = SECONDS) -> bool:
    """Return whether the instance's kubelet is healthy and its node is Ready.

    The node alone is not enough: it stays Ready for a while after its kubelet has ended.
    """
    if not http(f"http://{instance.address}:{KUBELET_HEALTH_PORT}/healthz", seconds):
        return False
    try:
        context = ssl.create_default_context(cafile=instance.pki / "ca.crt")
        context.load_cert_chain(instance.pki / "admin.crt", instance.pki / "admin.key")
    except OSError:
        return False
    connection = HTTPSConnection(instance.address, API_PORT, timeout=seconds, context=context)
    try:
        connection.request("GET", f"/api/v1/nodes/{instance.name}")
        response = connection.getresponse()
        answer = json.loads(response.read()) if response.status == 200 else {}
    except (OSError, ValueError, HTTPException):
        return False
    finally:
        connection.close()
    conditions = answer.get("status", {}).get("conditions", [])
    return any(one.get("type") == "Ready" and one.get("status") == "True" for one in conditions)


def _ok(connection: HTTPConnection, path: str) -> bool:
    try:
        connection.request("GET", path or "/")
        return connection.getresponse().status == 200
    except (OSError, HTTPException):
        return False
    finally:
        connection.close()
