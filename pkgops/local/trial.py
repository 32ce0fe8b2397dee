"""The trial of the machine check: links, rules, an overlay, cgroups, which can only be checked by trying
them.

It runs in a network and a mount namespace that end with its process, also if that is killed. The names of its
two folders contain the process's id, and they are removed by the next trial at the latest.
"""

from __future__ import annotations

import contextlib
import os
import re
import shlex
import shutil
from dataclasses import dataclass
from pathlib import Path

from pkgops import tools
from pkgops.local import cgroups, folders, kernel, processes

FILTER_SETTING = "/proc/sys/net/bridge/bridge-nf-call-iptables"
NAMESPACES = "namespaces"
BRIDGE = "bridge"
LINKS = "links"
FILTER = "bridge filter"
RULES = "rules"
OVERLAY = "overlay"
CGROUP = "cgroup"
MARK = "pkgops-check-"
_END = "tried all"
_OVERLAY = (
    "mkdir lower upper work merged && "
    "mount -t overlay overlay -o lowerdir=lower,upperdir=upper,workdir=work merged && echo x >merged/file"
)
# One rule of each kind that the instance, kube-proxy and the CNI plugins add.
_RULES = (
    "-t nat -A POSTROUTING -s 10.244.0.0/24 -m comment --comment try -j MASQUERADE",
    "-t nat -A PREROUTING -p tcp -m tcp --dport 80 -j DNAT --to-destination 10.244.0.2:8080",
    "-t nat -A PREROUTING -p tcp -m multiport --dports 80,443 -m addrtype --dst-type LOCAL -j RETURN",
    "-t nat -A OUTPUT -m statistic --mode random --probability 0.5 -j RETURN",
    "-t nat -A OUTPUT -m recent --name try --set -j RETURN",
    "-t nat -A OUTPUT -m mark --mark 0x4000/0x4000 -j MARK --set-xmark 0x4000/0x4000",
    "-t mangle -N TRY",
    "-t filter -A FORWARD -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT",
    "-t filter -A INPUT -p tcp -m tcp --dport 81 -j REJECT",
)


@dataclass(frozen=True)
class Failed:
    """A step that failed on this machine.

    Attributes:
        step: its name, one of those above.
        message: the message of the kernel or the program.
    """

    step: str
    message: str


@dataclass(frozen=True)
class Trial:
    """The result of the trial.

    Attributes:
        failed: the first failure of each step.
        untried: steps whose program is not installed yet, with the program's name.
        loaded: kernel modules that had to be loaded, and stay loaded.
    """

    failed: tuple[Failed, ...] = ()
    untried: tuple[tuple[str, str], ...] = ()
    loaded: tuple[str, ...] = ()


def run(near: Path) -> Trial:
    """Load the kernel's modules, then try every step.

    Args:
        near: the folder whose file system the instance will use.
    """
    loaded = tuple(kernel.load())
    sweep(near)
    owner = f"{MARK}{os.getpid()}"
    folder = near / f".{owner}"
    untried = tuple((step, name) for step, name in _PROGRAMS.items() if tools.find(name) is None)
    try:
        folder.mkdir(mode=0o700)
        failed = _cgroup(owner)
        failed += _isolated([step for step in _steps(owner) if step[0] not in dict(untried)], folder)
    except OSError as error:
        failed = [Failed(OVERLAY, str(error))]
    finally:
        cgroups.remove(owner)
        shutil.rmtree(folder, ignore_errors=True)
    first = {one.step: one for one in reversed(failed)}
    return Trial(tuple(first.values()), untried, loaded)


_PROGRAMS = {BRIDGE: "ip", LINKS: "ip", RULES: "iptables"}


def _steps(owner: str) -> list[tuple[str, tuple[str, ...]]]:
    """Return the steps in the namespaces: name and command."""
    inside = [f"echo $$ >{shlex.quote(str(folder))}/cgroup.procs" for folder in cgroups.folders(owner)]
    return [
        (BRIDGE, ("ip", "link", "add", "name", "try0", "type", "bridge")),
        (LINKS, ("ip", "link", "add", "name", "try1", "type", "veth", "peer", "name", "try2")),
        (FILTER, ("sh", "-c", f"echo 1 >{FILTER_SETTING}")),
        *((RULES, ("iptables", "-w", *rule.split())) for rule in _RULES),
        (OVERLAY, ("sh", "-c", _OVERLAY)),
        *((CGROUP, ("sh", "-c", line)) for line in inside),
    ]


def _isolated(steps: list[tuple[str, tuple[str, ...]]], folder: Path) -> list[Failed]:
    words = ("unshare", "--net", "--mount", "--", "sh", "-c", script(steps))
    done = tools.run(*words, cwd=folder, ok=range(256))
    lines = done.stdout.splitlines()
    if _END not in lines:
        return [Failed(NAMESPACES, tools.tail(done.stderr, 1) or f"unshare ended with status {done.status}")]
    return [Failed(*line.split("\t", 1)) for line in lines if "\t" in line]


def script(steps: list[tuple[str, tuple[str, ...]]]) -> str:
    """Return a shell's script that runs every command and prints a line for each that fails."""
    attempt = 'try() { step=$1; shift; said=$("$@" 2>&1) || printf "%s\\t%s\\n" "$step" "$(echo $said)"; }'
    calls = [shlex.join(("try", step, *command)) for step, command in steps]
    return "\n".join([attempt, *calls, f"echo {shlex.quote(_END)}"])


def _cgroup(owner: str) -> list[Failed]:
    try:
        cgroups.make(owner)
        cgroups.try_delegation()
    except OSError as error:
        return [Failed(CGROUP, str(error))]
    return []


def sweep(near: Path) -> None:
    """Remove the remains of a killed trial."""
    left = [path.name for top in cgroups.tops() for path in top.glob(f"{MARK}*")]
    for name in {name for name in left if _ended(name)}:
        cgroups.remove(name, 0.0)
    for path in near.glob(f".{MARK}*"):
        if _ended(path.name):
            with contextlib.suppress(OSError):
                folders.remove(path)


def _ended(name: str) -> bool:
    number = re.search(r"\d+$", name)
    return number is not None and processes.start_time(int(number[0])) is None
