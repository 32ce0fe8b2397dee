"""Where snapshots of a folder are pushed: the local Git server, or a team's, on the user's own branch."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import urlsplit

from pkgops.errors import RefusedError
from pkgops.settings import Settings
from pkgops.values import Value

SHARED = ("main", "master", "trunk", "develop")
"""Branches that a team shares, whatever the repository's default is."""


SAMPLE = "hello-go"
"""The repository of the sample application on the local Git server."""


class PushTo(Value):
    """A repository and the branch that snapshots become commits of."""

    url: str
    branch: str


def configured(settings: Settings) -> PushTo | None:
    """Return the configured target of snapshots; None where none is configured.

    Raises:
        RefusedError: the URL contains a password, or the branch has the name of a shared one.
    """
    url, branch = settings.text("git.push"), settings.text("git.branch")
    if not url:
        return None
    if "://" in url and urlsplit(url).password is not None:
        raise RefusedError(
            "git.push contains a password",
            why="every user of this machine could read it from the arguments of git",
            next="remove it; git asks its credential helper, or uses SSH",
            slug="password-in-url",
        )
    if branch in SHARED:
        raise shared(branch)
    return PushTo(url, branch)


def check_branch(place: PushTo, default: str) -> None:
    """Make sure that snapshots are not pushed to the default branch of a repository.

    Raises:
        RefusedError: it is that branch.
    """
    if place.branch == default:
        raise shared(place.branch)


def shared(branch: str) -> RefusedError:
    """Return the error for a shared branch."""
    return RefusedError(
        f"snapshots are not pushed to branch {branch}",
        why="others work on it, and a snapshot is a commit of everything in the folder",
        next="set git.branch to a branch of your own, for example dev-NAME",
        slug="shared-branch",
    )


def no_git_server(folder: Path, name: str) -> RefusedError:
    """Return the error for a cluster to which no folder can be pushed."""
    return RefusedError(
        f"cannot push {folder} to {name}",
        why="only the local cluster has a Git server of its own, and git.push names no other",
        next="push to the repository that git.url names, then run pkgops up without --source; or set "
        "git.push, and git.branch to a branch of your own",
        slug="no-git-server",
    )


def repository(settings: Settings) -> str:
    """Return the repository on the local Git server: the name in ``git.url``, else that of the source folder.

    Without a source folder it is the sample's.
    """
    named = settings.text("git.url").rpartition("/")[2].removesuffix(".git")
    own = settings.source is not None and settings.tree.origin("workload.name").source != "default"
    return named or (settings.workload if own else SAMPLE)
