"""Folders that others change while they are walked: pods that end, the kubelet, another pkgops.

What is gone before it is reached was not there: neither a listing nor a removal fails because of it.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path


def listed(folder: Path) -> list[Path]:
    """Return what a folder has; nothing where it is gone, or may not be read."""
    try:
        return list(folder.iterdir())
    except OSError:
        return []


def changed(path: Path) -> float | None:
    """Return when something was changed last, in seconds since 1970; None where it is gone."""
    try:
        return path.stat().st_mtime
    except FileNotFoundError:
        return None


def target(link: Path) -> Path | None:
    """Return where a symbolic link leads; None where it is gone, or no link."""
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
            # Somebody else was faster, with all of it or with something below.
            continue
