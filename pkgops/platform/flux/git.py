"""Fetching one commit over smart HTTP. The only importer of dulwich."""

from __future__ import annotations

import re
import ssl
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import urllib3
from dulwich.client import HTTPUnauthorized, Urllib3HttpGitClient
from dulwich.errors import GitProtocolError, HangupException, NotGitRepository
from dulwich.object_store import BaseObjectStore, iter_tree_contents
from dulwich.objects import Blob, Commit, ObjectID, Tag
from dulwich.refs import Ref
from dulwich.repo import Repo

from pkgops.kube import Obj
from pkgops.platform.flux.archive import File
from pkgops.platform.flux.refs import RefError, Target, select

_FILE_TYPE, _REGULAR, _EXECUTABLE = 0o170000, 0o100000, 0o111
_DISCOVERY = "info/refs?service=git-upload-pack"
_STATUS = re.compile(r"unexpected http resp (\d+) for (\S+)")


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
        message: the first line of the commit's message.
        files: all regular files; symbolic links and submodules are left out.
    """

    commit: str
    revision: str
    message: str
    files: tuple[File, ...] = field(repr=False)


def fetch(
    url: str,
    ref: Obj,
    auth: Auth,
    timeout: float,
    unless: str = "",
    clock: Callable[[], float] = time.monotonic,
) -> Checkout | None:
    """Fetch the one commit that ``ref`` (``spec.ref``) means now, without its history.

    Args:
        url: of the repository, http or https.
        ref: branch, tag, semver, name, commit; empty means the branch ``master``.
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
        fetcher = _Fetcher(url, ref, unless, clock() + timeout, clock)
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
    def __init__(self, url: str, ref: Obj, unless: str, deadline: float, clock: Callable[[], float]) -> None:
        self._url = url
        self._ref = ref
        self._unless = unless
        self._deadline = deadline
        self._clock = clock
        self._target: Target | None = None

    def run(self, client: Urllib3HttpGitClient, repo: Repo) -> Checkout | None:
        """Fetch with depth 1; a commit that the server does not give out by itself comes with its branch."""
        try:
            client.fetch("", repo, determine_wants=self._wants, depth=1, progress=self._check_time)
        except (GitProtocolError, HangupException):
            if self._target is None or not self._ref.get("commit"):
                raise
            client.fetch("", repo, determine_wants=self._all_branches, progress=self._check_time)
        target = self._target
        if target is None or (target.revision(target.sha) == self._unless):
            return None
        commit = _commit(repo.object_store, target.sha, through_tags=not self._ref.get("commit"))
        revision = target.revision(commit.id.decode())
        if revision == self._unless:
            return None
        return Checkout(
            commit.id.decode(), revision, _first_line(commit), tuple(_files(repo.object_store, commit))
        )

    def _wants(self, refs: Mapping[Ref, ObjectID], depth: int | None = None) -> list[ObjectID]:  # noqa: ARG002
        names = {name.decode(errors="replace"): sha.decode() for name, sha in refs.items()}
        if not any(name.startswith("refs/") for name in names):
            raise GitError("git repository is empty", "EmptyGitRepository")
        self._target = select(names, self._ref)
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
        "retries": urllib3.Retry(0, redirect=5),
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


def _files(store: BaseObjectStore, commit: Commit) -> Iterator[File]:
    for entry in iter_tree_contents(store, commit.tree):
        if entry.mode is None or entry.path is None or entry.sha is None:
            continue
        if entry.mode & _FILE_TYPE == _REGULAR:
            blob = store[entry.sha]
            if isinstance(blob, Blob):
                yield File(
                    entry.path.decode(errors="surrogateescape"), blob.data, bool(entry.mode & _EXECUTABLE)
                )


def _first_line(commit: Commit) -> str:
    text: str = commit.message.decode(errors="replace")
    return text.strip().partition("\n")[0]


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
