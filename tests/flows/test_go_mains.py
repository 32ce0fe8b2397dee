"""Which packages of a Go module can be started, and a folder refused where nothing says which one serves."""

from __future__ import annotations

from pathlib import Path

import pytest

from pkgops.errors import UsageError
from pkgops.flows import go_mains, project, sources
from pkgops.settings import Overrides
from pkgops.settings.load import load

MAIN = "package main\n\nfunc main() {}\n"
TWO = {"cmd/shop/main.go": MAIN, "cmd/stall/main.go": MAIN, "part/part.go": "package part\n"}


def written(folder: Path, files: dict[str, str]) -> Path:
    for name, text in {"go.mod": "module example.com/shop\n", **files}.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    return folder


@pytest.mark.parametrize(
    ("files", "mains"),
    [
        ({}, []),
        ({"main.go": MAIN, "cmd/tool/main.go": MAIN}, ["."]),
        (TWO, ["./cmd/shop", "./cmd/stall"]),
        ({"cmd/shop/main.go": MAIN, "cmd/shop/more.go": "package main\n"}, ["./cmd/shop"]),
        # What only Go itself can tell, and what it passes over.
        ({"cmd/a/a.go": MAIN, "cmd/b/gen.go": "//go:build ignore\n\n" + MAIN}, ["./cmd/a"]),
        ({"cmd/a/a.go": MAIN, "cmd/b/b_windows.go": MAIN, "cmd/c/c_js_wasm.go": MAIN}, ["./cmd/a"]),
        ({"cmd/a/a.go": MAIN, "testdata/b/b.go": MAIN, "_old/c.go": MAIN, ".git/d.go": MAIN}, ["./cmd/a"]),
        ({"cmd/a/a.go": MAIN, "vendor/x/b.go": MAIN, "cmd/a/a_test.go": MAIN}, ["./cmd/a"]),
        ({"cmd/a/a.go": MAIN, "tools/go.mod": "module tools\n", "tools/sub/b.go": MAIN}, ["./cmd/a"]),
        ({"part.go": "package part\n\n// says\n// package main\n"}, []),
    ],
)
def test_the_packages_that_can_be_started(tmp_path: Path, files: dict[str, str], mains: list[str]) -> None:
    assert go_mains.main_packages(written(tmp_path, files)) == mains


def check(folder: Path, config: str = "") -> None:
    (folder / "pkgops.yaml").write_text(config)
    sources.check(load(Overrides(), {}, folder), folder)


def test_several_are_refused_until_one_is_named(tmp_path: Path) -> None:
    written(tmp_path, TWO)
    with pytest.raises(UsageError) as told:
        check(tmp_path)
    assert told.value.what == f"{tmp_path} has several main packages: ./cmd/shop, ./cmd/stall"
    name = "build: {env: [{name: BP_GO_TARGETS, value: ./cmd/shop}]}"
    assert told.value.next == f"name the one that serves: {name}"
    assert sources.next_step(project.read_project(tmp_path)) == told.value.next
    check(tmp_path, name)
    check(tmp_path, "build: {builder: {image: example.com/builder}}")


def test_a_library_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError) as told:
        check(written(tmp_path, {"part/part.go": "package part\n"}))
    assert told.value.what == f"{tmp_path} has no main package"


@pytest.mark.parametrize(
    "files",
    [
        {},
        {"main.go": MAIN},
        # One of them may be the program, for all that the files show.
        {"part.go": "package part\n", "cmd/shop/main.go": "//go:build linux\n\n" + MAIN},
    ],
)
def test_what_only_the_build_can_know_is_left_to_it(tmp_path: Path, files: dict[str, str]) -> None:
    check(written(tmp_path, files))
