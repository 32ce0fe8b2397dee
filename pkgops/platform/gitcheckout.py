"""What is asked of a Git server, and what it gives: the commit that is meant and its tree, or a history."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

_FILE_TYPE, _REGULAR, _LINK, _SUBMODULE, _EXECUTABLE = 0o170000, 0o100000, 0o120000, 0o160000, 0o111


class RefError(Exception):
    """No commit for a reference; the message is for people."""


@dataclass(frozen=True)
class File:
    """A regular file of a tree: its path from the root, its content, and whether it may be run."""

    path: str
    content: bytes
    executable: bool = False


@dataclass(frozen=True)
class Target:
    """What to fetch.

    Attributes:
        sha: 40 hexadecimal digits of a commit, or of an annotated tag.
        name: what the revision is called after; empty for a bare commit.
        branch: for a commit on a branch: where it must be found if the server does not give it out by itself.
        exact: whether it was named by its digits: they must be those of a commit, and may be those of one
            that no reference names.
    """

    sha: str
    name: str
    branch: str = ""
    exact: bool = False

    def revision(self, commit: str) -> str:
        """Return the revision of a commit fetched for this target."""
        return f"{self.name}@sha1:{commit}" if self.name else f"sha1:{commit}"


Select = Callable[[Mapping[str, str]], Target]
"""Chooses by the references of a server, with the digits that each stands for; may raise RefError."""


class GitError(Exception):
    """A fetch failed.

    Attributes:
        reason: the reason of the condition.
        message: why, in the words of the Flux source controller where it has some.
    """

    def __init__(self, message: str, reason: str = "GitOperationFailed") -> None:
        super().__init__(message)
        self.message = message
        self.reason = reason


@dataclass(frozen=True)
class Auth:
    """How to present oneself: basic (username and password), a bearer token, and a CA to trust."""

    username: str = ""
    password: str = field(default="", repr=False)
    token: str = field(default="", repr=False)
    ca: str = field(default="", repr=False)


@dataclass(frozen=True, kw_only=True)
class Checkout:
    """A commit with its tree.

    Attributes:
        commit: 40 hexadecimal digits.
        revision: as ``status.artifact.revision`` has it.
        message: the commit's message, without blank lines around it.
        files: all regular files.
        links: path and target of each symbolic link.
        submodules: the paths of other repositories, of which nothing is fetched.
        tags: the tags that name the commit.
    """

    commit: str
    revision: str
    message: str
    files: tuple[File, ...] = field(repr=False)
    links: tuple[tuple[str, str], ...] = ()
    submodules: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()


@dataclass(frozen=True)
class Tree:
    """What a commit has in it: the fields of the same names of :class:`Checkout`."""

    files: tuple[File, ...]
    links: tuple[tuple[str, str], ...]
    submodules: tuple[str, ...]


def is_submodule(mode: int) -> bool:
    """Whether an entry of a tree stands for another repository, whose content is not there."""
    return mode & _FILE_TYPE == _SUBMODULE


def tree(entries: Iterable[tuple[bytes, int, bytes]]) -> Tree:
    """Return the tree of a commit; each entry has its path, its mode and its content."""
    files: list[File] = []
    links: list[tuple[str, str]] = []
    submodules: list[str] = []
    for name, mode, content in entries:
        path, kind = name.decode(errors="surrogateescape"), mode & _FILE_TYPE
        if kind == _REGULAR:
            files.append(File(path, content, bool(mode & _EXECUTABLE)))
        elif kind == _LINK:
            links.append((path, content.decode(errors="surrogateescape")))
        elif is_submodule(mode):
            submodules.append(name.decode(errors="replace"))
    return Tree(tuple(files), tuple(links), tuple(submodules))


@dataclass(frozen=True, kw_only=True)
class LoggedCommit:
    """A commit as a history tells it.

    Attributes:
        sha: 40 hexadecimal digits.
        parents: those of its parents, also where the history does not reach them.
        subject: the first line of its message.
        author: the name of who wrote it.
        when: when it was committed, by the clock of who did.
    """

    sha: str
    parents: tuple[str, ...]
    subject: str
    author: str
    when: datetime


def logged(sha: bytes, parents: Iterable[bytes], message: bytes, author: bytes, seconds: int) -> LoggedCommit:
    """Return a commit as its object has it."""
    return LoggedCommit(
        sha=sha.decode(),
        parents=tuple(parent.decode() for parent in parents),
        subject=message.decode(errors="replace").strip().partition("\n")[0].strip(),
        author=author.decode(errors="replace").partition("<")[0].strip(),
        when=datetime.fromtimestamp(seconds, UTC),
    )
