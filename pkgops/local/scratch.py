"""A temporary repository for git commands on a folder that is only read; and ignored files."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from pkgops import tools

DEADLINE = 300.0
_AUTHOR = {"NAME": "pkgops", "EMAIL": "pkgops@localhost"}


@dataclass(frozen=True)
class Scratch:
    """A temporary repository for one commit of a folder that is only read.

    Attributes:
        path: its path.
        folder: the folder.
        served: the Git server's repository, where that is on this machine: its objects need not be fetched.
    """

    path: Path
    folder: Path
    served: Path | None = None

    def git(self, *words: str, stdin: str | None = None, ok: tuple[int, ...] = (0,)) -> str:
        """Run git with this repository and the folder as its work tree, and return its output."""
        env = {
            **git_env(),
            "GIT_DIR": str(self.path / "git"),
            "GIT_WORK_TREE": str(self.folder),
            "GIT_INDEX_FILE": str(self.path / "index"),
        }
        if self.served is not None:
            env["GIT_ALTERNATE_OBJECT_DIRECTORIES"] = str(self.served / "objects")
        return tools.run(
            "git", *words, env=env, cwd=self.folder, stdin=stdin, ok=ok, deadline=DEADLINE
        ).stdout.strip()


def ignored(folder: Path, names: Iterable[str]) -> frozenset[str]:
    """Return those of some paths, relative to a folder, that a snapshot leaves out by ``.gitignore``."""
    asked = "".join(f"{name}\0" for name in names)
    # 128: a path is beyond a symbolic link; then nothing is known, and nothing is left out.
    paths = _asked(folder, "check-ignore", "-z", "--stdin", stdin=asked, ok=(0, 1, 128))
    return frozenset(paths)


def left_out(folder: Path) -> list[str]:
    """Return the paths that a snapshot leaves out by ``.gitignore``; only the folder's where all of it is."""
    words = ("ls-files", "-z", "--others", "--ignored", "--exclude-standard", "--directory")
    return sorted(_asked(folder, *words))


def _asked(folder: Path, *words: str, stdin: str | None = None, ok: tuple[int, ...] = (0,)) -> list[str]:
    """Return the paths that git names for a folder, which need not be a repository."""
    if in_repository(folder):
        env = {**git_env(), "GIT_OPTIONAL_LOCKS": "0"}
        answer = tools.run("git", *words, cwd=folder, env=env, stdin=stdin, ok=ok, deadline=DEADLINE).stdout
    else:
        with tempfile.TemporaryDirectory(prefix="pkgops-ignored-") as scratch:
            there = Scratch(Path(scratch), folder)
            there.git("init", "--quiet", str(folder))
            answer = there.git(*words, stdin=stdin, ok=ok)
    return [name for name in answer.split("\0") if name]


def in_repository(folder: Path) -> bool:
    """Return whether a folder is in the work tree of a Git repository."""
    answer = tools.run(
        "git",
        "rev-parse",
        "--is-inside-work-tree",
        cwd=folder,
        env=git_env(),
        ok=(0, 128),
        deadline=DEADLINE,
    )
    return answer.stdout.strip() == "true"


def git_env() -> Mapping[str, str]:
    """Return the environment of git: this process's, without variables that set a repository or an author."""
    dropped = (
        "GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_OBJECT_DIRECTORY", "GIT_NAMESPACE",
        "GIT_ALTERNATE_OBJECT_DIRECTORIES",
    )  # fmt: skip
    inherited = {key: value for key, value in os.environ.items() if key not in dropped}
    people = {
        f"GIT_{role}_{key}": value for role in ("AUTHOR", "COMMITTER") for key, value in _AUTHOR.items()
    }
    return {**inherited, **people, "GIT_TERMINAL_PROMPT": "0"}
