import json
from dataclasses import replace

import pytest
import typer
from shared_machine import GOOD

from pkgops.cli import local
from pkgops.cli.main import main
from pkgops.local import state


@pytest.fixture(autouse=True)
def homes(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.delenv("PKGOPS_INSTANCE", raising=False)
    return tmp_path


def pkgops(capsys, *words):
    with pytest.raises(SystemExit) as ended:
        main(["local", *words])
    shown = capsys.readouterr()
    return ended.value.code or 0, shown.out, shown.err


def test_status_without_a_cluster(capsys):
    assert pkgops(capsys, "status") == (0, "there is no local cluster pkgops\n", "")
    assert pkgops(capsys, "status", "--exit-code")[0] == 3


def test_status_as_json(capsys):
    state.create("other", lambda _: False)
    code, out, _ = pkgops(capsys, "status", "--instance", "other", "-o", "json")
    found = json.loads(out)
    assert code == 0
    assert (found["kind"], found["instance"], found["runs"]) == ("LocalStatus", "other", False)
    assert {row["state"] for row in found["parts"]} == {"stopped"}
    assert "platform" in {row["part"] for row in found["parts"]}


@pytest.mark.parametrize("command", ["kubeconfig", "kubectl"])
def test_what_needs_a_cluster_says_so(capsys, command):
    code, out, err = pkgops(capsys, command)
    assert (code, out) == (3, "")
    assert "error: local-absent" in err
    assert "next: pkgops local up" in err


@pytest.mark.parametrize(
    ("words", "passed"),
    [
        ("get pods -A", None),
        ("-n apps-dev exec -it pod -- ls -l", None),
        ("exec --help", None),
        ("get pods --instance other", None),
        ("--instance other get pods -o name", "get pods -o name"),
        ("-- run once --image=a -- sleep 5", "run once --image=a -- sleep 5"),
    ],
)
def test_what_follows_kubectl_is_kubectl_s(words, passed):
    command = typer.main.get_command(local.app).get_command(None, "kubectl")
    context = command.make_context("kubectl", words.split())
    assert " ".join(context.args) == (passed or words)


def test_a_bad_name_is_a_wrong_usage(capsys):
    code, _, err = pkgops(capsys, "status", "--instance", "No Good")
    assert code == 2
    assert "error: instance-name" in err


def test_check_lists_everything_and_ends_with_3(capsys, monkeypatch, homes):
    bad = replace(GOOD, root=False, cgroup_version=0)
    monkeypatch.setattr("pkgops.local.check.read_facts", lambda name: bad)
    code, out, err = pkgops(capsys, "check")
    assert (code, out) == (3, "")
    assert err.count("fix:") == 2
    assert "sudo bin/pkgops up" in err
    assert list(homes.iterdir()) == []


def test_up_checks_first_and_changes_nothing(capsys, monkeypatch, homes):
    bad = replace(GOOD, root=False, memory=1)
    monkeypatch.setattr("pkgops.local.check.read_facts", lambda name: bad)
    code, _, err = pkgops(capsys, "up")
    assert code == 3
    assert "error: local-check" in err
    assert list(homes.iterdir()) == []


def test_the_cache_is_listed_and_cleared(capsys, homes):
    folder = homes / "cache" / "pkgops"
    (folder / "bin" / "etcd-1").mkdir(parents=True)
    (folder / "bin" / "etcd-1" / "etcd").write_bytes(b"x" * 2_000_000)
    (folder / "venv-123").mkdir()
    _, out, _ = pkgops(capsys, "cache")
    assert out.splitlines()[1].split()[:2] == ["2", "MB"]
    assert pkgops(capsys, "cache", "--clear")[1] == "removed 2 MB\n"
    assert [path.name for path in folder.iterdir()] == ["venv-123"]
