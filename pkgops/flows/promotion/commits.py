"""The commits between two releases, read from the Git server of the workload's source."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

from pkgops.errors import PkgopsError
from pkgops.kube import Client, Obj
from pkgops.model.commits import Commit, Commits
from pkgops.model.revision import commit_of, short_commit

if TYPE_CHECKING:
    from pkgops.platform.gitcheckout import Auth, LoggedCommit

DEPTH = 250
"""How many generations of commits are fetched from each end."""
SECONDS = 15.0
"""How long the Git server may take."""
WORKLOAD, REPOSITORY = "carto.run/v1alpha1", "source.toolkit.fluxcd.io/v1"


def between(client: Client, namespace: str, workload: str, before: str, after: str) -> Commits:
    """Return the commits between two source revisions; why they are not known is in the result and no error.

    Args:
        client: the cluster of the workload.
        namespace: the workload's.
        workload: whose source it is.
        before: a source revision; empty where it is unknown.
        after: likewise.
    """
    ends = [commit for commit in map(commit_of, (before, after)) if commit]
    if len(ends) != 2 or ends[0] == ends[1]:
        return Commits(before=before, after=after)
    try:
        from pkgops.platform import gitsource
        from pkgops.platform.gitcheckout import GitError
    except ImportError:
        return Commits(before=before, after=after, unknown='it needs dulwich: pip install "pkgops[local]"')

    try:
        url, secret = _source(client, namespace, workload)
        address, auth = _presented(url, secret)
        log = gitsource.history(address, ends, auth, SECONDS, DEPTH)
    except GitError as error:
        return Commits(before=before, after=after, unknown=error.message)
    except PkgopsError as error:
        return Commits(before=before, after=after, unknown=error.summary)
    except (OSError, ValueError) as error:
        # Not its text, which may contain data of the Secret.
        return Commits(
            before=before, after=after, unknown=f"the Git server cannot be read: {type(error).__name__}"
        )
    return of_log(log, before, after)


def of_log(log: Mapping[str, LoggedCommit], before: str, after: str) -> Commits:
    """Return the commits between two source revisions, of those that were fetched from a Git server."""
    old, new = (commit_of(revision) or revision for revision in (before, after))
    gone = [short_commit(sha) for sha in (old, new) if sha not in log]
    if gone:
        unknown = f"the Git server no longer has {' and '.join(gone)}"
        return Commits(before=before, after=after, unknown=unknown)
    led_to_old, led_to_new = _reached(log, old), _reached(log, new)
    added, removed = (_listed(log, found) for found in (led_to_new - led_to_old, led_to_old - led_to_new))
    complete = not any(parent not in log for one in (*added, *removed) for parent in log[one.sha].parents)
    return Commits(before=before, after=after, added=added, removed=removed, complete=complete)


def _reached(log: Mapping[str, LoggedCommit], tip: str) -> set[str]:
    reached: set[str] = set()
    left = [tip]
    while left:
        sha = left.pop()
        if sha in log and sha not in reached:
            reached.add(sha)
            left += log[sha].parents
    return reached


def _listed(log: Mapping[str, LoggedCommit], shas: Iterable[str]) -> tuple[Commit, ...]:
    commits = [log[sha] for sha in shas]
    commits.sort(key=lambda one: (one.when, one.sha), reverse=True)
    return tuple(
        Commit(sha=one.sha, subject=one.subject, author=one.author, when=one.when) for one in commits
    )


def _source(client: Client, namespace: str, workload: str) -> tuple[str, Obj | None]:
    """The URL of the workload's repository, and the Secret with its credentials.

    Raises:
        PkgopsError: it cannot be read from the cluster.
        GitError: there is no URL, or it is not http.
    """
    from pkgops.platform.gitcheckout import GitError

    workload_object = client.find(WORKLOAD, "Workload", workload, namespace) or {}
    repository = _repository(client, workload_object)
    git = ((workload_object.get("spec") or {}).get("source") or {}).get("git") or {}
    spec = repository.get("spec") or {}
    url = str(spec.get("url") or git.get("url") or "")
    if urlsplit(url).scheme not in ("http", "https"):
        scheme = urlsplit(url).scheme
        raise GitError(f"it is read over http and https, not {scheme}" if scheme else "it has no Git URL")
    name = str((spec.get("secretRef") or {}).get("name") or "")
    if not name:
        return url, None
    return url, client.find("v1", "Secret", name, str(repository["metadata"]["namespace"]))


def _repository(client: Client, workload: Mapping[str, Any]) -> Obj:
    """The GitRepository that Cartographer stamped for a workload; an empty one where there is none."""
    entries = (workload.get("status") or {}).get("resources") or []
    refs = [entry.get("stampedRef") or {} for entry in entries]
    for ref in refs:
        if ref.get("kind") == "GitRepository":
            place = str(ref.get("namespace") or workload["metadata"]["namespace"])
            return (
                client.find(
                    str(ref.get("apiVersion") or REPOSITORY), "GitRepository", str(ref["name"]), place
                )
                or {}
            )
    return {}


def _presented(url: str, secret: Obj | None) -> tuple[str, Auth]:
    """The URL without user and password, which messages would repeat, and the credentials."""
    from pkgops.platform.gitcheckout import Auth

    parts = urlsplit(url)
    address = parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl()
    if secret is None:
        return address, Auth(username=unquote(parts.username or ""), password=unquote(parts.password or ""))
    held = secret.get("data") or {}
    data = {key: base64.b64decode(value).decode() for key, value in held.items()}
    auth = Auth(
        username=data.get("username", ""),
        password=data.get("password", ""),
        token=data.get("bearerToken", ""),
        ca=data.get("ca.crt") or data.get("caFile") or "",
    )
    return address, auth
