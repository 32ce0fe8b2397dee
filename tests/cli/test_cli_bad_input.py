"""Bad input: each case with its exit code, its slug and what the message must say; nothing is changed.

What needs a cluster to refuse it stands in tests/cluster/test_bad_input.py.
"""

from __future__ import annotations

import json
import socket
from dataclasses import dataclass, field

import pytest

from pkgops.cli import boundary
from pkgops.cli.app import app
from pkgops.kube import retry


@dataclass(frozen=True)
class Case:
    """One mistake: the files around the command, the command, and how it must end."""

    name: str
    argv: tuple[str, ...]
    exit_code: int
    slug: str
    says: tuple[str, ...]
    files: dict[str, str] = field(default_factory=dict)


WORKLOAD = "apiVersion: carto.run/v1alpha1\nkind: Workload\nmetadata: {name: x}\n"
CONFIG_MAP = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n"
MINE = "pkgops:\n  templates: mine\n"
CLOSED = ("--context", "closed")
UP = ("up", *CLOSED, "--progress", "plain")

CASES = [
    Case(
        "no such file", ("status", "-f", "none.yaml"), 2, "config-missing",
        ("cannot read the configuration none.yaml",),
    ),
    Case("not YAML", UP, 2, "yaml", ("config.yaml:2:1: not valid YAML",), {"config.yaml": "a: [1\n"}),
    Case("a tab", UP, 2, "yaml", ("config.yaml:2:1",), {"config.yaml": "git:\n\turl: x\n"}),
    Case("a list", UP, 2, "config-malformed", ("config.yaml:1:1",), {"config.yaml": "- a\n"}),
    Case(
        "unknown data value", UP, 2, "unknown-data-value",
        ("config.yaml:2:3: unknown data value registry.tagprefix", "did you mean registry.tagPrefix?"),
        {"config.yaml": "registry:\n  tagprefix: x\n"},
    ),
    Case(
        "wrong type", UP, 2, "wrong-type", ("config.yaml:1:1: registry must be a map, not text",),
        {"config.yaml": "registry: x\n"},
    ),
    Case(
        "not a duration", ("up", "--context", "closed", "--timeout", "soon"), 2, "bad-duration",
        ("--timeout: 'soon'",),
    ),
    Case(
        "no such context", ("status", "--context", "clsed"), 2, "unknown-context",
        ("has no context named 'clsed'", "closed"),
    ),
    Case(
        "no kubeconfig", ("status", "--context", "x"), 3, "kubeconfig",
        ("cannot read the kubeconfig",), {"kubeconfig": ""},
    ),
    Case("API server away", ("status", "--context", "closed"), 3, "api-unreachable", ("127.0.0.1",)),
    Case(
        "no registry set", UP, 2, "value-missing", ("registry.tagPrefix is not set",),
        {"config.yaml": MINE, "mine/a.yaml": WORKLOAD},
    ),
    Case(
        "registry away", UP, 3, "registry-unreachable", ("the registry 127.0.0.1:9 does not answer",),
        {
            "config.yaml": "registry:\n  tagPrefix: 127.0.0.1:9/demo/\npkgops:\n  templates: mine\n",
            "mine/a.yaml": CONFIG_MAP,
        },
    ),
    Case(
        "a template that does not parse", UP, 2, "template-failed", ("a.yaml:2",),
        {"config.yaml": MINE, "mine/a.yaml": "#@ load('@ytt:data', 'data')\na: #@ data.(\n"},
    ),
    Case(
        "a template that is no object", UP, 2, "not-an-object", ("not a Kubernetes object",),
        {"config.yaml": MINE, "mine/a.yaml": "a: 1\n"},
    ),
    Case(
        "no templates folder", (*UP, "--templates", "nowhere"), 2, "templates-missing",
        ("there is no folder", "nowhere"),
    ),
    Case(
        "an empty templates folder", (*UP, "--templates", "empty"), 2, "no-templates",
        ("no templates",), {"empty/x.md": ""},
    ),
    Case(
        "no such environment", ("promote", "--to", "apps-prd", *CLOSED), 2, "unknown-environment",
        ("there is no environment 'apps-prd'", "did you mean apps-prod"),
    ),
    Case(
        "promoting to the first", ("promote", "--to", "apps-dev", *CLOSED), 2, "promote-to-first",
        ("apps-dev is where delivery starts",),
    ),
    Case(
        "the password's file", UP, 2, "password-file", ("cannot read the registry's password", "nope"),
        {"config.yaml": "pkgops:\n  registryPasswordFile: nope\n"},
    ),
]  # fmt: skip


def kubeconfig(port):
    cluster = {"name": "closed", "cluster": {"server": f"http://127.0.0.1:{port}"}}
    context = {"name": "closed", "context": {"cluster": "closed", "user": "nobody"}}
    user = {"name": "nobody", "user": {"token": "t"}}
    return json.dumps(
        {"clusters": [cluster], "contexts": [context], "users": [user], "current-context": "closed"}
    )


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setattr(retry, "FIRST_CONTACT_SECONDS", 0.1)
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port = listener.getsockname()[1]
    path = tmp_path / "kubeconfig"
    path.write_text(kubeconfig(port))
    for name in ("PKGOPS_CONTEXT", "PKGOPS_CONFIG", "PKGOPS_REGISTRY_PASSWORD"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("KUBECONFIG", str(path))
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_bad_input(case, folder, capsys):
    for name, content in case.files.items():
        path = folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(content)
        if name == "kubeconfig":
            path.unlink()
    code = boundary.run(app, list(case.argv))
    said = capsys.readouterr().err
    assert f"error: {case.slug}\n" in said
    assert code == case.exit_code
    for words in case.says:
        assert words in said
    assert "Traceback" not in said


def test_the_target_is_named_first(folder, capsys):
    boundary.run(app, ["status", "--context", "closed"])
    assert capsys.readouterr().err.startswith("cluster: context closed\n")


def test_the_kubeconfigs_current_context_is_not_taken(folder, capsys, monkeypatch):
    monkeypatch.setenv("XDG_STATE_HOME", str(folder))
    assert boundary.run(app, ["status"]) == 3
    said = capsys.readouterr().err
    assert said.startswith("cluster: the local cluster")
    assert "error: no-local-cluster" in said
