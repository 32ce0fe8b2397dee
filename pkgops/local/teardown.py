"""``local down``: stop everything, remove everything, and check whether anything remains."""

from __future__ import annotations

import shutil
import time
from pathlib import Path

from pkgops.errors import PreflightError, StepFailed
from pkgops.local import (
    cgroups,
    folders,
    leftovers,
    machine,
    mounts,
    network,
    part_process,
    processes,
    shared,
)
from pkgops.local import state as states
from pkgops.local.events import OnEvent, PartEvent, ignore
from pkgops.local.instance import Instance, instance_name, state_home

# The API server before etcd: in reverse order it waits its whole grace period for etcd.
ORDER = (
    ("platform", "dns", "git", "kube-proxy", "kubelet", "kube-scheduler", "kube-controller-manager"),
    ("kube-apiserver", "registry"),
    ("etcd",),
)
GRACE = {"kube-apiserver": 15.0, "etcd": 15.0, "registry": 5.0}
KEPT = ("instance.json", "data", "pki")
KEPT_DATA = ("etcd", "registry", "git", "volumes", "platform")


class NotRemoved(StepFailed):
    """Something of the cluster could not be removed; it is listed."""

    slug = "local-left-behind"


def down(name: str | None = None, on_event: OnEvent = ignore, *, keep_data: bool = False) -> bool:
    """Stop an instance and remove everything that it created on this machine; return whether there was
    anything.

    Args:
        name: the instance; None means ``PKGOPS_INSTANCE``, else ``pkgops``.
        on_event: gets each step.
        keep_data: keep objects, images and Git history, so that the next ``up`` finds them.

    Raises:
        NotRemoved: something could not be removed.
    """
    name = instance_name(name)
    with states.lock(name, lambda pid: on_event(PartEvent("lock", "working", f"waiting for process {pid}"))):
        instance = _existing(name)
        if instance is None:
            # The last command may have been killed between removing the instance and this.
            _settings(name, on_event)
            return False
        # Those of pods that end meanwhile, and of pods that begin.
        sockets = {*leftovers.sockets(instance)}
        _stop(instance, on_event)
        for socket in sockets.union(leftovers.sockets(instance)):
            socket.unlink(missing_ok=True)
        _remove(instance, on_event)
        _empty(instance, keep_data)
        _settings(name, on_event)
        left = leftovers.left(instance)
        left += [f"folder {instance.folder}"] if instance.folder.exists() and not keep_data else []
        if left:
            raise NotRemoved(
                f"the local cluster {name} is stopped, but something could not be removed",
                why="\n".join(left),
                next=f"pkgops local down --instance {name}",
            )
    return True


def _existing(name: str) -> Instance | None:
    """Return the instance, also one whose record was lost, recognised by its remaining files."""
    folder = state_home() / name
    try:
        found = states.find(name)
    except PreflightError:
        found = None
    if found is None and folder.is_dir():
        found = Instance(name, leftovers.index_of(name), folder)
    return found


def _stop(instance: Instance, on_event: OnEvent) -> None:
    begun = time.monotonic()
    for names in ORDER:
        records = [record for one in names if (record := part_process.runs(instance, one))]
        grace = max(GRACE.get(one, 3.0) for one in names)
        processes.stop({record.pid for record in records}, grace)
    # Remaining processes in the network: containerd, the pods' shims, and unrecorded ones.
    cgroups.kill(instance.owner)
    processes.stop(processes.in_network(instance.netns), 1.0)
    cgroups.kill(instance.owner)
    on_event(PartEvent("processes", "stopped", "", time.monotonic() - begun))


def _remove(instance: Instance, on_event: OnEvent) -> None:
    begun = time.monotonic()
    mounts.unmount(instance.folder)
    network.remove(instance)
    cgroups.remove(instance.owner)
    leftovers.remove_files(instance)
    on_event(PartEvent("network", "stopped", "mounts, network and cgroup removed", time.monotonic() - begun))


def _empty(instance: Instance, keep_data: bool) -> None:
    if mounts.below(instance.folder):
        return
    if not keep_data:
        shutil.rmtree(instance.folder, ignore_errors=True)
        return
    _remove_others(instance.folder, KEPT)
    _remove_others(instance.data, KEPT_DATA)


def _remove_others(folder: Path, kept: tuple[str, ...]) -> None:
    for path in folders.listed(folder):
        if path.name not in kept:
            folders.remove(path)


def _settings(name: str, on_event: OnEvent) -> None:
    others = [one for one in states.all_instances() if one.name != name and one.netns.exists()]
    if not others:
        leftovers.release_namespaces()
    if others:
        return
    restored = machine.restore()
    put_back = [*restored.put_back, *shared.remove(restored.seen)]
    if put_back:
        on_event(PartEvent("machine", "stopped", f"restored or removed: {', '.join(put_back)}"))
    for line in restored.left:
        on_event(PartEvent("machine", "note", line))
    if restored.installed:
        on_event(PartEvent("machine", "note", f"stays on the machine: {'; '.join(restored.installed)}"))
