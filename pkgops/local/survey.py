"""What the machine check looks at; nothing is changed and nothing is judged."""

from __future__ import annotations

import os
import platform
import shutil
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from pkgops import tools
from pkgops.errors import PkgopsError
from pkgops.local import binaries, cgroups, golang, network, packages, state
from pkgops.local.instance import MAX_INDEX, Instance, cache_home, instance_name, state_home

GIGABYTE = 1_000_000_000
DISK_COLD = 14 * GIGABYTE
DISK_WARM = 5 * GIGABYTE
MEMORY = 2 * GIGABYTE


@dataclass(frozen=True)
class Machine:
    """What the check looks at.

    Attributes:
        system: the operating system and the processor, as ``linux x86_64``.
        root: whether this process is root.
        namespaces: whether a network namespace can be made.
        cgroup_version: 0 where there are none.
        cgroup_writable: whether folders can be made in them.
        controllers: of a unified hierarchy; empty on others.
        overlay: whether the kernel can lay file systems over each other.
        bridge_filter: whether iptables sees the packets of bridges.
        iptables: what iptables answered when asked for its rules; empty if nothing is wrong.
        disk: bytes free where cache and state are.
        disk_needed: bytes that will be used at most.
        memory: bytes that programs can still get.
        programs: packages that are missing.
        apt: whether they can be installed.
        go: whether there is a Go toolchain, or a way to get one.
        index_free: whether an address range is free.
        longest_socket: characters of the longest socket's path.
    """

    system: str
    root: bool
    namespaces: bool
    cgroup_version: int
    cgroup_writable: bool
    controllers: frozenset[str]
    overlay: bool
    bridge_filter: bool
    iptables: str
    disk: int
    disk_needed: int
    memory: int
    programs: tuple[str, ...]
    apt: bool
    go: bool
    index_free: bool
    longest_socket: int


def look(name: str | None = None) -> Machine:
    """Look at the machine; nothing is changed."""
    absent = packages.missing()
    root = os.geteuid() == 0
    folder = state_home() / instance_name(name)
    return Machine(
        system=f"{platform.system().lower()} {platform.machine()}",
        root=root,
        namespaces=_namespaces(),
        cgroup_version=cgroups.version(),
        cgroup_writable=all(os.access(top, os.W_OK) for top in _tops()),
        controllers=_controllers(),
        overlay=_kernel_has("overlay"),
        bridge_filter=Path("/proc/sys/net/bridge").is_dir() or _module_exists("br_netfilter"),
        iptables=_iptables(),
        disk=_free_disk(),
        disk_needed=DISK_COLD if _cold() else DISK_WARM,
        memory=_free_memory(),
        programs=tuple(sorted({one.package for one in absent})),
        apt=tools.find("apt-get") is not None,
        go=golang.find() is not None or find_spec("pip") is not None,
        index_free=not root or _index_free(name),
        longest_socket=len(str(folder / "run" / "containerd.sock.ttrpc")),
    )


def _tops() -> list[Path]:
    return cgroups.hierarchies() if cgroups.version() else []


def _controllers() -> frozenset[str]:
    path = cgroups.ROOT / "cgroup.controllers"
    return frozenset(path.read_text().split()) if path.exists() else frozenset()


def _namespaces() -> bool:
    try:
        return tools.run("unshare", "--net", "true", ok=range(256)).status == 0
    except PkgopsError:
        return False


def _kernel_has(file_system: str) -> bool:
    known = Path("/proc/filesystems").read_text().split() if Path("/proc/filesystems").exists() else []
    return file_system in known or _module_exists(file_system)


def _module_exists(name: str) -> bool:
    if tools.find("modprobe") is None:
        return False
    return tools.run("modprobe", "--dry-run", "--quiet", name, ok=range(256)).status == 0


def _iptables() -> str:
    if tools.find("iptables") is None:
        return ""
    answer = tools.run("iptables", "-w", "-t", "nat", "-S", "POSTROUTING", ok=range(256))
    return "" if answer.status == 0 else tools.tail(answer.stderr, 1)


def _free_disk() -> int:
    existing = [next(path for path in (home, *home.parents) if path.exists()) for home in _homes()]
    return min(shutil.disk_usage(path).free for path in existing)


def _homes() -> list[Path]:
    return [cache_home(), state_home()]


def _cold() -> bool:
    go = golang.find()
    return go is None or bool(binaries.missing(go.version))


def _free_memory() -> int:
    for line in Path("/proc/meminfo").read_text().splitlines():
        if line.startswith("MemAvailable:"):
            return int(line.split()[1]) * 1024
    return MEMORY


def _index_free(name: str | None) -> bool:
    if tools.find("ip") is None or state.find(name) is not None:
        return True
    folder = state_home() / instance_name(name)
    candidates = (Instance(folder.name, index, folder) for index in range(MAX_INDEX + 1))
    return any(not network.taken(one) for one in candidates)
