import subprocess
import threading
from dataclasses import replace
from pathlib import Path

import pytest

from pkgops.errors import UsageError
from pkgops.local import snapshot, state
from pkgops.local.cluster import describe
from pkgops.local.gitserver import backend
from pkgops.local.gitserver.server import GitServer


@pytest.fixture
def served(tmp_path, monkeypatch):
    """A Git server on loopback, seen as a cluster's; and the names of the repositories pushed to."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", "/dev/null")
    instance = state.create("git-test", lambda _: False)
    instance.git_root.mkdir(parents=True)
    pushed: list[str] = []
    told = threading.Event()

    def hook(name):
        pushed.append(name)
        told.set()

    server = GitServer(("127.0.0.1", 0), instance.git_root, hook)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    cluster = replace(describe(instance), git=f"http://127.0.0.1:{server.server_address[1]}")
    yield cluster, pushed, told
    server.shutdown()
    server.server_close()


def git(folder: Path, *words: str) -> str:
    env = {"PATH": "/usr/bin:/bin", "HOME": str(folder), "GIT_CONFIG_GLOBAL": "/dev/null"}
    people = {f"GIT_{role}_{what}": "t" for role in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
    done = subprocess.run(
        ["git", *words], cwd=folder, env={**env, **people}, capture_output=True, text=True, check=True
    )
    return done.stdout.strip()


def clone(cluster, name, into, *words):
    git(into, "clone", "--quiet", *words, cluster.git_url(name), "clone")
    return into / "clone"


@pytest.fixture
def plain(tmp_path):
    folder = tmp_path / "My App"
    (folder / "pkg").mkdir(parents=True)
    (folder / "main.go").write_text("package main\n")
    (folder / "pkg" / "a b.txt").write_text("umlaut: ä\n")
    (folder / "run.sh").write_text("#!/bin/sh\n")
    (folder / "run.sh").chmod(0o755)
    (folder / "link").symlink_to("main.go")
    (folder / ".gitignore").write_text("*.log\n")
    (folder / "noise.log").write_text("x\n")
    return folder


def test_a_folder_without_git_becomes_a_commit(served, plain, tmp_path):
    cluster, pushed, told = served
    commit = snapshot.push_snapshot(plain, cluster=cluster)
    found = clone(cluster, "my-app", tmp_path)
    assert git(found, "rev-parse", "HEAD") == commit
    assert sorted(git(found, "ls-files", "-z").split("\0")) == [
        "",
        ".gitignore",
        "link",
        "main.go",
        "pkg/a b.txt",
        "run.sh",
    ]
    modes = [line.split()[0] for line in git(found, "ls-files", "--stage", "link", "run.sh").splitlines()]
    assert modes == ["120000", "100755"]
    assert told.wait(10)
    assert pushed == ["my-app"]
    assert not (plain / ".git").exists()


@pytest.mark.parametrize("repository", [False, True], ids=["no repository", "repository"])
def test_what_tools_install_and_cache_stays_out_unless_it_is_tracked(served, plain, tmp_path, repository):
    cluster, *_ = served
    tracked = "pkg/node_modules/kept.js"
    made = [
        "node_modules/a/index.js", "pkg/node_modules/b.js", ".venv/bin/python", "pkg/__pycache__/a.pyc",
        "env [1]/pyvenv.cfg", "env [1]/bin/python",
    ]  # fmt: skip
    for name in (tracked, *made, "env 1/kept.txt"):
        (plain / name).parent.mkdir(parents=True, exist_ok=True)
        (plain / name).write_text("x")
    if repository:
        git(plain, "init", "--quiet")
        git(plain, "add", tracked)
    snapshot.push_snapshot(plain, "app", cluster=cluster)
    found = {str(one.relative_to(tmp_path / "clone")) for one in clone(cluster, "app", tmp_path).rglob("*")}
    assert "env 1/kept.txt" in found
    assert not found & set(made)
    assert (tracked in found) == repository


@pytest.mark.parametrize("how", ["cloned", "submodule", "cloned in a repository"])
def test_the_files_of_a_repository_in_the_folder_are_brought_as_files(served, plain, tmp_path, how):
    cluster, *_ = served
    library = tmp_path / "library"
    library.mkdir()
    (library / "deep").mkdir()
    for name in ("a.go", "deep/b.go", "c.log", ".gitignore"):
        (library / name).write_text("*.tmp\n" if name == ".gitignore" else "x\n")
    git(library, "init", "--quiet")
    git(library, "add", ".")
    git(library, "commit", "--quiet", "-m", "x")
    if how != "cloned":
        git(plain, "init", "--quiet")
    if how == "submodule":
        git(plain, "-c", "protocol.file.allow=always", "submodule", "--quiet", "add", str(library), "lib")
    else:
        git(plain, "clone", "--quiet", str(library), "lib")
    (plain / "lib/new.go").write_text("x\n")
    (plain / "lib/left.tmp").write_text("x\n")
    (plain / "lib-absent").mkdir()
    snapshot.push_snapshot(plain, "app", cluster=cluster)
    found = {str(one.relative_to(tmp_path / "clone")) for one in clone(cluster, "app", tmp_path).rglob("*")}
    assert {"lib/a.go", "lib/deep/b.go", "lib/new.go", "main.go"} <= found
    assert "lib/left.tmp" not in found


def test_the_same_content_is_the_same_commit(served, plain):
    cluster, _, _ = served
    first = snapshot.push_snapshot(plain, cluster=cluster)
    assert snapshot.push_snapshot(plain, cluster=cluster) == first


def test_the_same_content_is_another_commit_when_it_is_to_run_again(served, plain, tmp_path):
    cluster, _, _ = served
    first = snapshot.push_snapshot(plain, "app", cluster=cluster)
    second = snapshot.push_snapshot(plain, "app", cluster=cluster, again=True)
    found = clone(cluster, "app", tmp_path)
    assert git(found, "rev-list", "HEAD").split() == [second, first]
    assert git(found, "diff", first, second) == ""


def test_a_branch_of_ones_own_leaves_the_default_as_it_is(served, plain, tmp_path):
    cluster, _, _ = served
    first = snapshot.push_snapshot(plain, "app", cluster=cluster)
    url = cluster.git_url("app")
    assert snapshot.default_branch(url) == "main"
    (plain / "main.go").write_text("package other\n")
    own = snapshot.push_snapshot_to(plain, url, "dev-ada")
    found = clone(cluster, "app", tmp_path)
    assert git(found, "rev-parse", "origin/main", "origin/dev-ada").split() == [first, own]


def test_a_second_snapshot_follows_the_first(served, plain, tmp_path):
    cluster, _, _ = served
    first = snapshot.push_snapshot(plain, "app", cluster=cluster)
    (plain / "run.sh").unlink()
    second = snapshot.push_snapshot(plain, "app", cluster=cluster)
    found = clone(cluster, "app", tmp_path)
    assert git(found, "rev-list", "HEAD").split() == [second, first]
    assert not (found / "run.sh").exists()


def everything(folder: Path) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_a_repository_is_left_as_it_is(served, plain, tmp_path):
    cluster, _, _ = served
    git(plain, "init", "--quiet")
    git(plain, "add", "--force", "main.go", "noise.log")
    git(plain, "commit", "--quiet", "-m", "first")
    (plain / "main.go").write_text("package main // changed, not added\n")
    before = everything(plain)
    snapshot.push_snapshot(plain, "app", cluster=cluster)
    assert everything(plain) == before
    found = clone(cluster, "app", tmp_path)
    assert "changed, not added" in (found / "main.go").read_text()
    assert (found / "noise.log").exists(), "what the repository tracks is part of it, whatever is ignored"
    head = git(plain, "rev-parse", "--short", "HEAD")
    assert git(found, "log", "--format=%s") == f"Snapshot of My App, on top of {head}"


def test_a_folder_inside_a_repository_is_only_that_folder(served, plain, tmp_path):
    cluster, _, _ = served
    git(plain, "init", "--quiet")
    snapshot.push_snapshot(plain / "pkg", "part", cluster=cluster)
    assert git(clone(cluster, "part", tmp_path), "ls-files", "-z") == "a b.txt\0"


@pytest.mark.parametrize(
    "make", [lambda folder: folder.mkdir(), lambda folder: None], ids=["empty", "absent"]
)
def test_nothing_to_push_is_an_error(served, tmp_path, make):
    cluster, _, _ = served
    folder = tmp_path / "nothing"
    make(folder)
    with pytest.raises(UsageError) as caught:
        snapshot.push_snapshot(folder, cluster=cluster)
    assert caught.value.slug == "source"


def test_shallow_fetches_and_single_commits(served, plain, tmp_path):
    cluster, _, _ = served
    first = snapshot.push_snapshot(plain, "app", cluster=cluster)
    (plain / "main.go").write_text("package other\n")
    snapshot.push_snapshot(plain, "app", cluster=cluster)
    found = clone(cluster, "app", tmp_path, "--depth=1")
    assert git(found, "rev-list", "--count", "HEAD") == "1"
    git(found, "fetch", "--quiet", "--depth=1", "origin", first)
    assert git(found, "show", f"{first}:main.go") == "package main"


def test_big_pushes_come_in_chunks(served, plain, tmp_path):
    cluster, _, _ = served
    snapshot.ensure_repository(state.find("git-test"), "big")
    git(plain, "init", "--quiet", "--initial-branch=main")
    with Path("/dev/urandom").open("rb") as random:
        (plain / "big.bin").write_bytes(random.read(3_000_000))
    git(plain, "add", ".")
    git(plain, "commit", "--quiet", "-m", "big")
    git(plain, "-c", "http.postBuffer=65536", "push", "--quiet", cluster.git_url("big"), "main")
    assert (clone(cluster, "big", tmp_path) / "big.bin").read_bytes() == (plain / "big.bin").read_bytes()


def test_an_unknown_repository_is_refused(served, tmp_path):
    cluster, _, _ = served
    with pytest.raises(subprocess.CalledProcessError) as caught:
        clone(cluster, "unknown", tmp_path)
    assert "not found" in caught.value.stderr


def test_paths_do_not_leave_the_folder(served, tmp_path):
    env = backend.environment(tmp_path, "GET", "/../../etc/info/refs?service=git-upload-pack", {}, 0)
    answer = backend.serve(env, None)
    with answer.body:
        assert answer.status >= 400


def test_headers_of_an_answer(tmp_path):
    with (tmp_path / "answer").open("w+b") as answer:
        answer.write(b"Status: 404 Not Found\r\nContent-Type: text/plain\r\n\r\nbody")
        answer.seek(0)
        assert backend.read_headers(answer) == (404, [("Content-Type", "text/plain")])
        assert answer.read() == b"body"


def test_another_folder_of_the_same_name_is_told_as_long_as_it_is_there(served, plain, tmp_path):
    cluster, _, _ = served
    assert snapshot.other_folder(plain, "my-app", cluster=cluster) is None
    snapshot.push_snapshot(plain, cluster=cluster)
    assert snapshot.other_folder(plain, "my-app", cluster=cluster) is None
    other = tmp_path / "elsewhere" / "My App"
    other.mkdir(parents=True)
    (other / "main.go").write_text("package main\n")
    assert snapshot.other_folder(other, "my-app", cluster=cluster) == plain
    moved = plain.rename(tmp_path / "moved")
    assert snapshot.other_folder(moved, "my-app", cluster=cluster) is None
