"""A folder as it is now, as a commit on the local cluster's Git server; the folder is only read.

The commit is made in a temporary repository, with the server's newest commit as its
parent; the index, references and objects of a folder that is a Git repository are not changed. Files that
``.gitignore`` names are left out, and files that tools install and cache (``MADE_ANEW``, Python's virtual
environments), unless the folder's repository tracks them.
"""

from __future__ import annotations

import os
import re
import tempfile
from pathlib import Path

from pkgops import tools
from pkgops.errors import PreflightError, UsageError
from pkgops.local import state
from pkgops.local.cluster import LocalCluster
from pkgops.local.instance import Instance
from pkgops.local.scratch import DEADLINE, Scratch, git_env, in_repository

BRANCH = "main"
MADE_ANEW = (
    "node_modules/", ".venv/", "__pycache__/", ".mypy_cache/", ".pytest_cache/", ".ruff_cache/", ".tox/",
    ".DS_Store",
)  # fmt: skip
"""Names that are always left out: their content is specific to this machine, and each build generates it."""
BROUGHT_FROM = "pkgops-folder"
"""A file in a repository on the Git server with the folder of the last snapshot."""


def push_snapshot(
    folder: Path,
    repository: str = "",
    *,
    cluster: LocalCluster,
    branch: str = BRANCH,
    again: bool = False,
) -> str:
    """Push a folder's files as they are now to the Git server and return the commit.

    Where the server's newest commit has the same content already, that commit is returned.

    Args:
        folder: with or without Git; may be a folder inside a repository.
        repository: the name on the server; empty means the folder's name.
        cluster: the cluster of the Git server.
        branch: the branch to put the commit on.
        again: make a new commit also where the newest one has the same content.

    Raises:
        UsageError: there is no such folder, or nothing in it.
        PreflightError: the cluster does not exist any more.
        ToolFailed: git refused, or the Git server does not answer.
    """
    folder = _present(folder)
    instance = state.find(cluster.name)
    if instance is None:
        raise PreflightError("the local cluster is gone", next="pkgops local up", slug="local-absent")
    name = repository or repository_name(folder)
    served = ensure_repository(instance, name)
    with tempfile.TemporaryDirectory(prefix="pkgops-snapshot-") as scratch:
        revision = _push(Scratch(Path(scratch), folder, served), cluster.git_url(name), branch, again=again)
    (served / BROUGHT_FROM).write_text(str(folder))
    return revision


def other_folder(folder: Path, repository: str, *, cluster: LocalCluster) -> Path | None:
    """Return the other, still existing folder that a repository on the Git server was last pushed from."""
    instance = state.find(cluster.name)
    record = instance.git_root / f"{repository}.git" / BROUGHT_FROM if instance else None
    if record is None or not record.is_file():
        return None
    before = Path(record.read_text())
    return before if before != folder.resolve() and before.is_dir() else None


def push_snapshot_to(folder: Path, url: str, branch: str, *, again: bool = False) -> str:
    """Push a folder's files as they are now to a branch of any Git server and return the commit.

    Raises:
        UsageError: there is no such folder, or nothing in it.
        ToolFailed: git refused, or the server does not answer.
    """
    whole = _present(folder)
    with tempfile.TemporaryDirectory(prefix="pkgops-snapshot-") as scratch:
        return _push(Scratch(Path(scratch), whole), url, branch, again=again)


def default_branch(url: str) -> str:
    """Return the branch that a Git server names as a repository's default; empty where it names none.

    Raises:
        ToolFailed: the server does not answer, or refuses.
    """
    listed = tools.run("git", "ls-remote", "--symref", url, "HEAD", env=git_env(), deadline=DEADLINE).stdout
    found = re.match(r"ref: refs/heads/(\S+)\tHEAD", listed)
    return found.group(1) if found else ""


def _present(folder: Path) -> Path:
    if not folder.is_dir():
        raise UsageError(f"{folder} is not a folder", next="name the folder of the sources", slug="source")
    return folder.resolve()


def repository_name(folder: Path) -> str:
    """Return the name of a folder as a repository's name."""
    return re.sub(r"[^a-z0-9._-]+", "-", folder.name.lower()).strip("-.") or "source"


def ensure_repository(instance: Instance, name: str) -> Path:
    """Create an empty bare repository on the server unless it exists; return its folder."""
    path = instance.git_root / f"{name}.git"
    if not (path / "HEAD").exists():
        tools.run("git", "init", "--quiet", "--bare", f"--initial-branch={BRANCH}", str(path), env=git_env())
        # So that one commit can be fetched by its SHA, as from public Git hosts.
        tools.run("git", "-C", str(path), "config", "uploadpack.allowAnySHA1InWant", "true", env=git_env())
    return path


def _push(scratch: Scratch, url: str, branch: str, *, again: bool = False) -> str:
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


def _newest(scratch: Scratch, url: str, branch: str) -> str:
    if scratch.served is not None:
        words = ("--git-dir", str(scratch.served), "rev-parse", "--quiet", "--verify", f"refs/heads/{branch}")
        return tools.run("git", *words, env=git_env(), ok=(0, 1), deadline=DEADLINE).stdout.strip()
    listed = scratch.git("ls-remote", url, f"refs/heads/{branch}")
    if not listed:
        return ""
    scratch.git("fetch", "--quiet", "--depth=1", url, f"refs/heads/{branch}")
    return listed.split()[0]


def _files(scratch: Scratch) -> str:
    names = dict.fromkeys(_below(scratch.folder, scratch))
    return "\0".join([*names, ""]) if names else ""


def _below(folder: Path, scratch: Scratch) -> list[str]:
    """Return a folder's files, also those of the Git repositories in it: submodules and clones.

    A fetch of the snapshot gets one commit, and no other repositories.
    """
    environments = (f"/{found.parent.name}/" for found in sorted(folder.glob("*/pyvenv.cfg")))
    left_out = (f"--exclude={_literal(one)}" for one in (*MADE_ANEW, *environments))
    listing = ("ls-files", "-z", "--cached", "--others", "--exclude-standard", *left_out)
    if in_repository(folder):
        env = {**git_env(), "GIT_OPTIONAL_LOCKS": "0"}
        listed = tools.run("git", *listing, cwd=folder, env=env, deadline=DEADLINE).stdout
    else:
        listed = scratch.git(*listing)
    found = []
    for name in listed.split("\0"):
        place = folder / name
        if name and place.is_dir() and not place.is_symlink():
            if (place / ".git").exists():
                found += [f"{name.rstrip('/')}/{one}" for one in _below(place, scratch)]
        elif name and os.path.lexists(place):
            found.append(name)
    return found


def _literal(path: str) -> str:
    """Return a path as a git pattern that matches only it."""
    return re.sub(r"([\\\\*?\[])", r"\\\1", path)


def _message(folder: Path) -> str:
    head = ""
    if in_repository(folder):
        command = ("git", "rev-parse", "--short", "HEAD")
        head = tools.run(*command, cwd=folder, env=git_env(), ok=(0, 128)).stdout.strip()
    return f"Snapshot of {folder.name}" + (f", on top of {head}" if head and head != "HEAD" else "")
