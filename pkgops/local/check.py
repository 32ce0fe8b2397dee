"""The machine check: everything that would prevent a local cluster, reported together, each with its fix."""

from __future__ import annotations

from dataclasses import dataclass

from pkgops.errors import PreflightError
from pkgops.local import trial
from pkgops.local.cgroups import NEEDED
from pkgops.local.golang import MINIMUM
from pkgops.local.instance import cache_home
from pkgops.local.machine_facts import GIGABYTE, Machine, attempt, read_facts

LONGEST_SOCKET = 100
_CAPABLE = "run on a machine, or in a container with CAP_SYS_ADMIN and CAP_NET_ADMIN"
_STEPS = {
    trial.NAMESPACES: ("network namespaces cannot be created", _CAPABLE),
    trial.BRIDGE: ("no bridge can be created", "modprobe bridge"),
    trial.LINKS: ("no veth pair can be created", "modprobe veth"),
    trial.FILTER: ("iptables does not filter the packets of bridges", "modprobe br_netfilter"),
    trial.RULES: (
        "iptables cannot make its rules",
        "modprobe nf_tables nft_compat, or ip_tables iptable_nat",
    ),
    trial.OVERLAY: (
        "overlay file systems cannot be mounted",
        "modprobe overlay, or point XDG_STATE_HOME to a file system that supports it, such as ext4",
    ),
    trial.CGROUP: (
        "cgroups cannot be created and used",
        "mount -o remount,rw /sys/fs/cgroup; in a container, move its processes out of the top cgroup",
    ),
}
# Features that no module adds.
_BUILT_IN = (trial.NAMESPACES, trial.CGROUP)


class MachineRefused(PreflightError):
    """This machine cannot run a local cluster as it is; every problem is listed. Nothing was changed."""

    slug = "local-check"


@dataclass(frozen=True)
class Problem:
    """Something that would prevent a local cluster."""

    what: str
    fix: str


def require(name: str | None = None) -> Machine:
    """Check the machine and return its facts if a cluster can be started.

    Raises:
        MachineRefused: with all problems.
    """
    machine = read_facts(name)
    _refuse(problems(machine))
    return machine


def require_kernel() -> trial.Trial:
    """Check again what the kernel must support, now that the programs for it are installed.

    Raises:
        MachineRefused: with everything that it does not support.
    """
    tried = attempt()
    _refuse(_trial_problems(tried, stale=False))
    return tried


def _refuse(found: list[Problem]) -> None:
    if found:
        raise MachineRefused(
            f"this machine cannot run a local cluster: {len(found)} problem{'s' if len(found) > 1 else ''}",
            why="\n".join(f"- {one.what}\n  fix: {one.fix}" for one in found),
            next="pkgops local check",
        )


def problems(machine: Machine) -> list[Problem]:
    """Return everything that prevents a cluster on such a machine."""
    return [
        *_system_problems(machine),
        *_cgroup_problems(machine),
        *_trial_problems(machine.tried, stale=machine.stale_kernel),
        *_room_problems(machine),
    ]


def _system_problems(machine: Machine) -> list[Problem]:
    found = []
    if machine.system != "linux x86_64":
        found.append(Problem(f"this is {machine.system}", "use Linux on x86_64, for example in a VM"))
    if not machine.root:
        found.append(Problem("this is not root", "run the command as root: sudo bin/pkgops up"))
    if machine.programs and not machine.apt:
        missing = ", ".join(machine.programs)
        found.append(Problem(f"missing, and there is no apt to install it: {missing}", f"install {missing}"))
    if machine.libraries:
        missing = ", ".join(machine.libraries)
        found.append(Problem(f"Python libraries are missing: {missing}", "pip install 'pkgops[local]'"))
    if not machine.go:
        found.append(
            Problem(
                "there is no Go and no way to get it",
                f"install Go {MINIMUM} or newer, or pip for this Python",
            )
        )
    return found


def _trial_problems(tried: trial.Trial, *, stale: bool) -> list[Problem]:
    found = []
    for failed in tried.failed:
        what, fix = _STEPS[failed.step]
        modular = stale and failed.step not in _BUILT_IN
        reboot = "restart the machine: the modules of the kernel that runs are not installed any more"
        found.append(Problem(f"{what}: {failed.message}", reboot if modular else fix))
    return found


def _cgroup_problems(machine: Machine) -> list[Problem]:
    if machine.cgroup_version == 0:
        return [Problem("no cgroups are mounted at /sys/fs/cgroup", "mount -t cgroup2 none /sys/fs/cgroup")]
    lacking = NEEDED - machine.controllers if machine.cgroup_version == 2 else frozenset()
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
    if machine.memory < machine.memory_needed:
        sizes = (
            f"{_gigabytes(machine.memory)} of memory are free, {_gigabytes(machine.memory_needed)} are needed"
        )
        found.append(Problem(sizes, "end other programs"))
    if machine.longest_socket > LONGEST_SOCKET:
        fix = "choose a shorter name or a shorter XDG_STATE_HOME"
        found.append(Problem("the paths of sockets would be too long for the kernel", fix))
    return found


def _gigabytes(size: int) -> str:
    return f"{size / GIGABYTE:.1f} GB"
