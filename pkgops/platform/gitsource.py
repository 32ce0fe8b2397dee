"""Fetching one commit over smart HTTP, for all that take sources from Git. The only importer of dulwich."""

from __future__ import annotations

import re
import ssl
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit

import urllib3
from dulwich.client import HTTPUnauthorized, Urllib3HttpGitClient
from dulwich.errors import GitProtocolError, HangupException, NotGitRepository
from dulwich.object_store import BaseObjectStore, iter_tree_contents
from dulwich.objects import Blob, Commit, ObjectID, Tag
from dulwich.refs import Ref
from dulwich.repo import Repo

from pkgops.platform.gitcheckout import Auth, Checkout, File, GitError, RefError, Select, Target

_FILE_TYPE, _REGULAR, _LINK, _SUBMODULE, _EXECUTABLE = 0o170000, 0o100000, 0o120000, 0o160000, 0o111
_DISCOVERY = "info/refs?service=git-upload-pack"
_STATUS = re.compile(r"unexpected http resp (\d+) for (\S+)")


def fetch(
    url: str,
    select: Select,
    auth: Auth,
    timeout: float,
    unless: str = "",
    clock: Callable[[], float] = time.monotonic,
) -> Checkout | None:
    """Fetch the one commit that is chosen now, without its history.

    Args:
        url: of the repository, http or https.
        select: chooses among its references.
        auth: empty fields are not used.
        timeout: seconds for all of it.
        unless: a revision that need not be fetched again.
        clock: rising seconds.

    Returns:
        None if the revision is still ``unless``.

    Raises:
        GitError: with the reason for the condition.
    """
    with tempfile.TemporaryDirectory(prefix="pkgops-git-", ignore_cleanup_errors=True) as folder:
        fetcher = _Fetcher(url, select, unless, clock() + timeout, clock)
        repo = Repo.init_bare(folder)
        try:
            return fetcher.run(_client(url, auth, timeout), repo)
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


class _Fetcher:
    def __init__(
        self, url: str, select: Select, unless: str, deadline: float, clock: Callable[[], float]
    ) -> None:
        self._url = url
        self._select = select
        self._unless = unless
        self._deadline = deadline
        self._clock = clock
        self._target: Target | None = None
        self._names: Mapping[str, str] = {}

    def run(self, client: Urllib3HttpGitClient, repo: Repo) -> Checkout | None:
        """Fetch with depth 1; a commit that the server does not give out by itself comes with its branch."""
        try:
            client.fetch("", repo, determine_wants=self._wants, depth=1, progress=self._check_time)
        except (GitProtocolError, HangupException):
            if self._target is None or not self._target.exact:
                raise
            client.fetch("", repo, determine_wants=self._all_branches, progress=self._check_time)
        target = self._target
        if target is None or (target.revision(target.sha) == self._unless):
            return None
        commit = _commit(repo.object_store, target.sha, through_tags=not target.exact)
        sha = commit.id.decode()
        revision = target.revision(sha)
        if revision == self._unless:
            return None
        prefix = "refs/tags/"
        named = {name.removesuffix("^{}") for name, one in self._names.items() if one in (sha, target.sha)}
        return Checkout(
            commit=sha,
            revision=revision,
            message=commit.message.decode(errors="replace").strip(),
            files=tuple(_files(repo.object_store, commit)),
            links=tuple(_links(repo.object_store, commit)),
            submodules=tuple(_submodules(repo.object_store, commit)),
            tags=tuple(sorted(name.removeprefix(prefix) for name in named if name.startswith(prefix))),
        )

    def _wants(self, refs: Mapping[Ref, ObjectID], depth: int | None = None) -> list[ObjectID]:  # noqa: ARG002
        names = {name.decode(errors="replace"): sha.decode() for name, sha in refs.items()}
        if not any(name.startswith("refs/") for name in names):
            raise GitError("git repository is empty", "EmptyGitRepository")
        self._names, self._target = names, self._select(names)
        unchanged = self._target.revision(self._target.sha) == self._unless
        return [] if unchanged else [ObjectID(self._target.sha.encode())]

    def _all_branches(self, refs: Mapping[Ref, ObjectID], depth: int | None = None) -> list[ObjectID]:  # noqa: ARG002
        return sorted({sha for name, sha in refs.items() if name.startswith(b"refs/heads/")})

    def _check_time(self, _: bytes) -> None:
        if self._clock() > self._deadline:
            raise GitError(f"unable to clone '{self._url}': context deadline exceeded")


def _client(url: str, auth: Auth, timeout: float) -> Urllib3HttpGitClient:
    headers = {"Authorization": f"Bearer {auth.token}"} if auth.token else None
    options: dict[str, Any] = {
        "retries": urllib3.Retry(total=None, connect=0, read=0, status=0, other=0, redirect=5),
        "headers": {"User-Agent": "git/pkgops"},
    }
    if auth.ca:
        options["ssl_context"] = ssl.create_default_context(cadata=auth.ca)
    if headers:
        options["headers"].update(headers)
    return Urllib3HttpGitClient(
        url,
        pool_manager=urllib3.PoolManager(**options),
        username=auth.username or None,
        password=auth.password or None,
        timeout=timeout,
        quiet=True,
    )


def _commit(store: BaseObjectStore, sha: str, *, through_tags: bool) -> Commit:
    """Return the commit of a name; what is named as a commit has to be one itself."""
    missing = f"unable to resolve commit object for '{sha}': object not found"
    try:
        found = store[ObjectID(sha.encode())]
        while isinstance(found, Tag) and through_tags:
            found = store[found.object[1]]
    except KeyError:
        raise RefError(missing) from None
    if isinstance(found, Tag):
        raise RefError(missing)
    if not isinstance(found, Commit):
        raise RefError(f"'{sha}' is not a commit")
    return found


def _entries(store: BaseObjectStore, commit: Commit, kind: int) -> Iterator[tuple[str, int, ObjectID]]:
    """Path, mode and digits of the entries of one kind."""
    for entry in iter_tree_contents(store, commit.tree):
        if entry.mode is None or entry.path is None or entry.sha is None:
            continue
        if entry.mode & _FILE_TYPE == kind:
            yield entry.path.decode(errors="surrogateescape"), entry.mode, entry.sha


def _files(store: BaseObjectStore, commit: Commit) -> Iterator[File]:
    for path, mode, sha in _entries(store, commit, _REGULAR):
        blob = store[sha]
        if isinstance(blob, Blob):
            yield File(path, blob.data, bool(mode & _EXECUTABLE))


def _links(store: BaseObjectStore, commit: Commit) -> Iterator[tuple[str, str]]:
    for path, _, sha in _entries(store, commit, _LINK):
        blob = store[sha]
        if isinstance(blob, Blob):
            yield path, blob.data.decode(errors="surrogateescape")


def _submodules(store: BaseObjectStore, commit: Commit) -> Iterator[str]:
    for path, _, _ in _entries(store, commit, _SUBMODULE):
        yield path


def _explain(error: Exception, url: str) -> str:
    found = _STATUS.search(str(error))
    if found and found[1] == "403":
        return "authorization failed"
    if found:
        return f'unexpected client error: unexpected requesting "{found[2]}" status code: {found[1]}'
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
