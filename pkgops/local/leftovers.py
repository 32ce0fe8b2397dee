"""Files of an instance outside of its folder, cgroup and network, and the check whether anything remains."""

from __future__ import annotations

import contextlib
import json
import re
from collections.abc import Sequence
from pathlib import Path

from pkgops import tools
from pkgops.local import cgroups, folders, mounts, network, processes
from pkgops.local.instance import Instance

SHIM_SOCKETS = Path("/run/containerd/s")
CNI_RESULTS = Path("/var/lib/cni/results")
NAMESPACES = Path("/run/netns")
LOG_LINKS = Path("/var/log/containers")


def sockets(instance: Instance) -> list[Path]:
    """Return the sockets of the instance's shims; each shim's bundle names its own.

    To be called before the shims end: containerd removes the bundles, and not always the sockets.
    """
    tasks = instance.run / "containerd" / "io.containerd.runtime.v2.task"
    paths = []
    for bundle in (bundle for namespace in folders.listed(tasks) for bundle in folders.listed(namespace)):
        # The bundle of a pod that ends is removed, also while these are listed.
        with contextlib.suppress(OSError, ValueError):
            address = json.loads((bundle / "bootstrap.json").read_text())["address"]
            paths.append(Path(address.removeprefix("unix://")))
    return [socket for socket in paths if socket.parent == SHIM_SOCKETS]


def remove_files(instance: Instance) -> None:
    """Remove the records of the pods' networks, and the links to their logs."""
    for path in _files(instance):
        path.unlink(missing_ok=True)


def release_namespaces(folder: Path = NAMESPACES) -> None:
    """Remove the mount that ``ip netns`` creates for the first namespace, if no namespace remains."""
    if folder in mounts.below(folder) and not folders.listed(folder):
        tools.run("umount", str(folder), ok=range(256))


def left(instance: Instance) -> list[str]:
    """Return a line for each remaining part of the instance on the machine."""
    listed: dict[str, Sequence[object]] = {
        "process": [*processes.in_network(instance.netns), *cgroups.processes(instance.owner)],
        "mount": mounts.below(instance.folder),
        "network namespace": [instance.netns] if instance.netns.exists() else [],
        "link": [instance.link] if (Path("/sys/class/net") / instance.link).exists() else [],
        "route": [route for route in network.routes() if str(route) == instance.pod_range],
        "rule": _rules(instance),
        "cgroup": cgroups.folders(instance.owner),
        "file": _files(instance),
    }
    return [f"{kind} {one}" for kind, names in listed.items() for one in names]


def index_of(name: str) -> int:
    """Return the index of an instance whose record was lost, from its rules; 63, the last, without any."""
    comment = re.compile(rf"-i pkgops(\d+) .*--comment \"?pkgops-{re.escape(name)}\"? ")
    match = comment.search(tools.run("iptables", "-w", "-S", "FORWARD", ok=range(256)).stdout)
    return int(match[1]) if match else 63


def _rules(instance: Instance) -> list[str]:
    if tools.find("iptables") is None:
        return []
    listing = [tools.run("iptables", "-w", "-t", table, "-S").stdout for table in ("filter", "nat")]
    mark = re.compile(rf"--comment \"?{re.escape(instance.owner)}\"? ")
    return [line for text in listing for line in text.splitlines() if mark.search(line)]


def _files(instance: Instance) -> list[Path]:
    return [
        *(path for path in folders.listed(CNI_RESULTS) if _is_record(instance, path)),
        *(path for path in folders.listed(LOG_LINKS) if _leads_into(instance, path)),
    ]


def _is_record(instance: Instance, path: Path) -> bool:
    """Return whether a CNI plugin's record is of a pod of the instance.

    Those of the pods' loopback have the same name in every instance; the network namespace decides.
    """
    if re.fullmatch(rf"{re.escape(instance.owner)}-[0-9a-f]{{64}}-.*", path.name):
        return True
    try:
        return path.name.startswith("cni-loopback-") and f'"{instance.run}/' in path.read_text()
    except OSError:
        return False


def _leads_into(instance: Instance, path: Path) -> bool:
    leads = folders.target(path)
    return leads is not None and leads.is_relative_to(instance.folder)
