"""What others take away while it is walked ends neither a listing nor a removal."""

from __future__ import annotations

import os
import re
import shutil
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from pkgops.local import cache, folders, leftovers, teardown
from pkgops.local.images.store import LayerStore
from pkgops.local.instance import Instance

LOCAL = Path(teardown.__file__).parent
OWN = {"parts.py", "go_sets.py", "golang.py", "cnb.py", "debian.py", "programs.py"}
"""Walk what nobody changes: files of this program, and work folders that one command has for itself."""


@pytest.fixture
def meanwhile(monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[[], object]], None]:
    """Let somebody else act once, when the first file is to be removed."""

    def act(what: Callable[[], object]) -> None:
        remove, begun = os.unlink, []

        def unlink(*words: object, **more: object) -> None:
            if not begun:
                begun.append(True)
                what()
            remove(*words, **more)

        monkeypatch.setattr(os, "unlink", unlink)

    return act


def filled(folder: Path) -> Path:
    for name in ("a/one", "a/two", "b/three"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text("x")
    return folder


@pytest.mark.parametrize("gone", ["a", "a/one", "a/two", "b", ""])
def test_a_removal_ends_where_others_remove_too(tmp_path, meanwhile, gone):
    top = filled(tmp_path / "top")
    meanwhile(lambda: (top / gone).rename(tmp_path / "taken"))
    folders.remove(top)
    assert not top.exists()


def test_a_removal_that_is_refused_is_told(tmp_path, monkeypatch):
    top = filled(tmp_path / "top")

    def refuse(*_words, **_more):
        raise PermissionError(13, "refused")

    monkeypatch.setattr(os, "unlink", refuse)
    with pytest.raises(PermissionError):
        folders.remove(top)


def test_what_is_kept_stays_while_the_rest_vanishes(tmp_path, meanwhile):
    top = filled(tmp_path / "top")
    (top / "kept").write_text("x")
    meanwhile(lambda: shutil.rmtree(top / "b"))
    teardown._remove_others(top, ("kept",))
    assert [path.name for path in top.iterdir()] == ["kept"]
    teardown._remove_others(tmp_path / "nowhere", ())


def test_the_cache_is_cleared_while_another_command_clears_it(tmp_path, monkeypatch, meanwhile):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    top = filled(tmp_path / "pkgops")
    meanwhile(lambda: shutil.rmtree(top))
    assert cache.clear() == 3
    assert cache.entries() == []


def test_a_layer_that_goes_while_old_ones_are_looked_for_was_not_there(tmp_path):
    store = LayerStore(tmp_path)
    (tmp_path / "old-1").mkdir()
    os.utime(tmp_path / "old-1", (0, 0))
    (tmp_path / "gone-2").symlink_to(tmp_path / "nowhere")
    (tmp_path / "new-3").mkdir()
    store.prune([])
    assert sorted(path.name for path in tmp_path.iterdir()) == ["gone-2", "new-3"]


def test_a_link_that_goes_while_links_are_looked_at_was_none(tmp_path, monkeypatch):
    instance = Instance("pods", 7, tmp_path / "state")
    links = tmp_path / "links"
    links.mkdir()
    for name in ("a", "b"):
        (links / name).symlink_to(instance.folder / "logs")
    read = Path.readlink

    def late(path: Path) -> Path:
        path.unlink()
        return read(path)

    monkeypatch.setattr(leftovers, "LOG_LINKS", links)
    assert len(leftovers._files(instance)) == 2
    monkeypatch.setattr(Path, "readlink", late)
    assert leftovers._files(instance) == []


def test_a_folder_that_is_gone_has_nothing(tmp_path):
    assert folders.listed(tmp_path / "nowhere") == []
    assert folders.changed(tmp_path / "nowhere") is None
    assert folders.target(tmp_path / "nowhere") is None
    assert time.time() - (folders.changed(tmp_path) or 0) < 60


@pytest.mark.parametrize("module", sorted(LOCAL.rglob("*.py")), ids=lambda path: str(path.relative_to(LOCAL)))
def test_what_others_change_is_walked_by_what_expects_it(module: Path) -> None:
    """``os.walk`` and ``glob`` of one level pass over what is gone; these do not."""
    if module.name == "folders.py":
        return
    text = module.read_text()
    assert not re.search(r"(?<!proc)\.iterdir\(|listdir\(|scandir\(", text), "use folders.listed"
    assert not re.search(
        r"rmtree\((?![^\n]*ignore_errors=True)", text.replace("self._folder(name, key)", "")
    ), "use folders.remove"
    assert module.name in OWN or ".rglob(" not in text, "a folder that goes ends rglob: use os.walk"
