"""What all ways to fetch a source share: their errors, safe paths, credentials."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from pkgops.errors import PkgopsError

_BASIC = ("username", "password")


class NotInSource(PkgopsError):
    """What was asked for cannot be had from a source, or is not in it; the text says what."""


class FetchProblem(Exception):
    """A source cannot be fetched; the text says why."""


def scoped(folder: Path, name: str) -> Path:
    """Return a path inside a folder.

    Raises:
        FetchProblem: it leads outside.
    """
    path = (folder / name).resolve()
    if not path.is_relative_to(folder.resolve()):
        raise FetchProblem(f"Checking path: Invalid path: {name}")
    return path


def basic_credentials(secret: Mapping[str, bytes], name: str, where: str = "") -> tuple[str, str]:
    """Return user name and password of a Secret; empty where it has none.

    Raises:
        NotInSource: it has other keys, which vendir does not take.
    """
    for key in sorted(secret):
        if key not in _BASIC:
            raise NotInSource(f"{where}Unknown secret field '{key}' in secret '{name}'")
    user, password = (secret.get(key, b"").decode(errors="replace") for key in _BASIC)
    return user, password
