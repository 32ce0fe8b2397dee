"""Sources from Git: credentials that only their server gets, and submodules."""

from __future__ import annotations

from pathlib import Path

import pytest
from git_fixtures import git, guarded, url, work

from pkgops.lifecycle import fetching
from pkgops.lifecycle.phase import PhaseError
from pkgops.lifecycle.secrets import git_environment

__all__ = ["guarded", "url", "work"]


def secret(mounts: Path, name: str, username: str = "ada", password: str = "s3cret") -> None:
    (mounts / name).mkdir(parents=True)
    (mounts / name / "username").write_text(username)
    (mounts / name / "password").write_text(password)


def fetched(folder: Path, **environ: str) -> list[str]:
    folder.mkdir()
    fetching.fetch({"GIT_REVISION": "main", **environ}, folder)
    return sorted(path.name for path in folder.iterdir())


def test_a_server_gets_its_own_credentials(
    guarded: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    host = guarded.removeprefix("http://")
    secret(tmp_path, "mine")
    secret(tmp_path, "other", "eve", "wrong")
    environ = git_environment(
        [f"-basic-git=mine={guarded}", "-basic-git=other=g.io", "-ssh-git=x=y"], tmp_path
    )
    assert fetched(tmp_path / "to", GIT_URL=f"{guarded}/app.git", **environ) == ["a.txt", "bin", "link"]
    said = capsys.readouterr().out
    assert f'Loading secrets for "{guarded}" from secret "mine"' in said
    assert "s3cret" not in said
    assert {environ["GIT_CONFIG_KEY_0"], environ["GIT_CONFIG_KEY_1"]} == {
        f"http.{scheme}://{host}/.extraHeader" for scheme in ("http", "https")
    }


@pytest.mark.parametrize("server", ["g.io", ""])
def test_without_them_the_server_refuses_and_nobody_is_asked(
    guarded: str, tmp_path: Path, server: str
) -> None:
    secret(tmp_path, "other")
    environ = git_environment([f"-basic-git=other={server}"] if server else [], tmp_path)
    with pytest.raises(PhaseError, match=r"git fetch: .*could not read Username"):
        fetched(tmp_path / "to", GIT_URL=f"{guarded}/app.git", **environ)


def test_of_two_for_one_server_the_first_by_name_counts(guarded: str, tmp_path: Path) -> None:
    secret(tmp_path, "a", password="s3cret")
    secret(tmp_path, "b", password="wrong")
    flags = [f"-basic-git=b={guarded}", f"-basic-git=a={guarded}"]
    assert fetched(tmp_path / "to", GIT_URL=f"{guarded}/app.git", **git_environment(flags, tmp_path))


@pytest.fixture(scope="module")
def outer(work: Path, url: str) -> str:
    """A repository with the other one as its submodule; returns its URL."""
    tree, bare = work / "outer", work / "served" / "outer.git"
    bare.mkdir()
    git(bare, "init", "-q", "--bare", "-b", "main")
    tree.mkdir()
    git(tree, "init", "-q", "-b", "main")
    git(tree, "submodule", "-q", "add", f"{url}/app.git", "inner")
    git(tree, "commit", "-q", "-m", "with a submodule")
    git(tree, "push", "-q", str(bare), "main")
    return f"{url}/outer.git"


def test_submodules_are_fetched_where_that_is_asked(outer: str, tmp_path: Path) -> None:
    fetched(tmp_path / "plain", GIT_URL=outer, GIT_INITIALIZE_SUBMODULES="false")
    assert list((tmp_path / "plain" / "inner").iterdir()) == []
    fetched(tmp_path / "whole", GIT_URL=outer, GIT_INITIALIZE_SUBMODULES="true")
    assert (tmp_path / "whole" / "inner" / "a.txt").read_text() == "2"


def test_a_revision_that_is_not_there_is_said(url: str, tmp_path: Path) -> None:
    with pytest.raises(PhaseError, match="git fetch: fatal: couldn't find remote ref nosuch"):
        fetched(tmp_path / "to", GIT_URL=f"{url}/app.git", GIT_REVISION="nosuch")
