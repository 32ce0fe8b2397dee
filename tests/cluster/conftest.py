"""The cluster tests' own instance: started once for a run, described after a failure, taken down."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from browser_fixtures import chromium
from carto_kit import carto_client, control_plane

from pkgops import local
from pkgops.kube import Client, connect
from pkgops.local import binaries, golang, state
from pkgops.local.cluster import LocalCluster

# Imported here, so that all modules of a run share them.
__all__ = ["carto_client", "chromium", "control_plane"]

# Each process of a parallel run has an instance of its own.
NAME = "-".join(filter(None, ("pkgops-test", os.environ.get("PYTEST_XDIST_WORKER"))))
SECRETS = re.compile(r"secrets?$", re.IGNORECASE)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = Path(__file__).parent
    if os.geteuid() != 0:
        for item in items:
            if here in item.path.parents:
                item.add_marker(pytest.mark.skip(reason="the local cluster needs root"))


@pytest.fixture(scope="session", autouse=True)
def instance(request: pytest.FixtureRequest) -> Iterator[LocalCluster]:
    """The tests' cluster. One that ran before is left running; PKGOPS_TEST_KEEP=1 leaves any."""
    # Fixtures of every kind, and commands that tests run, take the instance from here.
    os.environ.setdefault("PKGOPS_INSTANCE", NAME)
    ran_before = state.find() is not None
    found = local.up(on_event=_tell)
    yield found
    if request.session.testsfailed:
        print(f"\nobjects, events and logs are in {dump(found)}", file=sys.stderr)
    if not ran_before and not os.environ.get("PKGOPS_TEST_KEEP"):
        local.down(on_event=_tell)


@pytest.fixture(scope="session")
def local_client(instance: LocalCluster) -> Client:
    return connect(instance.kubeconfig)


@pytest.fixture(scope="session")
def kubectl_program(instance: LocalCluster) -> Path:
    """The kubectl that was built with the cluster."""
    return binaries.located(golang.fetch().version)["kubectl"]


@pytest.fixture(scope="session")
def kubectl(instance: LocalCluster, kubectl_program: Path):
    """Runs that kubectl and returns what it printed."""

    def run(*words: str, stdin: str | None = None) -> str:
        command = [str(kubectl_program), f"--kubeconfig={instance.kubeconfig}", *words]
        done = subprocess.run(command, input=stdin, capture_output=True, text=True, timeout=180, check=False)
        assert done.returncode == 0, f"{' '.join(words)}: {done.stderr}"
        return done.stdout

    return run


def dump(cluster: LocalCluster) -> Path:
    """Write all objects but secrets, all pods' logs and the parts' logs into a new folder."""
    folder = Path(os.environ.get("PKGOPS_TEST_DUMP") or tempfile.mkdtemp(prefix="pkgops-failed-"))
    folder.mkdir(parents=True, exist_ok=True)
    client = connect(cluster.kubeconfig)
    for kind in _kinds(client):
        objects = client.list(*kind).items
        if objects:
            path = folder / f"{kind[1].lower()}.{kind[0].replace('/', '_')}.json"
            path.write_text(json.dumps(objects, indent=1))
    for pod in client.list("v1", "Pod").items:
        _dump_logs(client, pod, folder)
    found = state.find(cluster.name)
    for log in found.logs.glob("*.log") if found else ():
        (folder / log.name).write_bytes(log.read_bytes()[-2_000_000:])
    return folder


def _dump_logs(client: Client, pod: dict, folder: Path) -> None:
    meta = pod["metadata"]
    spec = pod["spec"]
    for container in [*spec.get("initContainers", []), *spec["containers"]]:
        name = f"{meta['namespace']}.{meta['name']}.{container['name']}.log"
        try:
            lines = client.logs(meta["namespace"], meta["name"], container["name"], tail=2000)
            (folder / name).write_text("\n".join(lines))
        except Exception as error:
            (folder / name).write_text(f"no log: {error}")


def _kinds(client: Client) -> list[tuple[str, str]]:
    """Return every kind that can be listed, from discovery."""
    groups = [("v1", "/api/v1")]
    for group in client.transport.json("GET", "/apis")["groups"]:
        version = group["preferredVersion"]["groupVersion"]
        groups.append((version, f"/apis/{version}"))
    found = []
    for version, path in groups:
        for resource in client.transport.json("GET", path)["resources"]:
            listed = "list" in resource["verbs"] and "/" not in resource["name"]
            if listed and not SECRETS.search(resource["name"]):
                found.append((version, resource["kind"]))
    return found


def _tell(event: local.PartEvent) -> None:
    print(f"{event.part} {event.state} {event.detail} {event.seconds:.1f}s", file=sys.stderr)
