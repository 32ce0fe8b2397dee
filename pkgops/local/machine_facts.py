"""The facts of the machine check: what is read and tried."""

from __future__ import annotations

import os
import platform
import shutil
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from pkgops import tools
from pkgops.local import binaries, cgroups, golang, kernel, network, packages, state, trial
from pkgops.local.instance import MAX_INDEX, Instance, cache_home, instance_name, state_home

GIGABYTE = 1_000_000_000
DISK_COLD = 14 * GIGABYTE
DISK_WARM = 5 * GIGABYTE
MEMORY_COLD = 2 * GIGABYTE
# A whole run succeeded with this much, including file caches.
MEMORY_WARM = 3 * GIGABYTE // 2
LIBRARIES = ("cryptography", "dulwich", "pathspec", "tomli_w")
"""Libraries that only the cluster on this machine needs: the extra ``pkgops[local]``."""


@dataclass(frozen=True, kw_only=True)
class Machine:
    """The facts that the check reads.

    Attributes:
        system: the operating system and the processor, as ``linux x86_64``.
        root: whether this process is root.
        cgroup_version: 0 where there are none.
        controllers: of a unified hierarchy; empty on others.
        tried: the result of the trial; empty where this process is not root, which is required.
        stale_kernel: whether there are modules for other kernels only.
        disk: bytes free where cache and state are.
        disk_needed: bytes that will be used at most.
        memory: bytes that programs can still allocate.
        memory_needed: the minimum.
        programs: packages that are missing.
        apt: whether they can be installed.
        go: whether there is a Go toolchain, or a way to get one.
        libraries: Python libraries of the extra ``local`` that are missing.
        index_free: whether an address range is free.
        longest_socket: characters of the longest socket's path.
    """

    system: str
    root: bool
    cgroup_version: int
    controllers: frozenset[str]
    tried: trial.Trial
    stale_kernel: bool
    disk: int
    disk_needed: int
    memory: int
    memory_needed: int
    programs: tuple[str, ...]
    apt: bool
    go: bool
    libraries: tuple[str, ...]
    index_free: bool
    longest_socket: int


def read_facts(name: str | None = None) -> Machine:
    """Read the machine's facts, and run the trial; kernel modules that it loads stay loaded."""
    absent = packages.missing()
    root = os.geteuid() == 0
    folder = state_home() / instance_name(name)
    cold = _cold()
    return Machine(
        system=f"{platform.system().lower()} {platform.machine()}",
        root=root,
        cgroup_version=cgroups.version(),
        controllers=_controllers(),
        tried=attempt() if root and cgroups.version() else trial.Trial(),
        stale_kernel=kernel.without_modules(),
        disk=min(shutil.disk_usage(_existing(home)).free for home in (cache_home(), state_home())),
        disk_needed=DISK_COLD if cold else DISK_WARM,
        memory=_free_memory(),
        memory_needed=MEMORY_COLD if cold else MEMORY_WARM,
        programs=tuple(sorted({one.package for one in absent})),
        apt=tools.find("apt-get") is not None,
        go=golang.find() is not None or find_spec("pip") is not None,
        libraries=tuple(name for name in LIBRARIES if find_spec(name) is None),
        index_free=not root or _index_free(name),
        longest_socket=len(str(folder / "run" / "containerd.sock.ttrpc")),
    )


def attempt() -> trial.Trial:
    """Run the trial of the kernel's features, on the file system where the state will be."""
    return trial.run(_existing(state_home()))


def _controllers() -> frozenset[str]:
    path = cgroups.ROOT / "cgroup.controllers"
    return frozenset(path.read_text().split()) if path.exists() else frozenset()


def _existing(home: Path) -> Path:
    return next(path for path in (home, *home.parents) if path.exists())


def _cold() -> bool:
    go = golang.find()
    return go is None or bool(binaries.missing(go.version))


def _free_memory() -> int:
    for line in Path("/proc/meminfo").read_text().splitlines():
        if line.startswith("MemAvailable:"):
            return int(line.split()[1]) * 1024
    return MEMORY_COLD


def _index_free(name: str | None) -> bool:
    if tools.find("ip") is None or state.find(name) is not None:
        return True
    folder = state_home() / instance_name(name)
    candidates = (Instance(folder.name, index, folder) for index in range(MAX_INDEX + 1))
    return any(not network.taken(one) for one in candidates)
