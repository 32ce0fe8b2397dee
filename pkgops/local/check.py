"""The machine check: everything that would stop a local cluster, all at once, each with its fix."""

from __future__ import annotations

from dataclasses import dataclass

from pkgops.errors import PreflightError
from pkgops.local.instance import cache_home
from pkgops.local.survey import GIGABYTE, MEMORY, Machine, look

LONGEST_SOCKET = 100
V2_CONTROLLERS = frozenset({"cpu", "cpuset", "memory", "pids"})


class MachineRefused(PreflightError):
    """This machine cannot run a local cluster as it is; every problem is listed. Nothing was changed."""

    slug = "local-check"


@dataclass(frozen=True)
class Problem:
    """Something that would stop a local cluster."""

    what: str
    fix: str


def require(name: str | None = None) -> None:
    """Look at the machine and return if a cluster can be started.

    Raises:
        MachineRefused: with all problems.
    """
    found = problems(look(name))
    if found:
        raise MachineRefused(
            f"this machine cannot run a local cluster: {len(found)} problem{'s' if len(found) > 1 else ''}",
            why="\n".join(f"- {one.what}\n  fix: {one.fix}" for one in found),
            next="pkgops local check",
        )


def problems(machine: Machine) -> list[Problem]:
    """Return everything that stops a cluster on such a machine."""
    return [*_system_problems(machine), *_kernel_problems(machine), *_room_problems(machine)]


def _system_problems(machine: Machine) -> list[Problem]:
    found = []
    if machine.system != "linux x86_64":
        found.append(Problem(f"this is {machine.system}", "use Linux on x86_64, for example in a VM"))
    if not machine.root:
        found.append(Problem("this is not root", "run the command as root: sudo pkgops local up"))
    if machine.programs and not machine.apt:
        missing = ", ".join(machine.programs)
        found.append(Problem(f"missing, and there is no apt to install it: {missing}", f"install {missing}"))
    if not machine.go:
        found.append(
            Problem("there is no Go and no way to get it", "install Go 1.25 or newer, or pip for this Python")
        )
    return found


def _kernel_problems(machine: Machine) -> list[Problem]:
    found = []
    if machine.root and not machine.namespaces:
        found.append(
            Problem(
                "network namespaces cannot be made",
                "run on a machine, or in a container with CAP_SYS_ADMIN and CAP_NET_ADMIN",
            )
        )
    found += _cgroup_problems(machine)
    if not machine.overlay:
        found.append(Problem("the kernel has no overlay file system", "modprobe overlay"))
    if not machine.bridge_filter:
        found.append(Problem("iptables does not see the packets of bridges", "modprobe br_netfilter"))
    if machine.root and machine.iptables:
        found.append(
            Problem(f"iptables cannot list its rules: {machine.iptables}", "modprobe ip_tables iptable_nat")
        )
    return found


def _cgroup_problems(machine: Machine) -> list[Problem]:
    if machine.cgroup_version == 0:
        return [Problem("no cgroups are mounted at /sys/fs/cgroup", "mount -t cgroup2 none /sys/fs/cgroup")]
    if machine.root and not machine.cgroup_writable:
        return [Problem("/sys/fs/cgroup cannot be written", "mount -o remount,rw /sys/fs/cgroup")]
    lacking = V2_CONTROLLERS - machine.controllers if machine.cgroup_version == 2 else frozenset()
    if lacking:
        names = ", ".join(sorted(lacking))
        return [Problem(f"cgroup version 2 without {names}", f"start the kernel with {names} enabled")]
    return []


def _room_problems(machine: Machine) -> list[Problem]:
    found = []
    if not machine.index_free:
        fix = "remove the routes, or stop an instance: pkgops local down --instance NAME"
        found.append(Problem("all of 10.244.0.0/18 is in use by links or routes", fix))
    if machine.disk < machine.disk_needed:
        sizes = f"{_gigabytes(machine.disk)} of disk are free, {_gigabytes(machine.disk_needed)} are needed"
        where = f"free some, or point XDG_CACHE_HOME and XDG_STATE_HOME elsewhere (now {cache_home()})"
        found.append(Problem(sizes, where))
    if machine.memory < MEMORY:
        sizes = f"{_gigabytes(machine.memory)} of memory are free, {_gigabytes(MEMORY)} are needed"
        found.append(Problem(sizes, "end other programs"))
    if machine.longest_socket > LONGEST_SOCKET:
        fix = "choose a shorter name or a shorter XDG_STATE_HOME"
        found.append(Problem("the paths of sockets would be too long for the kernel", fix))
    return found


def _gigabytes(size: int) -> str:
    return f"{size / GIGABYTE:.1f} GB"
