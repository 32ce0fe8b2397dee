"""The instance's cgroup: one folder in every hierarchy, below which the kubelet keeps the pods."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

ROOT = Path("/sys/fs/cgroup")
_DELEGATED = ("cpu", "cpuset", "io", "memory", "pids", "hugetlb")


def version(root: Path = ROOT) -> int:
    """Return 2 on a unified hierarchy, 1 on separate (or mixed) ones, 0 where there are none."""
    if (root / "cgroup.controllers").exists():
        return 2
    return 1 if (root / "memory").is_dir() and (root / "cpu").exists() else 0


def hierarchies(root: Path = ROOT) -> list[Path]:
    """Return the top folder of every hierarchy that is in use; links to another one left out."""
    if version(root) == 2:
        return [root]
    return sorted(path for path in root.iterdir() if path.is_dir() and not path.is_symlink())


def folders(owner: str, root: Path = ROOT) -> list[Path]:
    """Return the folders of that name that exist."""
    return [top / owner for top in hierarchies(root) if (top / owner).is_dir()]


def ensure(owner: str, root: Path = ROOT) -> bool:
    """Make the cgroup in every hierarchy; return whether any folder was missing."""
    made = False
    for top in hierarchies(root):
        folder = top / owner
        if not folder.is_dir():
            folder.mkdir()
            made = True
        _prepare(top, folder)
    return made


def processes(owner: str, root: Path = ROOT) -> set[int]:
    """Return the ids of all processes in the cgroup and below."""
    found: set[int] = set()
    for folder in folders(owner, root):
        for listing in folder.rglob("cgroup.procs"):
            found.update(_read_ids(listing))
    return found


def kill(owner: str, deadline: float = 10.0, root: Path = ROOT) -> set[int]:
    """Kill every process in the cgroup and below, and return the ids of those that would not go."""
    end = time.monotonic() + deadline
    left = processes(owner, root)
    while left and time.monotonic() < end:
        for pid in left:
            _kill(pid)
        time.sleep(0.05)
        left = processes(owner, root)
    return left


def remove(owner: str, deadline: float = 5.0, root: Path = ROOT) -> list[Path]:
    """Remove the cgroup's folders, deepest first, and return those that are left.

    A folder stays busy for a moment after its last process is gone.
    """
    end = time.monotonic() + deadline
    while True:
        left = [
            folder for top in folders(owner, root) for folder in _deepest_first(top) if not _rmdir(folder)
        ]
        if not left or time.monotonic() > end:
            return left
        time.sleep(0.05)


def _prepare(top: Path, folder: Path) -> None:
    for name in ("cpuset.cpus", "cpuset.mems"):
        # A new cpuset of version 1 is empty, and nothing can be put into it.
        if (folder / name).exists() and not (folder / name).read_text().strip() and version(top) != 2:
            (folder / name).write_text((top / name).read_text())
    if (top / "cgroup.subtree_control").exists() and (top / "cgroup.controllers").exists():
        present = (top / "cgroup.controllers").read_text().split()
        wanted = " ".join(f"+{name}" for name in _DELEGATED if name in present)
        for place in (top, folder) if wanted else ():
            (place / "cgroup.subtree_control").write_text(wanted)


def _deepest_first(top: Path) -> Iterator[Path]:
    for path, _names, _files in os.walk(top, topdown=False):
        yield Path(path)


def _rmdir(folder: Path) -> bool:
    try:
        folder.rmdir()
    except FileNotFoundError:
        return True
    except OSError:
        return False
    return True


def _read_ids(listing: Path) -> list[int]:
    try:
        return [int(line) for line in listing.read_text().split()]
    except OSError:
        return []


def _kill(pid: int) -> None:
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        return
