"""Shared by all kinds of sources: errors, safe paths, credentials."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from pkgops.errors import PkgopsError

_BASIC = ("username", "password")


class SourceError(PkgopsError):
    """A source cannot be fetched, or does not contain the requested content; the text is vendir's message."""


class FetchProblem(Exception):
    """A source cannot be fetched; the text is the message of the status."""


def scoped(folder: Path, name: str) -> Path:
    """Return a path inside a folder.

    Raises:
        FetchProblem: the path is outside of the folder.
    """
    path = (folder / name).resolve()
    if not path.is_relative_to(folder.resolve()):
        raise FetchProblem(f"Checking path: Invalid path: {name}")
    return path


def basic_credentials(secret: Mapping[str, bytes], name: str, where: str = "") -> tuple[str, str]:
    """Return user name and password of a Secret; empty where it has none.

    Raises:
        SourceError: it has other keys, which vendir rejects.
    """
    for key in sorted(secret):
        if key not in _BASIC:
            raise SourceError(f"{where}Unknown secret field '{key}' in secret '{name}'")
    user, password = (secret.get(key, b"").decode(errors="replace") for key in _BASIC)
    return user, password
