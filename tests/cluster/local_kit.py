"""The local cluster that tests share, with the local platform in it, and a namespace for each module."""

from __future__ import annotations

import secrets
import time
import urllib.request
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from pkgops.errors import PkgopsError
from pkgops.kube import Client, Obj, connect
from pkgops.local import cluster as local_cluster
from pkgops.local.cluster import LocalCluster

HOOKS_PORT = 9791
DEADLINE = 120.0


@pytest.fixture(scope="session")
def cluster() -> LocalCluster:
    """The running instance that PKGOPS_INSTANCE names, with its platform process."""
    try:
        found = local_cluster.running()
        urllib.request.urlopen(f"http://{found.address}:{HOOKS_PORT}/readyz", timeout=5).close()
    except (PkgopsError, OSError) as error:
        pytest.skip(f"no local cluster with its platform: {error}")
    return found


@pytest.fixture(scope="session")
def client(cluster: LocalCluster) -> Client:
    return connect(cluster.kubeconfig)


@pytest.fixture(scope="module")
def namespace(client: Client, request: pytest.FixtureRequest) -> Iterator[str]:
    """A new namespace; what is in it stays for a look after a failure."""
    failed = request.session.testsfailed
    name = f"t-{request.module.__name__.replace('test_', '').replace('_', '-')}-{secrets.token_hex(3)}"
    client.create({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}})
    # The service account controller is a moment behind; a pod without its account is refused.
    wait_for("the default service account", lambda: client.find("v1", "ServiceAccount", "default", name))
    yield name
    if request.session.testsfailed == failed:
        client.delete("v1", "Namespace", name)


def wait_for(what: str, check: Callable[[], Any], deadline: float = DEADLINE) -> Any:
    """Return the first true result of ``check``; fail with ``what`` when there is none in time."""
    end = time.monotonic() + deadline
    while True:
        result = check()
        if result:
            return result
        if time.monotonic() > end:
            raise AssertionError(f"waited {deadline:.0f} s for {what}")
        time.sleep(0.1)


def condition(obj: Obj | None, type: str) -> Obj:
    """Return a condition of an object, empty where there is none."""
    conditions = ((obj or {}).get("status") or {}).get("conditions") or []
    return next((entry for entry in conditions if entry["type"] == type), {})
