import dataclasses
import os
import re
import time
from pathlib import Path

import pytest

from pkgops.local import binaries, go_sets, golang, instance, programs
from pkgops.local.golang import Go


@pytest.fixture
def cache(tmp_path, monkeypatch):
    usual = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "go-build"
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    # Where a person's own Go keeps what it compiled: its libraries need not be compiled anew.
    usual.mkdir(parents=True, exist_ok=True)
    instance.cache_home().mkdir(parents=True)
    (instance.cache_home() / "go-build").symlink_to(usual)
    return tmp_path / "cache"


@pytest.fixture
def module(tmp_path):
    folder = tmp_path / "module"
    (folder / "hello").mkdir(parents=True)
    (folder / "go.mod").write_text("module example.invalid/hello\n\ngo 1.21\n")
    (folder / "hello" / "main.go").write_text('package main\n\nfunc main() { println("hello") }\n')
    return go_sets.GoSet(name="demo", source=folder, packages=(("hello", "./hello"),))


def test_the_folder_follows_sources_flags_and_toolchain(cache, module):
    first = module.folder("go1.26.6")
    assert first == module.folder("go1.26.6")
    assert first != module.folder("go1.27.1")
    assert first != dataclasses.replace(module, flags="-s").folder("go1.26.6")
    assert first != dataclasses.replace(module, tags=("no_zfs",)).folder("go1.26.6")
    (module.source / "hello" / "main.go").write_text("package main\n\nfunc main() {}\n")
    assert first != module.folder("go1.26.6")


def test_a_binary_counts_only_when_it_is_whole(cache, module, monkeypatch):
    monkeypatch.setattr(binaries, "sets", lambda: [module])
    path = module.folder("go1") / "hello"
    assert binaries.missing("go1") == ["hello"]
    path.parent.mkdir(parents=True)
    path.write_bytes(b"abc")
    assert binaries.missing("go1") == ["hello"]
    binaries.adopt(path)
    assert binaries.missing("go1") == []
    path.write_bytes(b"ab")
    assert binaries.missing("go1") == ["hello"]


def test_a_changed_binary_is_found_by_its_checksum(cache, module, monkeypatch):
    monkeypatch.setattr(binaries, "sets", lambda: [module])
    path = module.folder("go1") / "hello"
    path.parent.mkdir(parents=True)
    path.write_bytes(b"abc")
    binaries.adopt(path)
    assert binaries.verify("go1") == []
    path.write_bytes(b"abd")
    assert binaries.verify("go1") == [path]


COMPILER = """#!/bin/sh
while [ "$1" != -o ]; do shift; done
echo "$3" >>"$LOG"
if [ "$3" = etcd ]; then until [ -e "$LOG.images" ]; do sleep 0.01; done; fi
echo "$3" >"$2"
"""
"""Compiles etcd for as long as no image is made."""


@pytest.fixture
def compiled(cache, module, monkeypatch, tmp_path):
    """Three sets, a compiler for them, and the file that it writes what it compiles to."""
    (tmp_path / "go").write_text(COMPILER)
    (tmp_path / "go").chmod(0o755)
    names = ("helpers", "etcd", go_sets.KUBERNETES)
    sets = [
        go_sets.GoSet(name=name, source=module.source, packages=((f"the-{name}", name),)) for name in names
    ]
    monkeypatch.setattr(binaries, "sets", lambda: sets)
    monkeypatch.setenv("LOG", str(tmp_path / "log"))
    return Go(tmp_path / "go", "go1"), tmp_path / "log"


def test_images_are_made_beside_the_programs_and_before_kubernetes(compiled):
    go, log = compiled

    def helped():
        time.sleep(0.2)
        with log.open("a") as file:
            file.write("images\n")
        log.with_name("log.images").touch()

    binaries.ensure(go, [].append, programs.ProgramSource("compile"), helped)
    assert sorted(log.read_text().split()[:3]) == ["etcd", "helpers", "images"]
    assert log.read_text().split()[3:] == [go_sets.KUBERNETES]


def test_an_image_that_cannot_be_made_ends_it(compiled):
    go, log = compiled

    def helped():
        log.with_name("log.images").touch()
        raise OSError("no room")

    with pytest.raises(OSError, match="no room"):
        binaries.ensure(go, [].append, programs.ProgramSource("compile"), helped)
    assert go_sets.KUBERNETES not in log.read_text().split()


@pytest.mark.skipif(golang.find() is None, reason="there is no Go on this machine")
def test_building_is_told_and_not_repeated(cache, module, monkeypatch):
    monkeypatch.setattr(binaries, "sets", lambda: [module])
    go = golang.find()
    events = []
    built = binaries.ensure(go, events.append)
    assert built["hello"].exists()
    assert [(event.part, event.state) for event in events if event.state == "ready"] == [("hello", "ready")]
    events.clear()
    binaries.ensure(go, events.append)
    assert events == []


@pytest.mark.parametrize(
    ("text", "version"),
    [
        ("go version go1.26.8 linux/amd64", (1, 26, 8)),
        ("go1.26", (1, 26, 0)),
        ("go1.25rc1", (1, 25, 0)),
        ("gccgo 12", None),
        ("", None),
    ],
)
def test_versions_of_go(text, version):
    assert golang.parse_version(text) == version


def test_all_sets_are_pinned():
    names = [one.name for one in go_sets.sets()]
    assert names == ["helpers", "etcd", "coredns", "containerd", "kubernetes"]
    for one in go_sets.sets()[1:]:
        assert (one.source / "go.sum").exists()
        (wanted,) = re.findall(r"^go (\S+)$", (one.source / "go.mod").read_text(), re.MULTILINE)
        assert golang.parse_version(f"go{wanted}") <= golang.NEEDED
    assert golang.parse_version(f"go{golang.WHEEL.partition('==')[2]}") >= golang.NEEDED
    pinned = (go_sets.sets()[-1].source / "go.mod").read_text()
    assert f"k8s.io/kubernetes {go_sets.KUBERNETES_VERSION}" in pinned
