"""Sources of Apps over HTTP and from Git, from real servers on this machine."""

import base64
import hashlib
import io
import tarfile
import threading
import zipfile
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, ClassVar

import pytest
from git_fixtures import git, url, work

from pkgops.platform.carvel.checkout import choose
from pkgops.platform.carvel.fetch import Fetcher
from pkgops.platform.carvel.secrets import References
from pkgops.platform.flux.archive import build_archive
from pkgops.platform.gitcheckout import File, RefError

Obj = dict[str, Any]
__all__ = ["url", "work"]
FILES = {"a.yml": b"a: 1\n", "config/b.yml": b"b: 2\n"}


class Objects:
    """The outer edge: the Secrets of a cluster."""

    def __init__(self, **secrets: dict[str, str]) -> None:
        self.secrets = secrets

    def find(self, _api: str, _kind: str, name: str, _namespace: str) -> Obj | None:
        found = self.secrets.get(name)
        if found is None:
            return None
        return {"data": {key: base64.b64encode(value.encode()).decode() for key, value in found.items()}}


CLUSTER = Objects(
    login={"username": "ada", "password": "secret"},
    token={"token": "x"},
    key={"ssh-privatekey": "x"},
)
REFERENCES = References(CLUSTER, "apps")  # type: ignore[arg-type]


class Handler(BaseHTTPRequestHandler):
    pages: ClassVar[dict[str, bytes]] = {}
    moved = ""
    login = "Basic " + base64.b64encode(b"ada:secret").decode()

    def do_GET(self) -> None:
        if self.path.startswith("/moved"):
            self.send_response(302)
            self.send_header("Location", self.moved + self.path.removeprefix("/moved"))
            self.end_headers()
            return
        private = self.path.startswith("/private/") and self.headers.get("Authorization") != self.login
        content = self.pages.get(self.path.removeprefix("/private"))
        self.send_response(401 if private else 200 if content is not None else 404)
        self.end_headers()
        self.wfile.write(content or b"")

    def log_message(self, *_: object) -> None:
        pass


def zipped() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, content in FILES.items():
            archive.writestr(name, content)
    return out.getvalue()


def tarred(mode: str, link: str = "", first: str = "a.yml") -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode=mode) as archive:
        for name, content in {first: b"a: 1\n", **FILES}.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
        if link:
            entry = tarfile.TarInfo("link")
            entry.type, entry.linkname = tarfile.SYMTYPE, link
            archive.addfile(entry)
    return out.getvalue()


@pytest.fixture(scope="module")
def web() -> Iterator[str]:
    artifact = build_archive(File(name, content) for name, content in FILES.items())
    Handler.pages = {
        "/a.tar.gz": artifact,
        "/a.zip": zipped(),
        "/a.tar": tarred("w:"),
        "/linked.tgz": tarred("w:gz", "a.yml"),
        "/escape.tar": tarred("w:", first="../../a.yml"),
        "/plain.yml": b"kind: X\n",
        "/": b"root",
        "/empty": b"",
    }
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()


def fetched(source: Obj, folder: Path) -> dict[str, bytes]:
    start, outcome = Fetcher(REFERENCES).fetch([source], folder)
    assert outcome.error == "", outcome.stderr
    paths = (path for path in start.rglob("*") if path.is_file() and not path.is_symlink())
    return {str(path.relative_to(start)): path.read_bytes() for path in paths}


def refused(source: Obj, folder: Path) -> str:
    _, outcome = Fetcher(REFERENCES).fetch([source], folder)
    assert outcome.error
    return outcome.stderr or outcome.error


@pytest.mark.parametrize("name", ["a.tar.gz", "a.zip", "a.tar", "moved/a.zip"])
def test_archives_are_unpacked(web: str, tmp_path: Path, name: str) -> None:
    assert fetched({"http": {"url": f"{web}/{name}"}}, tmp_path) == FILES


@pytest.mark.parametrize(
    ("path", "files"),
    [
        ("plain.yml?x=1", None),
        ("plain.yml", {"plain.yml": b"kind: X\n"}),
        ("", {"content": b"root"}),
        ("empty", {}),
    ],
)
def test_anything_else_is_a_file_of_its_name(web: str, tmp_path: Path, path: str, files: Obj | None) -> None:
    source = {"http": {"url": f"{web}/{path}"}}
    if files is None:
        assert "Expected 200 OK, but was '404 Not Found'" in refused(source, tmp_path)
    else:
        assert fetched(source, tmp_path) == files


def test_an_archive_with_a_link_counts_as_none(web: str, tmp_path: Path) -> None:
    found = fetched({"http": {"url": f"{web}/linked.tgz"}}, tmp_path)
    assert found == {**FILES, "linked.tgz": Handler.pages["/linked.tgz"]}


def test_nothing_is_written_outside(web: str, tmp_path: Path) -> None:
    assert "Checking path" in refused({"http": {"url": f"{web}/escape.tar"}}, tmp_path / "to")


def test_the_checksum_counts_before_anything_is_unpacked(web: str, tmp_path: Path) -> None:
    right = hashlib.sha256(Handler.pages["/a.zip"]).hexdigest()
    assert fetched({"http": {"url": f"{web}/a.zip", "sha256": right}}, tmp_path / "right") == FILES
    told = refused({"http": {"url": f"{web}/a.zip", "sha256": "0" * 64}}, tmp_path / "wrong")
    assert f"Expected digest to match 'sha256:{'0' * 64}', but was 'sha256:{right}'" in told
    assert list((tmp_path / "wrong" / "0").iterdir()) == []


def test_only_what_lies_below_the_sub_path_stays(web: str, tmp_path: Path) -> None:
    source = {"http": {"url": f"{web}/a.tar.gz", "subPath": "config"}}
    assert fetched(source, tmp_path) == {"b.yml": b"b: 2\n"}


def test_a_secret_gives_user_name_and_password_and_nothing_else(web: str, tmp_path: Path) -> None:
    private = {"url": f"{web}/private/a.zip"}
    assert "401" in refused({"http": private}, tmp_path / "nobody")
    assert fetched({"http": {**private, "secretRef": {"name": "login"}}}, tmp_path / "ada") == FILES
    told = refused({"http": {**private, "secretRef": {"name": "token"}}}, tmp_path / "token")
    assert "Adding auth to request: Unknown secret field 'token' in secret 'token'" in told
    assert 'secrets "no" not found' in refused({"http": {**private, "secretRef": {"name": "no"}}}, tmp_path)


def test_a_server_that_is_not_there_is_named(tmp_path: Path) -> None:
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        port = server.server_address[1]
    told = refused({"http": {"url": f"http://127.0.0.1:{port}/a"}}, tmp_path)
    assert f'Initiating URL download: Get "http://127.0.0.1:{port}/a"' in told
    assert "with HTTP contents:" in told


@pytest.mark.parametrize(
    ("ref", "content"),
    [
        ({"ref": "origin/main"}, b"2"),
        ({"ref": "main"}, b"2"),
        ({"ref": "v1.0.0"}, b"1"),
        ({"ref": "origin/v1.1.0"}, b"2"),
        ({"refSelection": {"semver": {"constraints": "<1.1.0"}}}, b"1"),
        ({"refSelection": {"semver": {}}}, b"2"),
    ],
)
def test_a_reference_of_git_is_checked_out(url: str, tmp_path: Path, ref: Obj, content: bytes) -> None:
    found = fetched({"git": {"url": f"{url}/app.git", **ref}}, tmp_path)
    assert found == {"a.txt": content, "bin/run": b"#!/bin/sh"}
    assert (tmp_path / "0" / "link").readlink() == Path("a.txt")


def test_a_repository_that_has_moved_is_followed(
    web: str, url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Handler, "moved", url)
    found = fetched({"git": {"url": f"{web}/moved/app.git", "ref": "main"}}, tmp_path)
    assert found["a.txt"] == b"2"


def test_the_lock_says_what_was_checked_out(work: Path, url: str, tmp_path: Path) -> None:
    _, outcome = Fetcher(REFERENCES).fetch([{"git": {"url": f"{url}/app.git", "ref": "v1.0.0"}}], tmp_path)
    sha = git(work / "tree", "rev-parse", "v1.0.0")
    said = f"git:\n      commitTitle: first...\n      sha: {sha}\n      tags:\n      - v1.0.0\n"
    assert said in outcome.stdout


def test_a_commit_that_is_the_newest_of_no_reference_needs_the_history(
    work: Path, url: str, tmp_path: Path
) -> None:
    tree = work / "tree"
    git(tree, "commit", "-q", "--allow-empty", "-m", "between")
    between = git(tree, "rev-parse", "HEAD")
    git(tree, "commit", "-q", "--allow-empty", "-m", "after")
    git(tree, "push", "-q", str(work / "served" / "app.git"), "HEAD:side")
    git(tree, "reset", "-q", "--hard", "v1.1.0")
    source = {"url": f"{url}/app.git", "ref": between}
    assert "fatal: reference is not a tree" in refused({"git": source}, tmp_path / "shallow")
    assert fetched({"git": {**source, "depth": 0}}, tmp_path / "whole")["a.txt"] == b"2"
    tip = git(tree, "rev-parse", "v1.0.0")
    for ref in (tip, tip[:8]):
        assert fetched({"git": {"url": f"{url}/app.git", "ref": ref}}, tmp_path / ref)["a.txt"] == b"1"


@pytest.mark.parametrize(
    ("spec", "words"),
    [
        ({"ref": "no"}, "pathspec 'no' did not match"),
        ({"ref": "origin/no"}, "couldn't find remote ref no"),
        ({}, "Expected either ref or ref selection to be specified"),
        ({"refSelection": {"semver": {"constraints": ">9.0.0"}}}, "Expected to find at least one version"),
        ({"ref": "main", "secretRef": {"name": "login"}}, "only supported for https remotes"),
        ({"ref": "main", "secretRef": {"name": "token"}}, "Unknown secret field 'token' in secret 'token'"),
        ({"ref": "main", "secretRef": {"name": "key"}}, "ssh-privatekey of secret 'key'"),
        ({"ref": "main", "url": "git@example.com:x/y.git"}, "the local platform fetches over http and https"),
        ({"ref": "main", "url": ""}, "Expected non-empty URL"),
    ],
)
def test_what_git_cannot_give_is_named(url: str, tmp_path: Path, spec: Obj, words: str) -> None:
    told = refused({"git": {"url": f"{url}/app.git", **spec}}, tmp_path)
    assert "Fetching git repository: " in told
    assert words in told


def test_a_submodule_is_named_instead_of_left_out(work: Path, url: str, tmp_path: Path) -> None:
    tree = work / "tree"
    sha = git(tree, "rev-parse", "HEAD")
    git(tree, "update-index", "--add", "--cacheinfo", f"160000,{sha},other")
    git(tree, "commit", "-q", "-m", "with another repository")
    git(tree, "push", "-q", str(work / "served" / "app.git"), "HEAD:with-submodule")
    git(tree, "reset", "-q", "--hard", sha)
    told = refused({"git": {"url": f"{url}/app.git", "ref": "with-submodule"}}, tmp_path)
    assert "fetches no submodules: other" in told


def test_a_tag_comes_before_a_branch_of_its_name() -> None:
    refs = {"refs/heads/x": "a" * 40, "refs/tags/x": "b" * 40}
    assert choose(refs, {"ref": "x"}).sha == "b" * 40
    with pytest.raises(RefError):
        choose({"refs/heads/a": "c" * 40, "refs/heads/b": "ccccc" + "d" * 35}, {"ref": "ccccc"})
