"""Folders that others change while they are walked: pods that end, the kubelet, another pkgops.

A file that vanishes before it is reached counts as missing: neither a listing nor a removal fails because of
it.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path


def listed(folder: Path) -> list[Path]:
    """Return the entries of a folder; empty where it does not exist, or may not be read."""
    try:
        return list(folder.iterdir())
    except OSError:
        return []


def changed(path: Path) -> float | None:
    """Return when a file was changed last, in seconds since 1970; None where it does not exist."""
    try:
        return path.stat().st_mtime
    except FileNotFoundError:
        return None


def target(link: Path) -> Path | None:
    """Return the target of a symbolic link; None where it does not exist, or is no link."""
    try:
        return link.readlink()
    except OSError:
        return None


def remove(path: Path) -> None:
    """Remove a file, a link or a whole folder, also while others remove what is in it.

    Raises:
        OSError: something of it may not be removed.
    """
    while os.path.lexists(path):
        try:
            shutil.rmtree(path) if path.is_dir() and not path.is_symlink() else path.unlink()
        except FileNotFoundError:
            # Another process has removed it, or something below, in the meantime.
            continue
