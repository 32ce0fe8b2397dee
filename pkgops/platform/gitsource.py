"""Fetch a commit, or the history of several, over smart HTTP. The only module that imports dulwich."""

from __future__ import annotations

import logging
import re
import ssl
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

import urllib3
from dulwich.client import HTTPUnauthorized, Urllib3HttpGitClient
from dulwich.errors import GitProtocolError, HangupException, NotGitRepository
from dulwich.object_store import BaseObjectStore, iter_tree_contents
from dulwich.objects import Blob, Commit, ObjectID, Tag
from dulwich.refs import Ref
from dulwich.repo import Repo

from pkgops.platform.gitcheckout import (
    Auth,
    Checkout,
    GitError,
    LoggedCommit,
    RefError,
    Select,
    Target,
    is_submodule,
    logged,
    tree,
)

_DISCOVERY = "info/refs?service=git-upload-pack"
_STATUS = re.compile(r"unexpected http resp (\d+) for (\S+)")
_COMMITS_ALONE = b"tree:0"


def fetch(
    url: str,
    select: Select,
    auth: Auth,
    timeout: float,
    unless: str = "",
    clock: Callable[[], float] = time.monotonic,
) -> Checkout | None:
    """Fetch one commit without its history.

    Args:
        url: of the repository, http or https.
        select: returns the commit to fetch from the server's references.
        auth: credentials; empty fields are not used.
        timeout: timeout of the whole fetch in seconds.
        unless: a revision that is not fetched again.
        clock: returns monotonic seconds.

    Returns:
        None if the revision is still ``unless``.

    Raises:
        GitError: with the reason for the condition.
    """
    with _repository(url) as repo:
        check_deadline = _deadline_check(url, clock() + timeout, clock)
        return _Fetcher(select, unless, check_deadline).run(_client(url, auth, timeout), repo)


def history(
    url: str,
    tips: Sequence[str],
    auth: Auth,
    timeout: float,
    depth: int,
    clock: Callable[[], float] = time.monotonic,
) -> dict[str, LoggedCommit]:
    """Fetch commits with their history, without trees and files where the server supports that.

    Args:
        url: of the repository, http or https.
        tips: the SHAs of the commits.
        auth: credentials; empty fields are not used.
        timeout: timeout of the whole fetch in seconds.
        depth: the depth of the history.
        clock: returns monotonic seconds.

    Returns:
        All fetched commits by SHA; those of ``tips`` that the server no longer has are missing.

    Raises:
        GitError: with the reason for the condition.
    """
    check_deadline = _deadline_check(url, clock() + timeout, clock)

    def determine_wants(refs: Mapping[Ref, ObjectID], depth: int | None = None) -> list[ObjectID]:  # noqa: ARG001
        return [ObjectID(sha.encode()) for sha in sorted(set(tips))]

    # dulwich warns where a server cannot omit files, which users cannot change.
    logging.getLogger("dulwich.client").setLevel(logging.ERROR)
    with _repository(url) as repo:
        client = _client(url, auth, timeout)
        try:
            client.fetch("", repo, determine_wants, check_deadline, depth, filter_spec=_COMMITS_ALONE)
        except (GitProtocolError, HangupException):
            # The server does not serve a commit that no branch points to, or does not have it any more.
            client.fetch("", repo, _all_branches, check_deadline, filter_spec=_COMMITS_ALONE)
        objects = (repo.object_store[sha] for sha in repo.object_store)
        commits = (
            logged(commit.id, commit.parents, commit.message, commit.author, commit.commit_time)
            for commit in objects
            if isinstance(commit, Commit)
        )
        return {commit.sha: commit for commit in commits}


def _deadline_check(url: str, end: float, clock: Callable[[], float]) -> Callable[[bytes], None]:
    """Return a progress callback of a fetch, which raises GitError after the deadline."""

    def check(_: bytes) -> None:
        if clock() > end:
            raise GitError(f"unable to clone '{url}': context deadline exceeded")

    return check


@contextmanager
def _repository(url: str) -> Iterator[Repo]:
    """Return the context of a temporary repository; errors are raised as GitError with Flux's message."""
    with tempfile.TemporaryDirectory(prefix="pkgops-git-", ignore_cleanup_errors=True) as folder:
        repo = Repo.init_bare(folder)
        try:
            yield repo
        except RefError as error:
            raise GitError(f"unable to clone '{url}': {error}") from error
        except NotGitRepository as error:
            raise GitError(f"unable to clone '{url}': repository not found") from error
        except HTTPUnauthorized as error:
            raise GitError(f"unable to clone '{url}': authentication required") from error
        except (GitProtocolError, HangupException, urllib3.exceptions.HTTPError) as error:
            raise GitError(f"unable to clone '{url}': {_explain(error, url)}") from error
        finally:
            repo.close()


def _all_branches(refs: Mapping[Ref, ObjectID], depth: int | None = None) -> list[ObjectID]:  # noqa: ARG001
    return sorted({sha for name, sha in refs.items() if name.startswith(b"refs/heads/")})


class _Fetcher:
    def __init__(self, select: Select, unless: str, check_deadline: Callable[[bytes], None]) -> None:
        self._select = select
        self._unless = unless
        self._check_deadline = check_deadline
        self._target: Target | None = None
        self._names: Mapping[str, str] = {}

    def run(self, client: Urllib3HttpGitClient, repo: Repo) -> Checkout | None:
        """Fetch with depth 1, or all branches if the server does not serve the commit by its SHA."""
        try:
            client.fetch("", repo, determine_wants=self._wants, depth=1, progress=self._check_deadline)
        except (GitProtocolError, HangupException):
            if self._target is None or not self._target.exact:
                raise
            client.fetch("", repo, determine_wants=_all_branches, progress=self._check_deadline)
        target = self._target
        if target is None or (target.revision(target.sha) == self._unless):
            return None
        commit = _commit(repo.object_store, target.sha, through_tags=not target.exact)
        sha, prefix = commit.id.decode(), "refs/tags/"
        revision = target.revision(sha)
        if revision == self._unless:
            return None
        checkout_tree = tree(_entries(repo.object_store, commit))
        named = {name.removesuffix("^{}") for name, ref in self._names.items() if ref in (sha, target.sha)}
        return Checkout(
            commit=sha,
            revision=revision,
            message=commit.message.decode(errors="replace").strip(),
            files=checkout_tree.files,
            links=checkout_tree.links,
            submodules=checkout_tree.submodules,
            tags=tuple(sorted(name.removeprefix(prefix) for name in named if name.startswith(prefix))),
        )

    def _wants(self, refs: Mapping[Ref, ObjectID], depth: int | None = None) -> list[ObjectID]:  # noqa: ARG002
        names = {name.decode(errors="replace"): sha.decode() for name, sha in refs.items()}
        if not any(name.startswith("refs/") for name in names):
            raise GitError("git repository is empty", "EmptyGitRepository")
        self._names, self._target = names, self._select(names)
        unchanged = self._target.revision(self._target.sha) == self._unless
        return [] if unchanged else [ObjectID(self._target.sha.encode())]


def _client(url: str, auth: Auth, timeout: float) -> Urllib3HttpGitClient:
    token = {"Authorization": f"Bearer {auth.token}"} if auth.token else {}
    retries = urllib3.Retry(total=None, connect=0, read=0, status=0, other=0, redirect=5)
    options: dict[str, Any] = {"retries": retries, "headers": {"User-Agent": "git/pkgops", **token}}
    if auth.ca:
        options["ssl_context"] = ssl.create_default_context(cadata=auth.ca)
    return Urllib3HttpGitClient(
        url,
        pool_manager=urllib3.PoolManager(**options),
        username=auth.username or None,
        password=auth.password or None,
        timeout=timeout,
        quiet=True,
    )


def _commit(store: BaseObjectStore, sha: str, *, through_tags: bool) -> Commit:
    """Return the commit of a SHA; with ``through_tags`` it may be that of an annotated tag."""
    missing = f"unable to resolve commit object for '{sha}': object not found"
    try:
        obj = store[ObjectID(sha.encode())]
        while isinstance(obj, Tag) and through_tags:
            obj = store[obj.object[1]]
    except KeyError:
        raise RefError(missing) from None
    if isinstance(obj, Tag):
        raise RefError(missing)
    if not isinstance(obj, Commit):
        raise RefError(f"'{sha}' is not a commit")
    return obj


def _entries(store: BaseObjectStore, commit: Commit) -> Iterator[tuple[bytes, int, bytes]]:
    """Yield path, mode and content of all entries; the content of a submodule is empty."""
    for entry in iter_tree_contents(store, commit.tree):
        if entry.mode is None or entry.path is None or entry.sha is None:
            continue
        obj = None if is_submodule(entry.mode) else store[entry.sha]
        yield entry.path, entry.mode, obj.data if isinstance(obj, Blob) else b""


def _explain(error: Exception, url: str) -> str:
    if match := _STATUS.search(str(error)):
        if match[1] == "403":
            return "authorization failed"
        return f'unexpected client error: unexpected requesting "{match[2]}" status code: {match[1]}'
    cause = error.__cause__ if isinstance(error.__cause__, urllib3.exceptions.HTTPError) else error
    reason = getattr(cause, "reason", None) or cause
    if isinstance(reason, urllib3.exceptions.NameResolutionError):
        return f'Get "{url}/{_DISCOVERY}": dial tcp: lookup {urlsplit(url).hostname}: no such host'
    if isinstance(reason, urllib3.exceptions.NewConnectionError):
        text = str(reason).rpartition("] ")[2].lower()
        return f'Get "{url}/{_DISCOVERY}": dial tcp {urlsplit(url).netloc}: connect: {text}'
    if isinstance(reason, urllib3.exceptions.TimeoutError):
        return "context deadline exceeded"
    return str(reason)
