"""The Go buildpack: which main package it compiles, and what it says where it is not clear which."""

from __future__ import annotations

import os
import shutil
import subprocess
import tomllib
from collections.abc import Mapping
from pathlib import Path

import pytest

from pkgops.local.images.cnb import BUILDPACKS

MAIN = "package main\n\nfunc main() {}\n"
MODULE = {"go.mod": "module example.com/shop\n\ngo 1.21\n"}

pytestmark = pytest.mark.skipif(shutil.which("go") is None, reason="go is not on this machine")


def build(
    tmp_path: Path, files: Mapping[str, str], **environment: str
) -> tuple[subprocess.CompletedProcess[str], str]:
    """Compile a module; return how that ended, and the name of the program that is started."""
    source, layers = tmp_path / "source", tmp_path / "layers"
    for name, text in {**MODULE, **files}.items():
        (source / name).parent.mkdir(parents=True, exist_ok=True)
        (source / name).write_text(text)
    layers.mkdir()
    env = {
        **os.environ,
        "CNB_LAYERS_DIR": str(layers),
        "GOFLAGS": "-mod=mod",
        "GOPROXY": "off",
        **environment,
    }
    program = str(BUILDPACKS / "go/bin/build")
    done = subprocess.run([program], cwd=source, env=env, capture_output=True, text=True, check=False)
    if done.returncode:
        return done, ""
    ((started,),) = [
        one["command"] for one in tomllib.loads((layers / "launch.toml").read_text())["processes"]
    ]
    subprocess.run([started], check=True)
    return done, Path(started).name


@pytest.mark.parametrize(
    ("asked", "environment", "toolchain"),
    [
        ("1.21", {}, "local"),
        ("999.1.0", {}, "auto"),
        # Whoever says which Go it is to be gets that one.
        ("999.1.0", {"GOTOOLCHAIN": "local"}, "local"),
    ],
)
def test_a_newer_go_that_the_module_asks_for_is_got_from_where_modules_are(
    tmp_path: Path, asked: str, environment: dict[str, str], toolchain: str
) -> None:
    wrapper, real = tmp_path / "bin/go", shutil.which("go")
    wrapper.parent.mkdir()
    wrapper.write_text(f'#!/bin/sh\necho "$GOTOOLCHAIN $1" >>{tmp_path}/calls\nexec {real} "$@"\n')
    wrapper.chmod(0o755)
    files = {"go.mod": f"module example.com/shop\n\ngo {asked}\n", "main.go": MAIN}
    path = {"PATH": f"{wrapper.parent}:{os.environ['PATH']}"}
    without = {"GOTOOLCHAIN": "", **environment}
    done, _ = build(tmp_path, files, **path, **without)
    assert (tmp_path / "calls").read_text().splitlines()[-1].split()[0] == toolchain
    assert (f"go.mod asks for Go {asked}" in done.stdout) == (toolchain == "auto")


WINDOWS = f"//go:build windows\n\n{MAIN}"


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({"main.go": MAIN}, "shop"),
        ({"main.go": WINDOWS, "cmd/server/main.go": MAIN}, "server"),
        ({"main_windows.go": MAIN, "cmd/server/main.go": MAIN}, "server"),
    ],
)
def test_go_is_asked_for_the_main_package_only_where_no_file_says_it(
    tmp_path: Path, files: dict[str, str], expected: str
) -> None:
    asked, real = tmp_path / "asked", shutil.which("go")
    wrapper = tmp_path / "bin/go"
    wrapper.parent.mkdir()
    wrapper.write_text(f'#!/bin/sh\nif [ "$1" = list ]; then echo >>{asked}; fi\nexec {real} "$@"\n')
    wrapper.chmod(0o755)
    path = f"{wrapper.parent}:{os.environ['PATH']}"
    done, started = build(tmp_path, files, PATH=path)
    assert (done.returncode, started) == (0, expected), done.stderr
    assert asked.exists() == (expected != "shop")


@pytest.mark.parametrize(
    ("files", "environment", "expected"),
    [
        ({"main.go": MAIN, "cmd/tool/main.go": MAIN}, {}, "shop"),
        ({"shop.go": "package shop\n", "cmd/server/main.go": MAIN}, {}, "server"),
        ({"cmd/server/main.go": MAIN}, {}, "server"),
        ({"main.go": MAIN, "cmd/tool/main.go": MAIN}, {"BP_GO_TARGETS": "./cmd/tool"}, "tool"),
        (
            {
                "cmd/server/main.go": MAIN,
                "go.work": "go 1.21\n\nuse (\n\t.\n\t./lib\n)\n",
                "lib/go.mod": "module example.com/lib\n\ngo 1.21\n",
                "lib/lib.go": "package lib\n",
            },
            {"GOFLAGS": ""},
            "server",
        ),
    ],
)
def test_the_main_package_that_is_meant_is_started(
    tmp_path: Path, files: dict[str, str], environment: dict[str, str], expected: str
) -> None:
    done, started = build(tmp_path, files, **environment)
    assert (done.returncode, started) == (0, expected), done.stderr


@pytest.mark.parametrize(
    ("files", "environment", "told"),
    [
        ({"shop.go": "package shop\n"}, {}, "add a func main in a package main"),
        (
            {"cmd/a/main.go": MAIN, "cmd/b/main.go": MAIN},
            {},
            "several main packages are in this module (example.com/shop/cmd/a, example.com/shop/cmd/b)",
        ),
        ({"main.go": MAIN, "part/part.go": "package part\n"}, {"BP_GO_TARGETS": "./part"}, "BP_GO_TARGETS"),
        ({"main.go": "package main\n\nfunc main() {\n"}, {}, "main.go:4"),
        ({"README.md": ""}, {}, "no Go files"),
        ({"main.go": 'package main\n\nimport "C"\n\nfunc main() {}\n'}, {}, "has no C compiler"),
    ],
)
def test_a_module_that_nothing_can_be_started_of_is_told_with_what_to_add(
    tmp_path: Path, files: dict[str, str], environment: dict[str, str], told: str
) -> None:
    done, _ = build(tmp_path, files, **environment)
    assert done.returncode != 0
    assert told in done.stderr
