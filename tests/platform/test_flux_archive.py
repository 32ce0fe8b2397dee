import gzip
import hashlib
import io
import tarfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pkgops.platform.flux.archive import build_archive, missing_folders
from pkgops.platform.gitcheckout import File


def members(archive):
    with tarfile.open(fileobj=io.BytesIO(archive)) as tar:
        return [(m.name, oct(m.mode), m.isdir()) for m in tar.getmembers()]


def names(files, ignore=None, folders=()):
    archive = build_archive([File(path, b"x") for path in files], ignore, folders)
    return [name for name, _, is_dir in members(archive) if not is_dir]


def test_the_layout_is_that_of_the_source_controller():
    files = [File("b/run.sh", b"#!", True), File("a.txt", b"1"), File("b/c/d", b"")]
    assert members(build_archive(files)) == [
        (".", "0o750", True),
        ("a.txt", "0o600", False),
        ("b", "0o750", True),
        ("b/c", "0o750", True),
        ("b/c/d", "0o600", False),
        ("b/run.sh", "0o700", False),
    ]


def test_headers_tell_nothing_of_the_machine():
    with tarfile.open(fileobj=io.BytesIO(build_archive([File("a", b"1")]))) as tar:
        assert all((m.mtime, m.uid, m.gid, m.uname, m.gname) == (0, 0, 0, "", "") for m in tar.getmembers())


@given(st.permutations([File("a", b"1"), File("b/a", b"2"), File("b/b", b"3", True), File("b.c", b"4")]))
def test_the_same_tree_gives_the_same_bytes(files):
    assert (
        hashlib.sha256(build_archive(files)).digest()
        == hashlib.sha256(build_archive(sorted_files())).digest()
    )


def sorted_files():
    return [File("a", b"1"), File("b/a", b"2"), File("b/b", b"3", True), File("b.c", b"4")]


def test_a_long_path_and_other_scripts_survive():
    path = "/".join(["über" * 20] * 5)
    assert names([path]) == [path]
    assert gzip.decompress(build_archive([File(path, b"x")]))


VCS = [".gitignore", ".gitattributes", ".gitmodules", "sub/.gitignore"]
CASES = [
    ("version control files never go in", ["a", *VCS], None, ["a"]),
    ("defaults", ["a.jpg", "a.go", ".github/x", "d/b.tar.gz", "d/.sops.yaml"], None, ["a.go"]),
    ("own patterns replace the defaults", ["a.jpg", "a.go", "b.md"], "*.md", ["a.go", "a.jpg"]),
    ("not version control", ["a.jpg", ".gitignore"], "*.md", ["a.jpg"]),
    ("an empty spec.ignore counts as one", ["a.jpg"], "", ["a.jpg"]),
    (
        "only one folder",
        ["x", "deploy/a", "deploy/b/c", "other/d"],
        "/*\n!/deploy",
        ["deploy/a", "deploy/b/c"],
    ),
    ("taken back", ["a.md", "README.md"], "*.md\n!README.md", ["README.md"]),
    ("comments and blanks", ["a.md", "b"], "# no\n\n*.md", ["b"]),
    ("anchored", ["a", "d/a"], "/a", ["d/a"]),
    ("a folder anywhere", ["node/x", "d/node/y", "node.txt"], "node/", ["node.txt"]),
]


@pytest.mark.parametrize(("case", "files", "ignore", "kept"), CASES, ids=[row[0] for row in CASES])
def test_ignore(case, files, ignore, kept):
    assert names(files, ignore) == kept


def test_sourceignore_files_count_below_their_folder_and_spec_ignore_has_the_last_word():
    files = [
        File(".sourceignore", b"*.md\n"),
        File("d/.sourceignore", b"*.txt\n!k.md\n"),
        *(File(path, b"x") for path in ("a.md", "a.txt", "d/a.txt", "d/k.md", "d/z.jpg")),
    ]
    kept = [name for name, _, is_dir in members(build_archive(files, "a.txt")) if not is_dir]
    assert kept == [".sourceignore", "d/.sourceignore", "d/k.md", "d/z.jpg"]


def test_sparse_checkout_takes_the_root_and_the_folders():
    assert names(["a", "b/c", "d/e", "bb/f"], folders=["b", "./d/"]) == ["a", "b/c", "d/e"]


def test_folders_of_a_sparse_checkout_that_are_not_there_are_found():
    files = [File(path, b"") for path in ("a", "b/c/d")]
    assert missing_folders(files, ["b", "./b/c/", "a", ".", "bb", "c", "b/c/e"]) == ["bb", "c", "b/c/e"]
