"""The commands as a person meets them: help, lazy imports, usage errors, exit codes, bugs."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

import pkgops
from pkgops.cli import boundary, lazy, registry
from pkgops.cli.app import app
from pkgops.errors import Exit

HEAVY = (
    "rich",
    "kubernetes",
    "ruamel",
    "sh",
    "urllib3",
    "websocket",
    "pydantic",
    "pkgops.kube",
    "pkgops.flows",
)


def run(*argv, env=None, cwd=None):
    return subprocess.run(
        [sys.executable, "-c", "from pkgops.cli.main import main; main()", *argv],
        capture_output=True, text=True, check=False, env=env, cwd=cwd, timeout=60,
    )  # fmt: skip


def test_help_imports_nothing_heavy():
    script = (
        "import sys\nfrom pkgops.cli.main import main\n"
        "try:\n    main(['--help'])\nexcept SystemExit:\n    pass\n"
        f"print([name for name in {HEAVY!r} if name in sys.modules], file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert done.stderr.strip() == "[]"
    assert all(entry.name in done.stdout for entry in registry.COMMANDS if not entry.hidden)


def test_no_arguments_show_how_to_begin_where_nothing_runs(tmp_path):
    done = run(env={"XDG_STATE_HOME": str(tmp_path)}, cwd=tmp_path)
    assert done.returncode == 0
    assert "pkgops init && pkgops up" in done.stdout
    assert "pkgops --help" in done.stdout


def test_version():
    done = run("version", "-o", "json")
    assert json.loads(done.stdout)["version"] == pkgops.__version__
    assert run("--version").stdout == f"pkgops {pkgops.__version__}\n"


@pytest.mark.parametrize(
    ("argv", "what"),
    [
        (["promot"], "No such command 'promot'. Did you mean 'promote'?"),
        (["version", "--nope"], "No such option: --nope"),
        (["promote"], "Missing option '--to' / '--env'."),
        (["status", "-o", "yaml"], "yaml"),
        (["open", "--port", "70000"], "65535"),
        (["supplychain", "upp"], "No such command 'upp'. Did you mean 'up'?"),
    ],
)
def test_wrong_usage_ends_with_2(argv, what):
    done = run(*argv)
    assert done.returncode == Exit.USAGE
    assert done.stderr.startswith("error: usage\n")
    assert what in done.stderr
    assert "next: pkgops" in done.stderr
    assert "Traceback" not in done.stderr


def takes_a_value():
    """Yield every command's words with an option of it that wants a value."""
    found = [(entry.name, lazy.load(entry)) for entry in registry.COMMANDS]
    for words, command in found:
        found += [(f"{words} {name}", one) for name, one in getattr(command, "commands", {}).items()]
        wanting = [one.opts[0] for one in command.params if one.opts[0][:1] == "-" and not one.is_flag]
        yield from ((words, option) for option in wanting[:1] if words != "ytt")


@pytest.mark.parametrize(("words", "option"), list(takes_a_value()), ids=str)
def test_an_option_without_its_value_leads_to_the_help_of_its_command(words, option, capsys):
    assert boundary.run(app, [*words.split(), option]) == Exit.USAGE
    told = capsys.readouterr().err.splitlines()
    assert told[-2:] == [f"Option '{option}' requires an argument.", f"next: pkgops {words} --help"]


def test_errors_as_json():
    done = run("status", "-f", "/nowhere.yaml", "-o", "json")
    assert done.returncode == Exit.USAGE
    error = json.loads(done.stderr)
    assert (error["kind"], error["slug"], error["exitCode"]) == ("Error", "config-missing", 2)
    assert done.stdout == ""


@pytest.mark.parametrize(
    ("argv", "expected"),
    [
        (["x", "-o", "json"], True),
        (["x", "--output", "json"], True),
        (["x", "-ojson"], True),
        (["x", "--output=json"], True),
        (["x", "-o", "text"], False),
        (["json"], False),
        (["x", "-o"], False),
    ],
)
def test_json_is_recognised_before_parsing(argv, expected):
    assert boundary.wants_json(argv) is expected


def raising(error, monkeypatch):
    def command():
        raise error

    monkeypatch.setattr("pkgops.cli.version.command", command)
    return boundary.run(app, ["version"])


def test_a_bug_leaves_a_report_and_ends_with_70(monkeypatch, tmp_path, capsys):
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setenv("SOME_TOKEN", "hunter2")
    assert raising(RuntimeError("boom"), monkeypatch) == Exit.BUG
    (report,) = tmp_path.iterdir()
    assert "RuntimeError: boom" in report.read_text()
    assert "hunter2" not in report.read_text()
    assert report.stat().st_mode & 0o077 == 0
    shown = capsys.readouterr().err
    assert "error: bug" in shown
    assert str(report) in shown
    assert "Traceback" not in shown


def test_an_interrupt_ends_with_130(monkeypatch, capsys):
    assert raising(KeyboardInterrupt(), monkeypatch) == Exit.INTERRUPTED
    assert "error: interrupted" in capsys.readouterr().err


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_scripts(shell):
    done = run("completion", shell)
    assert done.returncode == 0
    assert "_PKGOPS_COMPLETE" in done.stdout


def completed(words):
    env = {"_PKGOPS_COMPLETE": "complete_bash", "COMP_WORDS": words, "COMP_CWORD": str(len(words.split()))}
    return run(env={**env, "PATH": "/usr/bin"}).stdout.split()


def test_completion_of_commands_and_options():
    assert "promote" in completed("pkgops ")
    assert "up" in completed("pkgops supplychain ")


@pytest.mark.parametrize("entry", registry.COMMANDS, ids=lambda entry: entry.name)
def test_every_command_has_help(entry, monkeypatch, capsys):
    monkeypatch.setenv("COLUMNS", "100")
    assert boundary.run(app, [entry.name, "--help"]) == 0
    assert capsys.readouterr().out.startswith(f"Usage: pkgops {entry.name}")


def test_config_shows_values_with_their_origin(tmp_path):
    (tmp_path / "config.yaml").write_text("git:\n  branch: release\n")
    env = {
        "PATH": "/usr/bin",
        "HOME": str(tmp_path),
        "PKGOPS_CONTEXT": "team",
        "PKGOPS_REGISTRY_PASSWORD": "hunter2",
    }
    done = run("config", "-o", "json", env=env, cwd=tmp_path)
    rows = {row["key"]: (row["value"], row["from"]) for row in json.loads(done.stdout)["values"]}
    assert rows["git.branch"] == ("release", "config.yaml:2:3")
    assert rows["pkgops.context"] == ("team", "PKGOPS_CONTEXT")
    assert rows["registry.password"][0] == "(hidden)"
    assert "hunter2" not in done.stdout + done.stderr
    assert done.stderr == "cluster: context team\n"
