"""What is asked of a Git server, and what it gives: the commit that is meant, and its tree."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field


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


@dataclass(frozen=True)
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
