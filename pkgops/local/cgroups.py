"""The instance's cgroup: one folder in every hierarchy, below which the kubelet keeps the pods.

The parts of the cluster have a cgroup of their own in it: in the one where they were started, they would
end with the login session or the service that started them. Folders vanish while they are listed here, since
pods end at any time: a vanished one counts as not listed.
"""

from __future__ import annotations

import contextlib
import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

ROOT = Path("/sys/fs/cgroup")
# Not "cpuset": a kernel for one processor has none on version 2, and the kubelet does not need it.
NEEDED = frozenset({"cpu", "memory", "pids"})
PARTS = "parts"
_DELEGATED = ("cpu", "cpuset", "io", "memory", "pids", "hugetlb")


def version(root: Path = ROOT) -> int:
    """Return 2 on a unified hierarchy, 1 on separate (or mixed) ones, 0 where there are none."""
    if (root / "cgroup.controllers").exists():
        return 2
    return 1 if (root / "memory").is_dir() and (root / "cpu").exists() else 0


def hierarchies(root: Path = ROOT) -> list[Path]:
    """Return the top folder of every hierarchy that is mounted.

    Links to another one are left out, and the folders that systemd creates for those that it cannot mount.
    """
    if version(root) == 2:
        return [root]
    return sorted(path.parent for path in root.glob("*/cgroup.procs") if not path.parent.is_symlink())


def tops(root: Path = ROOT) -> list[Path]:
    """Return the top folder of every hierarchy; empty on a machine without cgroups."""
    return hierarchies(root) if version(root) else []


def folders(owner: str, root: Path = ROOT) -> list[Path]:
    """Return the folders of that name that exist."""
    return [top / owner for top in tops(root) if (top / owner).is_dir()]


def ensure(owner: str, root: Path = ROOT) -> list[str]:
    """Create the cgroup in every hierarchy, and the parts' one in it; return where any was missing."""
    made = {*make(owner, root)}
    if version(root) == 2:
        _hand_down(root, root / owner)
    for top in hierarchies(root):
        made |= {top.name} if _make(top / owner / PARTS) else set()
    return sorted(made)


def make(owner: str, root: Path = ROOT) -> list[str]:
    """Create a cgroup of that name in every hierarchy; return the hierarchies where it was missing.

    Raises:
        OSError: the machine refuses it.
    """
    return [top.name for top in hierarchies(root) if _make(top / owner)]


def hold(owner: str, pids: set[int], root: Path = ROOT) -> set[int]:
    """Move processes to the parts' cgroup in every hierarchy, those of pods left out; return the moved ones.

    Its folder is created where it is missing: on version 1 systemd removes every empty cgroup of a hierarchy,
    of any owner, when it starts or stops using that controller.
    """
    parts = {top: set(_read_ids(top / owner / PARTS / "cgroup.procs")) for top in tops(root)}
    ours = pids - (processes(owner, root) - set().union(*parts.values()))
    moved: set[int] = set()
    for top, held in parts.items():
        absent = ours - held
        if absent:
            _make(top / owner)
            _make(top / owner / PARTS)
        for pid in absent:
            # It has ended, or the machine's process manager forbids it: then it is not moved.
            with contextlib.suppress(OSError):
                (top / owner / PARTS / "cgroup.procs").write_text(f"{pid}\n")
        moved |= absent
    return moved


def try_delegation(root: Path = ROOT) -> None:
    """Enable the controllers of a node in the top cgroup's subtree, and disable those that were not enabled
    before.

    Raises:
        OSError: the machine refuses it, as in a container whose own processes are in the top cgroup.
    """
    if version(root) != 2:
        return
    control = root / "cgroup.subtree_control"
    lacking = sorted(NEEDED - set(control.read_text().split()))
    if lacking:
        control.write_text(" ".join(f"+{name}" for name in lacking))
        # Controllers that another program started to use meanwhile stay enabled.
        with contextlib.suppress(OSError):
            control.write_text(" ".join(f"-{name}" for name in lacking))


def handed_down(root: Path = ROOT) -> frozenset[str]:
    """Return the enabled subtree controllers of a unified hierarchy's top cgroup; empty on others."""
    control = root / "cgroup.subtree_control"
    return frozenset(control.read_text().split()) if version(root) == 2 else frozenset()


def take_back(controllers: frozenset[str], root: Path = ROOT) -> list[str]:
    """Disable subtree controllers, except those that a child cgroup has enabled; return the disabled ones."""
    taken = []
    for name in sorted(controllers):
        with contextlib.suppress(OSError):
            (root / "cgroup.subtree_control").write_text(f"-{name}")
            taken.append(name)
    return taken


def processes(owner: str, root: Path = ROOT) -> set[int]:
    """Return the ids of all processes in the cgroup and below."""
    found: set[int] = set()
    for folder in folders(owner, root):
        for path, _names, _files in os.walk(folder):
            found.update(_read_ids(Path(path) / "cgroup.procs"))
    return found


def kill(owner: str, deadline: float = 10.0, root: Path = ROOT) -> set[int]:
    """Kill every process in the cgroup and below, and return the ids of those that did not end."""
    end = time.monotonic() + deadline
    left = processes(owner, root)
    while left and time.monotonic() < end:
        for pid in left:
            _kill(pid)
        time.sleep(0.05)
        left = processes(owner, root)
    return left


def remove(owner: str, deadline: float = 5.0, root: Path = ROOT) -> list[Path]:
    """Remove the cgroup's folders, deepest first, and return those that could not be removed.

    A folder is busy for a moment after its last process has ended.
    """
    end = time.monotonic() + deadline
    while True:
        left = [
            folder for top in folders(owner, root) for folder in _deepest_first(top) if not _rmdir(folder)
        ]
        if not left or time.monotonic() > end:
            return left
        time.sleep(0.05)


def _make(folder: Path) -> bool:
    made = not folder.is_dir()
    if made:
        folder.mkdir()
    for name in ("cpuset.cpus", "cpuset.mems"):
        # A new cpuset of version 1 is empty, and nothing can be put into it.
        own, above = folder / name, folder.parent / name
        if own.exists() and not (folder / "cgroup.controllers").exists() and not own.read_text().strip():
            own.write_text(above.read_text())
    return made


def _hand_down(top: Path, folder: Path) -> None:
    present = (top / "cgroup.controllers").read_text().split()
    wanted = " ".join(f"+{name}" for name in _DELEGATED if name in present)
    for place in (top, folder):
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
