"""Where snapshots of a folder go: the local Git server, or a team's, on a branch of one's own."""

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
    """Return where snapshots go by the configuration; None where it has nothing of it.

    Raises:
        RefusedError: the address holds a password, or the branch is one that others share by its name.
    """
    url, branch = settings.text("git.push"), settings.text("git.branch")
    if not url:
        return None
    if "://" in url and urlsplit(url).password is not None:
        raise RefusedError(
            "git.push holds a password",
            why="everybody on this machine could read it from the arguments of git",
            next="take it out; git asks its credential helper, or uses SSH",
            slug="password-in-url",
        )
    if branch in SHARED:
        raise shared(branch)
    return PushTo(url, branch)


def check_branch(place: PushTo, default: str) -> None:
    """Make sure that snapshots do not go to the branch that a repository names as its own default.

    Raises:
        RefusedError: it is that branch.
    """
    if place.branch == default:
        raise shared(place.branch)


def shared(branch: str) -> RefusedError:
    """Return the error for a branch that is not one's own."""
    return RefusedError(
        f"snapshots are not pushed to branch {branch}",
        why="others work on it, and a snapshot is a commit of whatever the folder holds",
        next="set git.branch to a branch of your own, for example dev-NAME",
        slug="shared-branch",
    )


def no_git_server(folder: Path, name: str) -> RefusedError:
    """Return the error for a cluster that no folder can be brought to."""
    return RefusedError(
        f"cannot push {folder} to {name}",
        why="only the local cluster has a Git server of its own, and git.push names no other",
        next="push to the repository that git.url names, then run pkgops up without --source; or set "
        "git.push, and git.branch to a branch of your own",
        slug="no-git-server",
    )


def repository(settings: Settings) -> str:
    """Return the repository on the local Git server: the name in ``git.url``, else that of the own folder.

    Without a folder of one's own it is the sample's.
    """
    named = settings.text("git.url").rpartition("/")[2].removesuffix(".git")
    own = settings.source is not None and settings.tree.origin("workload.name").source != "default"
    return named or (settings.workload if own else SAMPLE)
