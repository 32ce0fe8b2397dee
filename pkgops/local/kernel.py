"""Kernel modules that a cluster needs: a distribution's kernel has them on disk and loads few by itself.

Modules that are built in, or do not exist, are left out: whether the kernel supports what is needed is
checked by trying it (``pkgops.local.trial``), not by names.
"""

from __future__ import annotations

import os
from pathlib import Path

from pkgops import tools
from pkgops.local import folders

BRIDGE_FILTER = "br_netfilter"
_NETWORK = ("veth", "bridge", "nf_conntrack", "nf_nat", "nf_conntrack_netlink")
_MATCHES = ("addrtype", "comment", "conntrack", "mark", "multiport", "recent", "statistic", "tcpudp")
_TARGETS = ("xt_MASQUERADE", "xt_nat", "ipt_REJECT")
_BY_BACKEND = {
    "nf_tables": ("nf_tables", "nft_compat", "nft_chain_nat"),
    "legacy": ("ip_tables", "iptable_filter", "iptable_nat", "iptable_mangle"),
}
SYS_MODULE = Path("/sys/module")
MODULES = Path("/lib/modules")
BRIDGE_SETTINGS = Path("/proc/sys/net/bridge")
# The module enables these for every bridge of the machine; only the instance's own network needs them.
_QUIET = f"""modprobe --quiet {BRIDGE_FILTER} || exit 0
for setting in "$1"/bridge-nf-call-*; do echo 0 >"$setting"; done"""


def load(
    sys_module: Path = SYS_MODULE, modules: Path = MODULES, bridges: Path = BRIDGE_SETTINGS
) -> list[str]:
    """Load missing modules that exist, and return their names.

    Bridges of the machine itself stay unfiltered, as before.
    """
    wanted = missing(sys_module, modules)
    if not wanted or tools.find("modprobe") is None:
        return []
    # In one process with the settings: nothing can come between the two.
    if BRIDGE_FILTER in wanted:
        tools.run("sh", "-c", _QUIET, "sh", str(bridges), ok=range(256))
    tools.run(
        "modprobe", "--all", "--quiet", *(name for name in wanted if name != BRIDGE_FILTER), ok=range(256)
    )
    return [name for name in wanted if (sys_module / name).is_dir()]


def missing(sys_module: Path = SYS_MODULE, modules: Path = MODULES) -> list[str]:
    """Return the modules that are neither loaded nor built in; empty where the kernel has no modules."""
    folder = modules / os.uname().release
    if not folder.is_dir():
        return []
    builtin = folder / "modules.builtin"
    names = {Path(line).stem for line in builtin.read_text().splitlines()} if builtin.exists() else set()
    return [name for name in wanted(_backend()) if name not in names and not (sys_module / name).is_dir()]


def wanted(backend: str) -> tuple[str, ...]:
    """Return every module that a cluster uses, by the backend of iptables."""
    matches = (f"xt_{name}" for name in _MATCHES)
    return ("overlay", *_NETWORK, BRIDGE_FILTER, *_BY_BACKEND.get(backend, ()), *matches, *_TARGETS)


def without_modules(modules: Path = MODULES) -> bool:
    """Return whether there are modules for other kernels only: this one was replaced since the boot."""
    return bool(folders.listed(modules)) and not (modules / os.uname().release).is_dir()


def _backend() -> str:
    """Return ``nf_tables`` or ``legacy``; empty where iptables is not installed."""
    if tools.find("iptables") is None:
        return ""
    version = tools.run("iptables", "--version", ok=range(256)).stdout
    return "nf_tables" if "nf_tables" in version else "legacy"
