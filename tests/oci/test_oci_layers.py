import io
import os
import tarfile
from pathlib import Path

import pytest

from pkgops.oci.errors import BadContent
from pkgops.oci.layers import directory, memory_layer, regular, symlink, tree
from pkgops.oci.unpacking import unpack


def some_tree(root: Path) -> Path:
    (root / "b").mkdir(parents=True)
    (root / "b" / "file").write_text("content")
    (root / "a").write_text("first")
    (root / "run").write_text("#!/bin/sh\n")
    (root / "run").chmod(0o755)
    (root / "link").symlink_to("b/file")
    os.link(root / "a", root / "z-hard")
    return root


def names(layer: object) -> list[str]:
    with layer.open() as blob, tarfile.open(fileobj=blob) as tar:
        return tar.getnames()


def test_the_same_files_give_the_same_layer(tmp_path: Path) -> None:
    first = memory_layer(tree(some_tree(tmp_path / "one"), owner=(0, 0)))
    os.utime(tmp_path / "one" / "a", (1, 1))
    second = memory_layer(tree(some_tree(tmp_path / "two"), owner=(0, 0)))
    assert first.blob == second.blob
    assert first.diff_id == second.diff_id
    assert first.blob.digest != first.diff_id


def test_a_tree_is_sorted_below_its_prefix(tmp_path: Path) -> None:
    layer = memory_layer(tree(some_tree(tmp_path / "x"), "opt/app"))
    below = ["a", "b", "b/file", "link", "run", "z-hard"]
    assert names(layer) == ["opt", "opt/app", *(f"opt/app/{name}" for name in below)]


def test_what_is_left_out_is_not_walked_into(tmp_path: Path) -> None:
    layer = memory_layer(tree(some_tree(tmp_path / "x"), skip=lambda path: path.name == "b"))
    assert names(layer) == ["a", "link", "run", "z-hard"]


def test_unpacking_gives_back_what_was_packed(tmp_path: Path) -> None:
    layer = memory_layer(tree(some_tree(tmp_path / "x")))
    with layer.open() as blob:
        unpack(blob, tmp_path / "y")
    found = tmp_path / "y"
    assert (found / "link").read_text() == "content"
    assert (found / "z-hard").read_text() == "first"
    assert os.access(found / "run", os.X_OK)
    assert not os.access(found / "a", os.X_OK)


def hard_link(name: str, target: str) -> tuple[tarfile.TarInfo, None]:
    header = tarfile.TarInfo(name)
    header.type, header.linkname = tarfile.LNKTYPE, target
    return header, None


def device(name: str) -> tuple[tarfile.TarInfo, None]:
    header = tarfile.TarInfo(name)
    header.type = tarfile.CHRTYPE
    return header, None


@pytest.mark.parametrize(
    "members",
    [
        [regular("../out", b"x")],
        [regular("a/../../out", b"x")],
        [symlink("out", "/etc/passwd")],
        [symlink("out", "../../secret")],
        [hard_link("out", "../secret")],
        [device("null")],
    ],
)
def test_nothing_leaves_the_folder(tmp_path: Path, members: list[object]) -> None:
    (tmp_path / "secret").write_text("secret")
    dest = tmp_path / "dest"
    dest.mkdir()
    layer = memory_layer(members)
    with pytest.raises(BadContent), layer.open() as blob:
        unpack(blob, dest)
    assert {path.name for path in tmp_path.iterdir()} == {"secret", "dest"}
    assert list(dest.rglob("*")) == []


def test_a_link_that_was_there_before_is_not_followed_out(tmp_path: Path) -> None:
    dest, outside = tmp_path / "dest", tmp_path / "outside"
    dest.mkdir()
    outside.mkdir()
    (dest / "door").symlink_to(outside)
    with pytest.raises(BadContent), memory_layer([regular("door/file", b"x")]).open() as blob:
        unpack(blob, dest)
    assert list(outside.iterdir()) == []


def test_an_absolute_name_is_taken_below_the_folder(tmp_path: Path) -> None:
    with memory_layer([(directory("/etc"), None), regular("/etc/x", b"y")]).open() as blob:
        unpack(blob, tmp_path)
    assert (tmp_path / "etc" / "x").read_text() == "y"


@pytest.mark.parametrize("content", [b"no tar", b"\x1f\x8b\x08\x00broken"])
def test_what_is_no_layer_is_refused(tmp_path: Path, content: bytes) -> None:
    with pytest.raises(BadContent):
        unpack(io.BytesIO(content), tmp_path)
