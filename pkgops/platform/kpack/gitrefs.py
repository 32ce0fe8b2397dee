"""Resolve a revision to a commit on a Git server (smart HTTP, protocol version 0)."""

from __future__ import annotations

import re

import urllib3

from pkgops.oci import Credentials

_COMMIT = re.compile(r"[0-9a-f]{40}")
_TIMEOUT = urllib3.Timeout(connect=10, read=30)


class GitRefsError(Exception):
    """The references of a Git server cannot be read."""


def resolve(
    pool: urllib3.PoolManager, url: str, revision: str, credentials: Credentials | None
) -> tuple[str, str]:
    """Return a revision's commit and its type: Branch, Tag, Commit or Unknown.

    A revision that is not a reference of the server is returned as a commit.

    Raises:
        GitRefsError: the server does not respond, or with an error.
    """
    if _COMMIT.fullmatch(revision):
        return revision, "Commit"
    refs = _refs(pool, url, credentials)
    for name, kind in (
        (f"refs/heads/{revision}", "Branch"),
        (f"refs/tags/{revision}", "Tag"),
        (revision, "Unknown"),
    ):
        if name in refs:
            return refs.get(f"{name}^{{}}", refs[name]), kind
    return revision, "Commit"


def _refs(pool: urllib3.PoolManager, url: str, credentials: Credentials | None) -> dict[str, str]:
    basic = f"{credentials.username}:{credentials.password}" if credentials else None
    try:
        address = f"{url.rstrip('/')}/info/refs?service=git-upload-pack"
        response = pool.request(
            "GET", address, headers=urllib3.make_headers(basic_auth=basic), timeout=_TIMEOUT
        )
    except urllib3.exceptions.HTTPError as error:
        raise GitRefsError(f"{url}: {error}") from error
    if response.status != 200:
        raise GitRefsError(f"{url}: {response.status} {response.reason}")
    return parse(response.data)


def parse(answer: bytes) -> dict[str, str]:
    """Return the object id of each reference in the packet lines of a reference advertisement."""
    refs, place = {}, 0
    while place + 4 <= len(answer):
        size = int(answer[place : place + 4], 16)
        line = answer[place + 4 : place + max(size, 4)].partition(b"\0")[0].strip().decode()
        place += max(size, 4)
        sha, _, name = line.partition(" ")
        if _COMMIT.fullmatch(sha) and name:
            refs[name] = sha
    return refs
