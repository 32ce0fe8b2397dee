"""The launcher of built applications, as a program."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from pathlib import Path
from typing import Any

import pytest
from go_programs import compiled


@pytest.fixture(scope="module")
def launcher(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return compiled("launch", tmp_path_factory.mktemp("launch"))


@pytest.fixture
def layers(tmp_path: Path) -> Path:
    """Return a layers folder with one layer that has a program and environment files."""
    layer = tmp_path / "layers/demo_x/app"
    for folder in ("bin", "env", "env.launch"):
        (layer / folder).mkdir(parents=True)
    (layer / "bin/show").write_text('#!/bin/sh\necho "$PWD|$GREETING|$LIST|$KEPT|$*"\n')
    (layer / "bin/show").chmod(0o755)
    (layer / "env/GREETING").write_text("hello")
    (layer / "env.launch/LIST.append").write_text("b")
    (layer / "env.launch/LIST.delim").write_text(",")
    (layer / "env/KEPT.default").write_text("default")
    return tmp_path / "layers"


def described(launcher: Path, layers: Path, name: str, **process: Any) -> tuple[Path, dict[str, str]]:
    """Return the launcher by a process's name, and its environment; ``process`` describes web."""
    web = {"command": ["show"], "args": ["one"], "direct": True, "workingDirectory": "", **process}
    description = {
        "processes": {"web": web},
        "layers": [str(layers / "demo_x/app")],
        "workingDirectory": str(layers),
    }
    (layers / "config").mkdir(exist_ok=True)
    (layers / "config/launch.json").write_text(json.dumps(description))
    link = layers / name
    link.unlink(missing_ok=True)
    link.symlink_to(launcher)
    return link, {"CNB_LAYERS_DIR": str(layers), "PATH": "/usr/bin:/bin", "LIST": "a", "KEPT": "mine"}


def start(
    launcher: Path, layers: Path, name: str, *arguments: str, **process: Any
) -> subprocess.CompletedProcess[str]:
    """Call the launcher by a process's name; ``process`` describes web."""
    link, env = described(launcher, layers, name, **process)
    return subprocess.run([str(link), *arguments], env=env, capture_output=True, text=True, check=False)


def first(launcher: Path, layers: Path, script: str) -> subprocess.Popen[str]:
    """Start the launcher as the first process of a container would be, with a script of the shell as web."""
    link, env = described(launcher, layers, "web", command=["sh"], args=["-c", script])
    user = [] if os.geteuid() == 0 else ["--user", "--map-root-user"]
    words = ["unshare", *user, "--pid", "--fork", "--kill-child", str(link)]
    return subprocess.Popen(words, env=env, stdout=subprocess.PIPE, text=True)


def inside(unshare: subprocess.Popen[str]) -> int:
    """Return the first process of the namespace, by its id out here."""
    return int(Path(f"/proc/{unshare.pid}/task/{unshare.pid}/children").read_text())


def namespaces() -> bool:
    """Tell whether this user may make a namespace of processes."""
    user = [] if os.geteuid() == 0 else ["--user", "--map-root-user"]
    tried = subprocess.run(["unshare", *user, "--pid", "--fork", "true"], capture_output=True, check=False)
    return tried.returncode == 0


needs_namespaces = pytest.mark.skipif(not namespaces(), reason="this user may make no namespace")


def test_a_process_starts_with_the_environment_of_its_layers(launcher: Path, layers: Path) -> None:
    done = start(launcher, layers, "web")
    assert done.stdout == f"{layers}|hello|a,b|mine|one\n"


def test_arguments_of_the_container_take_the_place_of_the_processes(launcher: Path, layers: Path) -> None:
    assert start(launcher, layers, "web", "two", "three").stdout.endswith("|two three\n")


def test_a_process_may_have_a_folder_of_its_own(launcher: Path, layers: Path) -> None:
    assert start(launcher, layers, "web", workingDirectory="/").stdout.startswith("/|")


def test_without_a_process_the_arguments_are_the_command(launcher: Path, layers: Path) -> None:
    assert start(launcher, layers, "launcher", "show", "x").stdout.endswith("|x\n")


def test_what_cannot_be_started_is_said(launcher: Path, layers: Path) -> None:
    done = start(launcher, layers, "worker")
    assert (done.returncode, done.stderr) == (
        82,
        'ERROR: failed to launch: there is no process "worker" and no command\n',
    )
    assert start(launcher, layers, "web", command=["missing"]).returncode == 82


@needs_namespaces
def test_a_program_that_leaves_sigterm_alone_ends_by_it_in_a_container_too(
    launcher: Path, layers: Path
) -> None:
    process = first(launcher, layers, "echo began; sleep 300")
    assert process.stdout is not None
    assert process.stdout.readline() == "began\n"
    os.kill(inside(process), signal.SIGTERM)
    assert process.wait(30) == 128 + signal.SIGTERM


@needs_namespaces
def test_a_program_of_a_container_that_handles_sigterm_ends_as_it_likes(launcher: Path, layers: Path) -> None:
    script = "trap 'echo ending; exit 3' TERM; echo began; while :; do sleep 0.1; done"
    process = first(launcher, layers, script)
    assert process.stdout is not None
    assert process.stdout.readline() == "began\n"
    os.kill(inside(process), signal.SIGTERM)
    assert process.wait(30) == 3
    assert process.stdout.read() == "ending\n"


@needs_namespaces
def test_what_others_leave_in_a_container_does_not_end_it(launcher: Path, layers: Path) -> None:
    # The shell between ends, so that its child becomes one of the first process.
    process = first(launcher, layers, "sh -c 'sh -c \"exit 9\" & exit 0'; sleep 0.3; echo through; exit 4")
    assert process.stdout is not None
    assert process.wait(30) == 4
    assert process.stdout.read() == "through\n"
