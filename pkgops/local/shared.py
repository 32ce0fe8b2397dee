"""Files and kernel state outside of the instances' folders, shared by all instances and other programs.

The kubelet, containerd, runc, ip and iptables have no setting for these. What did not exist before the first
start is removed with the last instance, unless another program uses it.
"""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import Any

from pkgops.local import cgroups, netfilter, probes
from pkgops.local.processes import PROC

FOLDERS = (
    "/var/log/containers",
    "/var/lib/kubelet/device-plugins",
    "/var/lib/kubelet",
    "/var/lib/cni/results",
    "/var/lib/cni",
    "/run/containerd/s",
    "/run/containerd",
    "/run/netns",
)
DEVICES = Path("/var/lib/kubelet/device-plugins")
TABLES = ("filter", "nat")
PROFILE = "cri-containerd.apparmor.d"
APPARMOR = Path("/sys/kernel/security/apparmor")
SYSTEMD = Path("/run/systemd/system")
# systemd manages these itself, and enables them when one of its units needs them.
_SYSTEMDS = frozenset({"cpu", "cpuset", "io", "memory", "pids"})


def read_state() -> dict[str, Any]:
    """Return the state before the first start."""
    return {
        "folders": [name for name in FOLDERS if not Path(name).is_dir()],
        "controllers": sorted(cgroups.handed_down()),
        "tables": sorted(netfilter.tables()),
        "profile": profile_loaded(),
    }


def remove(before: dict[str, Any]) -> list[str]:
    """Remove what did not exist before, as far as it is not in use; return what was removed.

    Args:
        before: the result of ``read_state``; anything that it does not name is kept.
    """
    return [
        *_take_back(before.get("controllers")),
        *_remove_tables(before.get("tables")),
        *_unload_profile(before.get("profile", True)),
        *_remove_folders(before.get("folders", [])),
    ]


def _remove_folders(absent: list[str]) -> list[str]:
    """Remove the empty folders that did not exist before, and the socket of a kubelet."""
    socket = DEVICES / "kubelet.sock"
    if socket.exists() and not probes.unix(socket):
        socket.unlink()
    removed = []
    for name in sorted(absent, key=len, reverse=True):
        with contextlib.suppress(OSError):
            Path(name).rmdir()
            removed.append(name)
    return removed


def profile_loaded(apparmor: Path = APPARMOR) -> bool:
    """Return whether the AppArmor profile of containerd's containers is loaded."""
    with contextlib.suppress(OSError):
        return any(
            line.startswith(f"{PROFILE} ") for line in (apparmor / "profiles").read_text().splitlines()
        )
    return False


def _take_back(before: list[str] | None) -> list[str]:
    if before is None:
        return []
    kept = _SYSTEMDS if SYSTEMD.is_dir() else frozenset()
    return [
        f"controller {one}" for one in cgroups.take_back(cgroups.handed_down() - frozenset(before) - kept)
    ]


def _remove_tables(before: list[str] | None) -> list[str]:
    if before is None:
        return []
    new = netfilter.tables() - frozenset(before)
    return [f"table {name}" for name in TABLES if name in new and netfilter.remove_empty(name)]


def _unload_profile(before: bool, apparmor: Path = APPARMOR) -> list[str]:
    if before or not profile_loaded(apparmor) or _confined():
        return []
    with contextlib.suppress(OSError):
        (apparmor / ".remove").write_text(PROFILE)
        return [f"AppArmor profile {PROFILE}"]
    return []


def _confined(proc: Path = PROC) -> bool:
    """Return whether any process runs under the profile."""
    for entry in proc.glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if (entry / "attr" / "current").read_text().startswith(PROFILE):
                return True
    return False
