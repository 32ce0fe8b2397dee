"""Which changes of a folder are saves; the folder is a real one."""

from __future__ import annotations

import queue
import subprocess

import pytest

from pkgops.errors import PkgopsError
from pkgops.flows.dev.folder import FolderWatch, relevant

PATIENCE = 60.0


@pytest.fixture(params=["plain", "repository"])
def folder(request, tmp_path, monkeypatch):
    """A folder of sources, with and without Git."""
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", "/dev/null")
    path = tmp_path / "app"
    (path / "build").mkdir(parents=True)
    (path / ".gitignore").write_text("*.log\nbuild/\n")
    if request.param == "repository":
        subprocess.run(["git", "init", "--quiet", str(path)], check=True)
    return path.resolve()


def test_what_is_ignored_is_no_save(folder):
    names = ["main.go", "trace.log", "build/app", "pkg/deep.log", ".git/index", "pkg/deep.go"]
    assert relevant(folder, [str(folder / name) for name in names]) == ("main.go", "pkg/deep.go")


def test_what_git_tracks_is_a_save_whatever_is_ignored(folder):
    if not (folder / ".git").exists():
        subprocess.run(["git", "init", "--quiet", str(folder)], check=True)
    (folder / "kept.log").write_text("")
    subprocess.run(["git", "-C", str(folder), "add", "--force", "kept.log"], check=True)
    assert relevant(folder, [str(folder / "kept.log"), str(folder / "other.log")]) == ("kept.log",)


def test_a_save_is_told_with_its_files(folder):
    told = queue.SimpleQueue()
    with FolderWatch(folder, told.put):
        (folder / "noise.log").write_text("ignored")
        (folder / "main.go").write_text("package main")
        saved = told.get(timeout=PATIENCE)
    assert saved.names == ("main.go",)


def test_a_folder_that_vanished_is_told(tmp_path):
    told = queue.SimpleQueue()
    with FolderWatch(tmp_path / "none", told.put):
        found = told.get(timeout=PATIENCE)
    assert isinstance(found, PkgopsError)
    assert found.slug == "folder-unwatchable"
