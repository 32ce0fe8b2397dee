"""The images that are made on this machine: layers once, resumable, in the shape that pods expect."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
import tarfile
import threading
from pathlib import Path
from typing import Any

import pytest

from pkgops.local.events import PartEvent
from pkgops.local.golang import Go
from pkgops.local.images import (
    LARGE_LAYERS,
    Sources,
    debian,
    ensure_images,
    ensure_layers,
    export_archive,
)
from pkgops.local.images import build as building
from pkgops.local.images.cnb import buildpack, buildpack_facts, buildpack_labels, home, run_files
from pkgops.local.images.debian import _skip
from pkgops.local.images.golang import _unneeded
from pkgops.local.images.programs import commands, library
from pkgops.local.images.recipe import LayerRecipe
from pkgops.local.images.recipes import ALL_IMAGES, IMAGES, LAYERS
from pkgops.local.images.store import LayerStore, content_key
from pkgops.oci.layers import Member, memory_layer, regular

SMALL = ("pause", "entrypoint", "run", "lifecycle", "buildpack-go")


@pytest.fixture
def sources(tmp_path: Path) -> Sources:
    helpers = {}
    for name in ("pause", "entrypoint", "launch"):
        helpers[name] = tmp_path / name
        helpers[name].write_bytes(f"\x7fELF {name}".encode())
    return Sources(Go(Path("/none/go"), "go1.26.0", Path("/none")), helpers)


def members(layer: Any) -> dict[str, tarfile.TarInfo]:
    with layer.open() as blob, tarfile.open(fileobj=blob) as tar:
        return {member.name: member for member in tar}


def ensure(
    tmp_path: Path, sources: Sources, names: tuple[str, ...] = SMALL
) -> tuple[list[Any], list[PartEvent]]:
    events: list[PartEvent] = []
    return ensure_images(tmp_path / "cache", events.append, sources, names), events


def test_a_layer_is_made_once(tmp_path: Path, sources: Sources) -> None:
    first, events = ensure(tmp_path, sources)
    assert {event.detail.partition(":")[0] for event in events} >= {"pause", "run", "lifecycle", "buildpack"}
    again, events = ensure(tmp_path, sources)
    assert events == []
    assert [one.image.digest for one in again] == [one.image.digest for one in first]


def test_two_layers_are_made_at_a_time_and_one_that_lies_on_others_after_them(
    tmp_path: Path, sources: Sources, monkeypatch: pytest.MonkeyPatch
) -> None:
    both = threading.Barrier(2)
    made: list[str] = []

    def lower(name: str) -> LayerRecipe:
        def make(*_: object) -> list[Member]:
            made.append(name)
            both.wait(60)
            return [regular(name, name.encode())]

        return LayerRecipe(lambda _: name, make)

    def make_upper(work: Path, *_: object) -> list[Member]:
        made.append("upper")
        return [regular("upper", (work / "left").read_bytes())]

    layers = {
        "left": lower("left"),
        "right": lower("right"),
        "upper": LayerRecipe(lambda _: "upper", make_upper, on="left"),
    }
    monkeypatch.setattr(building, "LAYERS", layers)
    there = ensure_layers(tmp_path, print, sources, ("upper", "right", "left"))
    assert sorted(made[:2]) == ["left", "right"]
    assert made[2:] == ["upper"]
    assert set(there) == set(layers)


def test_what_takes_long_needs_nothing_that_is_compiled_first(sources: Sources) -> None:
    for name in LARGE_LAYERS:
        assert building.layer_key(name, Sources(sources.go)) == building.layer_key(name, sources)


def test_another_program_is_another_version(tmp_path: Path, sources: Sources) -> None:
    before = {one.name: one.version for one in ensure(tmp_path, sources)[0]}
    sources.helpers["pause"].write_bytes(b"\x7fELF newer")
    after = {one.name: one.version for one in ensure(tmp_path, sources)[0]}
    assert {name for name in before if before[name] != after[name]} == {"pause"}
    assert str(
        building.ensure_images(tmp_path / "cache", print, sources, ("pause",))[0].ref("r.io:5000")
    ) == (f"r.io:5000/pkgops/pause:{after['pause']}")


def test_what_was_interrupted_is_made_again(tmp_path: Path) -> None:
    store = LayerStore(tmp_path)

    def interrupted(_work: Path) -> Any:
        yield regular("a", b"x")
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        store.make("part", "key", interrupted)
    assert store.find("part", "key") is None
    assert list(tmp_path.iterdir()) == []
    made = store.make("part", "key", lambda _: [regular("a", b"x")])
    assert store.find("part", "key").blob == made.blob == memory_layer([regular("a", b"x")]).blob


def test_a_layer_that_is_damaged_is_not_used(tmp_path: Path) -> None:
    store = LayerStore(tmp_path)
    store.make("part", "key", lambda _: [regular("a", b"x")])
    (tmp_path / "part-key" / "blob").write_bytes(b"short")
    assert store.find("part", "key") is None


def test_layers_out_of_use_are_removed(tmp_path: Path) -> None:
    store = LayerStore(tmp_path)
    for key in ("old", "recent", "new"):
        store.make("part", key, lambda _: [regular("a", b"x")])
    os.utime(tmp_path / "part-old", (0, 0))
    store.prune([("part", "new")])
    assert sorted(path.name for path in tmp_path.iterdir()) == ["part-new", "part-recent"]


def test_keys_do_not_run_together() -> None:
    assert content_key("ab", "c") != content_key("a", "bc")
    assert content_key("ab") == content_key(b"ab")


def test_every_image_stands_on_known_layers() -> None:
    assert {layer for recipe in ALL_IMAGES.values() for layer in recipe.layers} == set(LAYERS)
    # What pods of the pipeline start from is shared, so that it is stored and unpacked once.
    for name in ("toolbox", "go", "build"):
        assert IMAGES[name].layers[0] == "debian"


def test_the_archive_for_containerd_has_every_layer_once(tmp_path: Path, sources: Sources) -> None:
    images, _ = ensure(tmp_path, sources, ("pause", "run"))
    with (tmp_path / "out.tar").open("wb") as out:
        export_archive([*images, images[0]], "r.io:5000", out)
    with tarfile.open(tmp_path / "out.tar") as tar:
        names = tar.getnames()
        index = json.load(tar.extractfile("index.json"))
    assert len(names) == len(set(names))
    annotations = [entry["annotations"]["io.containerd.image.name"] for entry in index["manifests"]]
    assert annotations[0].startswith("r.io:5000/pkgops/pause:")


def test_the_programs_run_with_nothing_but_what_they_bring(tmp_path: Path) -> None:
    layer = memory_layer(library(tmp_path / "work"))
    with layer.open() as blob, tarfile.open(fileobj=blob) as tar:
        tar.extractall(tmp_path / "root", filter="data")
    lib = tmp_path / "root/opt/pkgops/lib"
    for name in ("pkgops.oci.imgpkg.__main__", "pkgops.oci.kbld.__main__", "pkgops.lifecycle.export"):
        # YAML is read and written by a module that is imported only then.
        yaml = "from pkgops.formats import yaml; yaml.dump_all(yaml.parse_all('a: 1', 'x'))"
        code = f"import sys; sys.path.insert(0, {str(lib)!r}); import {name} as m; {yaml}; print(m.__file__)"
        done = subprocess.run(
            [sys.executable, "-IS", "-c", code], capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
        assert done.stdout.startswith(str(lib))


def test_commands_are_programs_for_everyone() -> None:
    found = members(memory_layer(commands({"usr/local/bin/tool": "pkgops.tool"})))
    assert list(found) == ["usr", "usr/local", "usr/local/bin", "usr/local/bin/tool"]
    assert found["usr/local/bin/tool"].mode == 0o755


def test_the_buildpack_is_where_a_builder_looks_for_it() -> None:
    found = members(memory_layer(buildpack()))
    home = f"cnb/buildpacks/pkgops_go/{buildpack_facts()['version']}"
    assert found[f"{home}/bin/detect"].mode & stat.S_IXOTH
    assert found[f"{home}/bin/build"].mode & stat.S_IXOTH
    assert f"{home}/buildpack.toml" in found


def test_the_buildpackage_names_its_layer() -> None:
    layer = memory_layer(buildpack())
    labels = buildpack_labels([layer])
    facts = json.loads(labels["io.buildpacks.buildpack.layers"])["pkgops/go"]
    assert [entry["layerDiffID"] for entry in facts.values()] == [layer.diff_id]
    assert json.loads(labels["io.buildpacks.buildpackage.metadata"])["id"] == "pkgops/go"


def test_the_run_image_has_a_user_and_no_shell() -> None:
    found = members(memory_layer(run_files()))
    assert "etc/passwd" in found
    assert found["tmp"].mode == 0o1777
    assert not any(name.endswith(("/sh", "/bash")) for name in found)


def test_who_builds_or_runs_an_application_has_a_home_of_its_own() -> None:
    user = f"{debian.USER_ID}:{debian.USER_ID}"
    named = {name: one for name, one in ALL_IMAGES.items() if one.settings.get("User") == user}
    assert {"build", "run", "build-python", "run-python"} <= set(named)
    # The runtime takes HOME from this user's line in etc/passwd, which the layers below have.
    assert [name for name, one in named.items() if not {"home", "run"} & set(one.layers)] == []
    for found in (members(memory_layer(home())), members(memory_layer(run_files()))):
        kept = found["home/cnb"]
        assert (kept.isdir(), kept.uid, kept.gid) == (True, debian.USER_ID, debian.USER_ID)
        assert kept.mode & 0o700 == 0o700


@pytest.mark.parametrize(
    ("path", "out"),
    [
        ("usr/bin/bash", False),
        ("usr/share/doc/bash/copyright", False),
        ("usr/share/doc/bash/README.gz", True),
        ("usr/share/man/man1/bash.1.gz", True),
        ("var/cache/apt/archives/x.deb", True),
        ("var/cache/apt", False),
        ("etc/resolv.conf", True),
        ("dev/null", True),
    ],
)
def test_the_base_leaves_out_what_no_container_reads(path: str, out: bool) -> None:
    from pathlib import PurePosixPath

    assert _skip(PurePosixPath(path)) is out


@pytest.mark.parametrize(
    ("path", "out"),
    [
        ("bin/go", False),
        ("src/net/http/server.go", False),
        ("src/net/http/server_test.go", True),
        ("src/net/http/testdata", True),
        ("test/fixedbugs", True),
        ("src/testing/testing.go", False),
    ],
)
def test_the_toolchain_leaves_out_its_tests(path: str, out: bool) -> None:
    from pathlib import PurePosixPath

    assert _unneeded(PurePosixPath(path)) is out
