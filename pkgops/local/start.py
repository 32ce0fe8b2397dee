"""``local up``: from whatever is there to a running cluster; what already runs is left alone."""

from __future__ import annotations

import datetime as dt
import shutil
import time
from collections.abc import Callable, Collection
from pathlib import Path

from pkgops.local import (
    binaries,
    cgroups,
    files,
    golang,
    machine,
    network,
    objects,
    packages,
    parts,
    pause,
    pki,
    running,
    state,
)
from pkgops.local.cluster import LocalCluster
from pkgops.local.events import OnEvent, PartEvent, State, ignore
from pkgops.local.instance import Instance

BOOT_ID = Path("/proc/sys/kernel/random/boot_id")


def up(name: str | None = None, on_event: OnEvent = ignore, *, without: Collection[str] = ()) -> LocalCluster:
    """Start the instance, or what is missing of it, and return it when all of it answers.

    Safe to interrupt at any moment and to run twice at once: the second waits for the first.

    Args:
        name: the instance; None means ``PKGOPS_INSTANCE``, else ``pkgops``.
        on_event: told of every part.
        without: parts not to start, for those who run their own.

    Raises:
        PkgopsError: what cannot be done, why, and the way out.
    """

    def waiting(pid: str) -> None:
        on_event(PartEvent("lock", "working", f"waiting for another command on this cluster (process {pid})"))

    with state.lock(name, waiting):
        return _up(name, on_event, without)


def _up(name: str | None, on_event: OnEvent, without: Collection[str]) -> LocalCluster:
    programs = packages.ensure(on_event)
    built = binaries.ensure(golang.fetch(), on_event)
    instance = state.find(name) or state.create(name, network.taken)
    existed = _same_boot(instance)
    for folder in _folders(instance):
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    machine.prepare()
    _prepare(instance, on_event, "network", lambda: network.ensure(instance), existed)
    _prepare(instance, on_event, "cgroup", lambda: cgroups.ensure(instance.owner), existed)
    pki.ensure(instance, dt.datetime.now(dt.UTC))
    image = pause.reference(instance, built["pause"])
    files.write_all(instance, image, network.mtu())
    then = {
        "registry": lambda: _nothing(pause.ensure(instance, built["pause"])),
        "kube-apiserver": lambda: _apply_objects(instance),
    }
    wanted = [part for part in parts.parts(instance, built, programs) if part.name not in without]
    running.start(instance, wanted, on_event, then, existed=existed)
    return LocalCluster.of(instance)


def _folders(instance: Instance) -> list[Path]:
    below = ("etcd", "containerd", "kubelet", "registry", "git", "platform", "volumes")
    return [
        instance.folder,
        instance.run,
        instance.logs / "pods",
        instance.conf,
        *(instance.data / name for name in below),
    ]


def _same_boot(instance: Instance) -> bool:
    """Say whether the instance was started since the machine was; forget sockets and ids if not."""
    boot = BOOT_ID.read_text().strip()
    mark = instance.run / "boot"
    if mark.exists() and mark.read_text() == boot:
        return True
    shutil.rmtree(instance.run, ignore_errors=True)
    instance.run.mkdir(parents=True, mode=0o700)
    mark.write_text(boot)
    return False


def _prepare(
    instance: Instance, on_event: OnEvent, what: str, ensure: Callable[[], bool], existed: bool
) -> None:
    begun = time.monotonic()
    made = ensure()
    ended: State = "repaired" if made and existed else "ready"
    on_event(PartEvent(what, ended, instance.owner, time.monotonic() - begun))


def _apply_objects(instance: Instance) -> None:
    from pkgops.kube import connect

    client = connect(instance.kubeconfig)
    for obj in objects.all_objects():
        client.apply(obj, manager="pkgops-local")


def _nothing(_: object) -> None:
    return None
