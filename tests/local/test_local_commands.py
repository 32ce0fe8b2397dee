"""The commands of a checkout, before there is any Python environment."""

import os
import subprocess
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).parents[2]
CALLER = os.getuid() or 12345
ROOT_HOME = "/home-of-root"
ACCOUNTS = f'[ "$2" = 0 ] && echo root:x:0:0:root:{ROOT_HOME}:/bin/sh'


@pytest.fixture
def run(tmp_path):
    """Runs a command of the checkout as a user of that id; no Python environment may be made."""
    programs = tmp_path / "programs"
    programs.mkdir()
    for name, text in {
        "id": 'echo "$FAKE_UID"',
        "getent": ACCOUNTS,
        # No Python will do: where a command needs one, it says so and ends.
        **dict.fromkeys(("python3", "python3.11", "python3.12", "python3.13"), "exit 1"),
    }.items():
        (programs / name).write_text(f"#!/bin/sh\n{text}\n")
        (programs / name).chmod(0o755)

    def run(*words, uid=1000, **env):
        path = f"{programs}:/usr/bin:/bin"
        return subprocess.run(
            words,
            cwd=tmp_path,
            env={"PATH": path, "FAKE_UID": str(uid), **{key: str(value) for key, value in env.items()}},
            capture_output=True,
            text=True,
            check=False,
        )

    return run


@pytest.fixture
def home(tmp_path):
    """The home folder of an ordinary user."""
    folder = tmp_path / "home"
    (folder / ".kube").mkdir(parents=True)
    (folder / ".kube" / "config").write_text("{}")
    if os.getuid() == 0:
        os.chown(folder, CALLER, CALLER)
    return folder


def shown(run, **more):
    script = f'. "{CHECKOUT}/bin/environment.sh"; echo "$HOME|${{KUBECONFIG:-}}|${{XDG_CACHE_HOME:-}}"'
    done = run("bash", "-euc", script, **more)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip().split("|"), done.stderr


@pytest.mark.parametrize("words", [("up",), ("local", "up"), ("local", "down"), ("up", "--source", ".")])
def test_an_ordinary_user_is_told_before_anything_is_installed(run, tmp_path, words):
    command = str(CHECKOUT / "bin" / "pkgops")
    done = run(command, *words, HOME=tmp_path / "h")
    assert done.returncode == 3
    assert done.stderr.splitlines()[0] == "error: local-check"
    assert done.stderr.splitlines()[-1] == f"next: sudo {command} {' '.join(words)}"
    assert not (tmp_path / "h").exists()


@pytest.mark.parametrize(
    "words",
    [("up", "--context", "team"), ("up", "--help"), ("status",), ("local", "check"), ("up", "-o", "json")],
)
def test_what_needs_no_root_goes_on(run, tmp_path, words):
    done = run(str(CHECKOUT / "bin" / "pkgops"), *words, HOME=tmp_path / "h")
    assert "python3-venv is missing" in done.stderr


def test_a_configuration_may_name_another_cluster(run, tmp_path):
    (tmp_path / "config.yaml").write_text("pkgops: {context: team}\n")
    assert "local-check" not in run(str(CHECKOUT / "bin" / "pkgops"), "up", HOME=tmp_path / "h").stderr


def test_a_service_has_no_home(run):
    assert shown(run, uid=0)[0] == [ROOT_HOME, "", ""]


def test_root_keeps_its_home(run, tmp_path):
    assert shown(run, uid=0, HOME=tmp_path)[0] == [str(tmp_path), "", ""]


def test_an_ordinary_user_keeps_the_home(run, home):
    assert shown(run, uid=CALLER, HOME=home)[0] == [str(home), "", ""]


def test_with_sudo_nothing_is_written_to_the_home_of_the_caller(run, home):
    found, said = shown(run, uid=0, HOME=home, SUDO_UID=CALLER, XDG_CACHE_HOME=home / "cache" / "deep")
    assert found == [ROOT_HOME, str(home / ".kube" / "config"), ""]
    assert "XDG_CACHE_HOME is not used" in said
