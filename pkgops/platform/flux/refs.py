"""Resolve ``spec.ref`` to a commit by the references of a Git server. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping

from pkgops.kube import Obj
from pkgops.platform.flux import semver
from pkgops.platform.gitcheckout import RefError, Target

_SHA = re.compile("[0-9a-f]{40}")
DEFAULT_BRANCH = "master"


def select(refs: Mapping[str, str], ref: Obj) -> Target:
    """Return the commit of ``ref``; the first of commit, name, semver, tag and branch that is set is used.

    Raises:
        RefError: the server has no such reference, or the commit or range is not valid.
    """
    if ref.get("commit"):
        return _commit(refs, ref)
    if ref.get("name"):
        return Target(_find(refs, ref["name"]), ref["name"])
    if ref.get("semver"):
        return _semver(refs, ref["semver"])
    if ref.get("tag"):
        return Target(_find(refs, f"refs/tags/{ref['tag']}"), ref["tag"])
    branch = ref.get("branch") or DEFAULT_BRANCH
    return Target(_find(refs, f"refs/heads/{branch}"), branch)


def _commit(refs: Mapping[str, str], ref: Obj) -> Target:
    branch, sha = ref.get("branch") or "", str(ref["commit"]).lower()
    if branch:
        _find(refs, f"refs/heads/{branch}")
    if not _SHA.fullmatch(sha):
        raise RefError(f"unable to resolve commit object for '{ref['commit']}': object not found")
    return Target(sha, branch, branch, exact=True)


def _semver(refs: Mapping[str, str], range_text: str) -> Target:
    prefix = "refs/tags/"
    tags = [name.removeprefix(prefix) for name in refs if name.startswith(prefix)]
    try:
        tag = semver.latest(tags, range_text)
    except ValueError as error:
        raise RefError(f"semver parse error: {error}") from error
    if tag is None:
        raise RefError(f"no match found for semver: {range_text}")
    return Target(refs[prefix + tag], tag)


def _find(refs: Mapping[str, str], name: str) -> str:
    try:
        return refs[name]
    except KeyError:
        raise RefError(f'couldn\'t find remote ref "{name}"') from None
