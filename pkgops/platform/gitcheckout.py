"""Types of Git fetches: the target, the commit with its tree, or the commits of a history."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

_FILE_TYPE, _REGULAR, _LINK, _SUBMODULE, _EXECUTABLE = 0o170000, 0o100000, 0o120000, 0o160000, 0o111


class RefError(Exception):
    """A reference has no commit; the text is the message of the condition."""


@dataclass(frozen=True)
class File:
    """A regular file of a tree: its path from the root, its content, and whether it is executable."""

    path: str
    content: bytes
    executable: bool = False


@dataclass(frozen=True)
class Target:
    """The commit to fetch.

    Attributes:
        sha: 40 hexadecimal digits of a commit, or of an annotated tag.
        name: the name in the revision; empty for a commit without a reference.
        branch: for a commit on a branch: the branch to fetch if the server does not serve the commit.
        exact: whether the SHA was given: it must be that of a commit, to which no reference need point.
    """

    sha: str
    name: str
    branch: str = ""
    exact: bool = False

    def revision(self, commit: str) -> str:
        """Return the revision of a commit fetched for this target."""
        return f"{self.name}@sha1:{commit}" if self.name else f"sha1:{commit}"


Select = Callable[[Mapping[str, str]], Target]
"""Returns the target, from the references of a server and their SHAs; may raise RefError."""


class GitError(Exception):
    """A fetch failed.

    Attributes:
        reason: the reason of the condition.
        message: the message of the condition, that of Flux's source controller where it has one.
    """

    def __init__(self, message: str, reason: str = "GitOperationFailed") -> None:
        super().__init__(message)
        self.message = message
        self.reason = reason


@dataclass(frozen=True)
class Auth:
    """Credentials: basic auth (username and password) or a bearer token, and a CA certificate."""

    username: str = ""
    password: str = field(default="", repr=False)
    token: str = field(default="", repr=False)
    ca: str = field(default="", repr=False)


@dataclass(frozen=True, kw_only=True)
class Checkout:
    """A commit with its tree.

    Attributes:
        commit: 40 hexadecimal digits.
        revision: the revision in the format of ``status.artifact.revision``.
        message: the commit's message, without blank lines around it.
        files: all regular files.
        links: path and target of each symbolic link.
        submodules: the paths of submodules, which are not fetched.
        tags: the tags of the commit.
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
    """The content of a commit: the fields of the same names of :class:`Checkout`."""

    files: tuple[File, ...]
    links: tuple[tuple[str, str], ...]
    submodules: tuple[str, ...]


def is_submodule(mode: int) -> bool:
    """Return whether an entry of a tree is a submodule."""
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
    """A commit of a history.

    Attributes:
        sha: 40 hexadecimal digits.
        parents: the SHAs of its parents, also of those that are not in the history.
        subject: the first line of its message.
        author: the name of its author.
        when: the time of the commit.
    """

    sha: str
    parents: tuple[str, ...]
    subject: str
    author: str
    when: datetime


def logged(sha: bytes, parents: Iterable[bytes], message: bytes, author: bytes, seconds: int) -> LoggedCommit:
    """Return a commit from the fields of its Git object."""
    return LoggedCommit(
        sha=sha.decode(),
        parents=tuple(parent.decode() for parent in parents),
        subject=message.decode(errors="replace").strip().partition("\n")[0].strip(),
        author=author.decode(errors="replace").partition("<")[0].strip(),
        when=datetime.fromtimestamp(seconds, UTC),
    )
