"""A folder as it is now, as a commit on the local cluster's Git server; the folder is only read.

The commit is made in a repository that is thrown away, with the server's newest commit as its
parent; a folder that is a Git repository keeps its index, its references and its objects as they
are. What ``.gitignore`` names stays out, unless the folder's repository tracks it.
"""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from pkgops import tools
from pkgops.errors import PreflightError, UsageError
from pkgops.local import state
from pkgops.local.cluster import LocalCluster
from pkgops.local.instance import Instance

BRANCH = "main"
DEADLINE = 300.0
_AUTHOR = {"NAME": "pkgops", "EMAIL": "pkgops@localhost"}


def push_snapshot(
    folder: Path,
    repository: str = "",
    *,
    cluster: LocalCluster,
    branch: str = BRANCH,
    again: bool = False,
) -> str:
    """Put a folder's files as they are now on the Git server and return the commit.

    Where the server's newest commit has this very content already, that commit is returned.

    Args:
        folder: with or without Git; may be a folder inside a repository.
        repository: the name on the server; empty means the folder's name.
        cluster: whose Git server.
        branch: the branch to put the commit on.
        again: make a new commit of the very content that the newest commit has.

    Raises:
        UsageError: there is no such folder, or nothing in it.
        PreflightError: the cluster is gone.
        ToolFailed: git refused, or the Git server does not answer.
    """
    folder = _present(folder)
    instance = state.find(cluster.name)
    if instance is None:
        raise PreflightError("the local cluster is gone", next="pkgops local up", slug="local-absent")
    name = repository or repository_name(folder)
    served = ensure_repository(instance, name)
    with tempfile.TemporaryDirectory(prefix="pkgops-snapshot-") as scratch:
        return _push(_Scratch(Path(scratch), folder, served), cluster.git_url(name), branch, again=again)


def push_snapshot_to(folder: Path, url: str, branch: str, *, again: bool = False) -> str:
    """Put a folder's files as they are now on a branch of any Git server and return the commit.

    Raises:
        UsageError: there is no such folder, or nothing in it.
        ToolFailed: git refused, or the server does not answer.
    """
    whole = _present(folder)
    with tempfile.TemporaryDirectory(prefix="pkgops-snapshot-") as scratch:
        return _push(_Scratch(Path(scratch), whole), url, branch, again=again)


def default_branch(url: str) -> str:
    """Return the branch that a Git server names as a repository's default; empty where it names none.

    Raises:
        ToolFailed: the server does not answer, or refuses.
    """
    listed = tools.run("git", "ls-remote", "--symref", url, "HEAD", env=_base(), deadline=DEADLINE).stdout
    found = re.match(r"ref: refs/heads/(\S+)\tHEAD", listed)
    return found.group(1) if found else ""


def ignored(folder: Path, names: Iterable[str]) -> frozenset[str]:
    """Return those of some paths, relative to a folder, that a snapshot leaves out by ``.gitignore``."""
    asked = "".join(f"{name}\0" for name in names)
    words = ("check-ignore", "-z", "--stdin")
    # 128: a path is behind a symbolic link; then nothing is known, and nothing is left out.
    answers = (0, 1, 128)
    if _in_repository(folder):
        env = {**_base(), "GIT_OPTIONAL_LOCKS": "0"}
        found = tools.run("git", *words, cwd=folder, env=env, stdin=asked, ok=answers).stdout
    else:
        with tempfile.TemporaryDirectory(prefix="pkgops-ignored-") as scratch:
            there = _Scratch(Path(scratch), folder)
            there.git("init", "--quiet", str(folder))
            found = there.git(*words, stdin=asked, ok=answers)
    return frozenset(name for name in found.split("\0") if name)


def _present(folder: Path) -> Path:
    if not folder.is_dir():
        raise UsageError(f"{folder} is not a folder", next="name the folder of the sources", slug="source")
    return folder.resolve()


def repository_name(folder: Path) -> str:
    """Return the name of a folder as a repository's name."""
    return re.sub(r"[^a-z0-9._-]+", "-", folder.name.lower()).strip("-.") or "source"


def ensure_repository(instance: Instance, name: str) -> Path:
    """Make an empty bare repository on the server unless it is there; return its folder."""
    path = instance.git_root / f"{name}.git"
    if not (path / "HEAD").exists():
        tools.run("git", "init", "--quiet", "--bare", f"--initial-branch={BRANCH}", str(path), env=_base())
        # So that a fetch of one commit by its name is answered, as the public Git hosts do.
        tools.run("git", "-C", str(path), "config", "uploadpack.allowAnySHA1InWant", "true", env=_base())
    return path


@dataclass(frozen=True)
class _Scratch:
    """A repository for one commit, beside a folder that it only reads.

    Attributes:
        path: where it is.
        folder: what is read.
        served: the repository that the Git server has, where that is on this machine: what is there need not
            be asked for and fetched.
    """

    path: Path
    folder: Path
    served: Path | None = None

    def git(self, *words: str, stdin: str | None = None, ok: tuple[int, ...] = (0,)) -> str:
        env = {
            **_base(),
            "GIT_DIR": str(self.path / "git"),
            "GIT_WORK_TREE": str(self.folder),
            "GIT_INDEX_FILE": str(self.path / "index"),
        }
        if self.served is not None:
            env["GIT_ALTERNATE_OBJECT_DIRECTORIES"] = str(self.served / "objects")
        return tools.run(
            "git", *words, env=env, cwd=self.folder, stdin=stdin, ok=ok, deadline=DEADLINE
        ).stdout.strip()


def _push(scratch: _Scratch, url: str, branch: str, *, again: bool = False) -> str:
    scratch.git("init", "--quiet", str(scratch.folder))
    parent = _newest(scratch, url, branch)
    names = _files(scratch)
    if not names:
        raise UsageError(
            f"{scratch.folder} has no files to build", next="name the folder of the sources", slug="source"
        )
    scratch.git("update-index", "--add", "-z", "--stdin", stdin=names)
    tree = scratch.git("write-tree")
    if parent and not again and scratch.git("rev-parse", f"{parent}^{{tree}}") == tree:
        return parent
    parents = ("-p", parent) if parent else ()
    revision = scratch.git("commit-tree", tree, *parents, "-m", _message(scratch.folder))
    scratch.git("push", "--quiet", url, f"{revision}:refs/heads/{branch}")
    return revision


def _newest(scratch: _Scratch, url: str, branch: str) -> str:
    if scratch.served is not None:
        words = ("--git-dir", str(scratch.served), "rev-parse", "--quiet", "--verify", f"refs/heads/{branch}")
        return tools.run("git", *words, env=_base(), ok=(0, 1), deadline=DEADLINE).stdout.strip()
    listed = scratch.git("ls-remote", url, f"refs/heads/{branch}")
    if not listed:
        return ""
    scratch.git("fetch", "--quiet", "--depth=1", url, f"refs/heads/{branch}")
    return listed.split()[0]


def _files(scratch: _Scratch) -> str:
    listing = ("ls-files", "-z", "--cached", "--others", "--exclude-standard")
    if _in_repository(scratch.folder):
        env = {**_base(), "GIT_OPTIONAL_LOCKS": "0"}
        listed = tools.run("git", *listing, cwd=scratch.folder, env=env, deadline=DEADLINE).stdout
    else:
        listed = scratch.git(*listing)
    there = [name for name in listed.split("\0") if name and os.path.lexists(scratch.folder / name)]
    return "\0".join([*dict.fromkeys(name for name in there if not name.endswith("/")), ""]) if there else ""


def _in_repository(folder: Path) -> bool:
    answer = tools.run(
        "git", "rev-parse", "--is-inside-work-tree", cwd=folder, env=_base(), ok=(0, 128), deadline=DEADLINE
    )
    return answer.stdout.strip() == "true"


def _message(folder: Path) -> str:
    head = ""
    if _in_repository(folder):
        command = ("git", "rev-parse", "--short", "HEAD")
        head = tools.run(*command, cwd=folder, env=_base(), ok=(0, 128)).stdout.strip()
    return f"Snapshot of {folder.name}" + (f", on top of {head}" if head and head != "HEAD" else "")


def _base() -> Mapping[str, str]:
    dropped = (
        "GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_OBJECT_DIRECTORY", "GIT_NAMESPACE",
        "GIT_ALTERNATE_OBJECT_DIRECTORIES",
    )  # fmt: skip
    inherited = {key: value for key, value in os.environ.items() if key not in dropped}
    people = {
        f"GIT_{role}_{key}": value for role in ("AUTHOR", "COMMITTER") for key, value in _AUTHOR.items()
    }
    return {**inherited, **people, "GIT_TERMINAL_PROMPT": "0"}
