"""Other users of the machine's settings: other programs' networks, kubelets, configuration."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from pkgops import tools
from pkgops.local.processes import PROC

NETNS = Path("/run/netns")
SYSCTL_FOLDERS = ("usr/lib/sysctl.d", "usr/local/lib/sysctl.d", "run/sysctl.d", "etc/sysctl.d")
SYSCTL_FILES = ("etc/sysctl.conf", "etc/ufw/sysctl.conf")
_OWN_LINK = re.compile(r"pkgops\d+")
# Links of these kinds connect other networks to the machine.
_JOINING = {"bridge", "veth", "tun", "wireguard", "macvlan", "ipvlan", "vxlan", "geneve", "gre", "sit"}
_KUBELETS = {"kubelet", "k3s", "k3s-server", "k3s-agent", "k0s", "rke2", "kubelite"}


@dataclass(frozen=True)
class Others:
    """Other users of the machine's settings now.

    Attributes:
        forwarders: links and rules that use forwarding.
        instances: owner names of local clusters, also of other users.
        kubelets: running programs that include a kubelet.
        configured: settings of the machine's own configuration, by path below ``/proc/sys``.
    """

    forwarders: tuple[str, ...] = ()
    instances: tuple[str, ...] = ()
    kubelets: tuple[str, ...] = ()
    configured: Mapping[str, str] = field(default_factory=dict)


def read_others() -> Others:
    """Return the other users of the machine's settings now."""
    return Others((*_links(), *_rules()), instances(), kubelets(), configured())


def instances(netns: Path = NETNS) -> tuple[str, ...]:
    """Return the owner names of the local clusters that have a network now."""
    return tuple(sorted(path.name for path in netns.glob("pkgops-*")))


def kubelets(proc: Path = PROC) -> tuple[str, ...]:
    """Return the names of running programs that include a kubelet."""
    names = set()
    for entry in proc.glob("[0-9]*"):
        try:
            names.add((entry / "comm").read_text().strip())
        except OSError:
            continue
    return tuple(sorted(names & _KUBELETS))


def configured(root: Path = Path("/")) -> dict[str, str]:
    """Return the settings of the machine's own configuration, by their paths below ``/proc/sys``."""
    named = {path.name: path for folder in SYSCTL_FOLDERS for path in (root / folder).glob("*.conf")}
    files = [named[name] for name in sorted(named)] + [root / name for name in SYSCTL_FILES]
    by_name = {}
    for path in files:
        for line in _lines(path):
            key, equals, value = line.partition("=")
            if equals and not key.lstrip().startswith(("#", ";")):
                by_name[key.strip().lstrip("-").replace(".", "/")] = value.strip()
    return by_name


def _lines(path: Path) -> list[str]:
    try:
        return path.read_text(errors="replace").splitlines()
    except OSError:
        return []


def _links() -> list[str]:
    listed = json.loads(tools.run("ip", "-details", "-json", "link", "show").stdout or "[]")
    kinds = {str(link.get("ifname")): str(link.get("linkinfo", {}).get("info_kind")) for link in listed}
    return sorted(name for name, kind in kinds.items() if kind in _JOINING and not _OWN_LINK.fullmatch(name))


def _rules() -> list[str]:
    if tools.find("iptables") is None:
        return []
    asked = (("filter", "FORWARD"), ("nat", "POSTROUTING"), ("nat", "PREROUTING"))
    listed = [
        tools.run("iptables", "-w", "-t", table, "-S", chain, ok=range(256)).stdout for table, chain in asked
    ]
    lines = [line for text in listed for line in text.splitlines() if line.startswith("-A")]
    return [f"the rule {line}" for line in lines if "pkgops-" not in line]
