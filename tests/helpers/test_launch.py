"""The launcher of built applications, as a program."""

from __future__ import annotations

import json
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


def start(
    launcher: Path, layers: Path, name: str, *arguments: str, **process: Any
) -> subprocess.CompletedProcess[str]:
    """Call the launcher by a process's name; ``process`` describes web."""
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
    env = {"CNB_LAYERS_DIR": str(layers), "PATH": "/usr/bin:/bin", "LIST": "a", "KEPT": "mine"}
    return subprocess.run([str(link), *arguments], env=env, capture_output=True, text=True, check=False)


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
