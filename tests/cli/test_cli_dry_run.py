"""A dry run changes nothing on this machine: without a cluster, and beside one that does not run."""

from __future__ import annotations

import json
import socket
from pathlib import Path

import pytest

from pkgops.cli import boundary, lazy, registry
from pkgops.cli.app import app
from pkgops.local import state

WORDS = {
    "up": ["up"],
    "supplychain up": ["supplychain", "up"],
    "deliver": ["deliver"],
    "promote": ["promote", "--to", "apps-prod"],
    "rollback": ["rollback", "--env", "apps-prod"],
    "clean": ["clean"],
}


@pytest.fixture
def machine(tmp_path, monkeypatch):
    """A machine of which every file that pkgops may write is below one folder."""
    for name in ("PKGOPS_CONTEXT", "PKGOPS_CONFIG", "KUBECONFIG"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PKGOPS_INSTANCE", "nobodys")
    for name in ("HOME", "XDG_STATE_HOME", "XDG_CACHE_HOME", "XDG_CONFIG_HOME", "TMPDIR"):
        folder = tmp_path / name.lower()
        folder.mkdir()
        monkeypatch.setenv(name, str(folder))
    monkeypatch.setenv("PKGOPS_PROGRAMS", str(tmp_path / "no-programs-here"))
    work = tmp_path / "work"
    work.mkdir()
    monkeypatch.chdir(work)
    return tmp_path


def stopped_cluster():
    """Record an instance whose API server no longer listens."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        url = f"http://127.0.0.1:{server.getsockname()[1]}"
    instance = state.create("nobodys", lambda _: False)
    config = {
        "current-context": instance.owner,
        "clusters": [{"name": "one", "cluster": {"server": url}}],
        "contexts": [{"name": instance.owner, "context": {"cluster": "one"}}],
    }
    instance.kubeconfig.write_text(json.dumps(config))


def files(folder: Path) -> dict[str, bytes | None]:
    return {str(path): path.read_bytes() if path.is_file() else None for path in folder.rglob("*")}


def test_every_command_with_a_dry_run_is_tried_here():
    found = set()
    for entry in registry.COMMANDS:
        command = lazy.load(entry)
        below = {f"{entry.name} {name}": one for name, one in getattr(command, "commands", {}).items()}
        for words, one in {entry.name: command, **below}.items():
            found |= {words for option in one.params if "--dry-run" in option.opts}
    assert found - {"init"} == set(WORDS)


@pytest.mark.parametrize("words", WORDS.values(), ids=list(WORDS))
@pytest.mark.parametrize("stopped", [False, True], ids=["none", "stopped"])
def test_a_dry_run_starts_no_cluster_and_writes_no_file(machine, capsys, words, stopped):
    if stopped:
        stopped_cluster()
    before = files(machine)
    assert boundary.run(app, [*words, "--dry-run", "--progress", "plain"]) == 3
    assert files(machine) == before
    said = capsys.readouterr().err
    assert f"error: {'local-stopped' if stopped else 'no-local-cluster'}\n" in said
    assert "a dry run starts nothing" in said
    assert "next: pkgops local up, then the same command" in said


def test_init_prints_and_writes_nothing(machine, capsys):
    (machine / "work" / "go.mod").write_text("module demo\n")
    before = files(machine)
    assert boundary.run(app, ["init", "--dry-run"]) == 0
    assert files(machine) == before
    assert "workload" in capsys.readouterr().out
