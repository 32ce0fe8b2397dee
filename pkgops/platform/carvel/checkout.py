"""Sources of kind ``git``, fetched as vendir does."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from pkgops.platform.carvel.secrets import References
from pkgops.platform.carvel.selection import NoVersion, select_tag
from pkgops.platform.carvel.sources import SourceError, basic_credentials, scoped
from pkgops.platform.gitcheckout import Auth, Checkout, GitError, RefError, Target
from pkgops.platform.gitsource import fetch

_TAGS, _BRANCHES, _REMOTE = "refs/tags/", "refs/heads/", "origin/"
_DIGITS = re.compile(r"[0-9a-f]{4,40}")
_COMMIT = 40
_SECONDS = 120.0


def check_out(spec: dict[str, Any], references: References, target: Path) -> dict[str, Any]:
    """Fetch a ``git`` source into a folder; return its entry in vendir's lock.

    Raises:
        MissingReference: its Secret does not exist.
        SourceError: it cannot be fetched.
    """
    try:
        checkout = _fetched(spec, references)
    except GitError as error:
        raise SourceError(f"Fetching git repository: {error.message}") from error
    except SourceError as error:
        raise SourceError(f"Fetching git repository: {error.what}") from error
    _write(checkout, target)
    title, _, more = checkout.message.partition("\n")
    lock: dict[str, Any] = {"commitTitle": title + ("..." if more else ""), "sha": checkout.commit}
    return {**lock, **({"tags": [_described(checkout)]} if checkout.tags else {})}


def _fetched(spec: dict[str, Any], references: References) -> Checkout:
    url = str(spec.get("url") or "")
    if not url:
        raise SourceError("Expected non-empty URL")
    if urlsplit(url).scheme not in ("http", "https"):
        raise SourceError(f"the local platform fetches over http and https: '{url}'")
    checkout = fetch(url, lambda refs: choose(refs, spec), _auth(url, spec, references), _SECONDS)
    if checkout is None:
        raise SourceError(f"nothing was fetched from '{url}'")
    if checkout.submodules:
        raise SourceError(f"the local platform fetches no submodules: {', '.join(checkout.submodules)}")
    return checkout


def _auth(url: str, spec: dict[str, Any], references: References) -> Auth:
    name = (spec.get("secretRef") or {}).get("name")
    if not name:
        return Auth()
    content = references.secret(name)
    if "ssh-privatekey" in content:
        raise SourceError(f"the local platform has no use for the ssh-privatekey of secret '{name}'")
    content.pop("ssh-knownhosts", None)
    user, password = basic_credentials(content, name)
    if "username" in content and "password" in content and not url.startswith("https://"):
        raise SourceError("Username/password authentication is only supported for https remotes")
    return Auth(username=user, password=password)


def choose(refs: Mapping[str, str], spec: Mapping[str, Any]) -> Target:
    """Return the commit of ``ref`` or ``refSelection``; a tag has precedence over a branch of the same name.

    By default only the newest commit of each reference can be selected, as with vendir; with another
    ``depth`` any commit can.

    Raises:
        RefError: there is no such reference or commit.
    """
    text = str(spec.get("ref") or "")
    if not text:
        return _selected(refs, spec.get("refSelection"))
    name = text.removeprefix(_REMOTE)
    for full_name in (name, _TAGS + name, _BRANCHES + name):
        if full_name in refs and full_name.startswith("refs/"):
            return Target(refs[full_name], name)
    digits = name.lower()
    if _DIGITS.fullmatch(digits):
        tips = {sha for sha in refs.values() if sha.startswith(digits)}
        if len(tips) == 1:
            return Target(tips.pop(), name)
        if len(digits) == _COMMIT and spec.get("depth") not in (None, 1):
            return Target(digits, name, exact=True)
        if len(digits) == _COMMIT:
            raise RefError(f"fatal: reference is not a tree: {digits}")
    if text != name:
        raise RefError(f"fatal: couldn't find remote ref {name}")
    raise RefError(f"error: pathspec '{name}' did not match any file(s) known to git")


def _selected(refs: Mapping[str, str], selection: dict[str, Any] | None) -> Target:
    if not selection:
        raise RefError("Expected either ref or ref selection to be specified")
    tags = [name.removeprefix(_TAGS) for name in refs if name.startswith(_TAGS)]
    try:
        tag = select_tag(tags, selection)
    except NoVersion as error:
        raise RefError(str(error)) from error
    return Target(refs[_TAGS + tag], tag)


def _described(checkout: Checkout) -> str:
    """Return the tag of a commit for the lock: the requested one, else the first."""
    requested = checkout.revision.partition("@")[0]
    return requested if requested in checkout.tags else checkout.tags[0]


def _write(checkout: Checkout, target: Path) -> None:
    for file in checkout.files:
        path = scoped(target, file.path)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(file.content)
        if file.executable:
            path.chmod(0o755)
    for name, points_to in checkout.links:
        path = scoped(target, name)
        scoped(target, str(Path(name).parent / points_to))
        path.parent.mkdir(parents=True, exist_ok=True)
        path.symlink_to(points_to)
