"""Commands typed by a user of a cluster in memory that has one workload and two environments."""

from __future__ import annotations

import pytest

from pkgops.cli import boundary
from pkgops.cli.app import app

WORKLOAD = {
    "apiVersion": "carto.run/v1alpha1",
    "kind": "Workload",
    "metadata": {"name": "hello", "namespace": "default", "uid": "hello"},
}


@pytest.fixture
def memory(memory_api):
    memory_api.put(WORKLOAD)
    memory_api.namespaces("apps-dev", "apps-prod")
    return memory_api


@pytest.fixture
def typed(memory, tmp_path, monkeypatch, capsys):
    """Runs a command in an empty folder and home; returns its exit code and what it printed."""
    for name in ("PKGOPS_CONTEXT", "PKGOPS_CONFIG", "PKGOPS_REGISTRY_PASSWORD"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path))
    monkeypatch.chdir(tmp_path)

    def run(*argv, user="admin"):
        monkeypatch.setenv("KUBECONFIG", str(memory.kubeconfig(tmp_path / user, user=user)))
        code = boundary.run(app, [*argv, "--context", "memory"])
        said = capsys.readouterr()
        assert "Traceback" not in said.err
        return code, said.out, said.err

    return run
