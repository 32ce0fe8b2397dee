"""``local up``: start the cluster, or its missing parts; running parts are not changed."""

from __future__ import annotations

import datetime as dt
import shutil
import time
from collections.abc import Callable, Collection
from pathlib import Path

from pkgops.local import bootstrap as first_things
from pkgops.local import (
    bringup,
    cgroups,
    check,
    cluster,
    files,
    go_sets,
    kernel,
    machine,
    network,
    part_process,
    parts,
    prerequisites,
    processes,
    shared,
)
from pkgops.local import state as states
from pkgops.local.cluster import LocalCluster
from pkgops.local.events import OnEvent, PartEvent, State, ignore
from pkgops.local.instance import Instance
from pkgops.local.prerequisites import Prerequisites
from pkgops.local.programs import ProgramSource
from pkgops.local.trial import Trial

SERVER = ("etcd", "kube-apiserver")
"""The parts that every command needs; the others may be down for a while."""


def up(
    name: str | None = None,
    on_event: OnEvent = ignore,
    *,
    without: Collection[str] = (),
    source: ProgramSource | None = None,
) -> LocalCluster:
    """Start the instance, or its missing parts, and return it when all of it answers.

    It may be interrupted at any time and run twice at once: the second waits for the first. Where
    all of it runs, nothing is changed.

    Args:
        name: the instance; None means ``PKGOPS_INSTANCE``, else ``pkgops``.
        on_event: gets every part.
        without: parts not to start, for those who run their own.
        source: where the Kubernetes programs come from; None: by ``PKGOPS_PROGRAMS``.

    Raises:
        PkgopsError: what cannot be done, why, and the next step.
    """

    tried = check.require(name).tried if states.find(name) is None else Trial()
    modules = list(tried.loaded)

    def installed() -> None:
        # Checks whose program was missing are made as soon as it is installed, before the steps that take
        # minutes.
        if tried.untried:
            modules.extend(check.require_kernel().loaded)

    with states.lock(name, _report_waiting(on_event)):
        made = prerequisites.ensure(on_event, source, installed)
        instance = states.find(name) or states.create(name, network.taken)
        existed = _same_boot(instance)
        _prepare(instance, on_event, modules, existed=existed)
        _start(instance, made, on_event, lambda part: part not in without, stopped=not existed)
        return cluster.describe(instance)


def repair(
    name: str | None = None, on_event: OnEvent = ignore, *, source: ProgramSource | None = None
) -> bool:
    """Restart the ended parts of a running instance; return whether its API server, or etcd, had ended.

    An instance that was stopped or taken down is not started, nor are parts that ``up`` left out by its
    options.

    Args:
        name: the instance; None means ``PKGOPS_INSTANCE``, else ``pkgops``.
        on_event: gets every part that is started.
        source: where the Kubernetes programs come from; None: by ``PKGOPS_PROGRAMS``.

    Raises:
        PkgopsError: what cannot be done, why, and the next step.
    """
    if _without_server(name) is None:
        return False
    with states.lock(name, _report_waiting(on_event)):
        # Another command may have repaired it meanwhile, or taken it down.
        instance = _without_server(name)
        if instance is None:
            return False
        made = prerequisites.ensure(on_event, source, lambda: None)

        def begun(part: str) -> bool:
            return part_process.record_path(instance, part).exists()

        _start(instance, made, on_event, begun, stopped=False)
        return True


def server_ended(name: str | None = None) -> bool:
    """Return whether ``repair`` would start the API server or etcd; reads a few files."""
    return _without_server(name) is not None


def _without_server(name: str | None) -> Instance | None:
    instance = states.find(name)
    return instance if instance is not None and lost_server(instance) else None


def lost_server(instance: Instance) -> bool:
    """Return whether the API server or etcd ended and another part runs: the instance was not stopped."""
    there = {path.stem for path in instance.run.glob("*.json") if part_process.runs(instance, path.stem)}
    return bool(there) and not there.issuperset(SERVER)


def _report_waiting(on_event: OnEvent) -> Callable[[str], None]:
    def waiting(pid: str) -> None:
        on_event(PartEvent("lock", "working", f"waiting for another command on this cluster (process {pid})"))

    return waiting


def _prepare(instance: Instance, on_event: OnEvent, modules: list[str], *, existed: bool) -> None:
    """Prepare the machine: settings, modules, network, cgroup."""
    machine.prepare(shared.read_state)
    modules = [*modules, *kernel.load()]
    if modules:
        machine.record_installed("modules", modules)
        on_event(PartEvent("kernel", "ready", f"modules loaded: {', '.join(modules)}"))
    _timed(instance, on_event, "network", lambda: network.ensure(instance), existed)
    _timed(instance, on_event, "cgroup", lambda: cgroups.ensure(instance.owner), existed)
    cgroups.hold(instance.owner, processes.in_network(instance.netns))


def _start(
    instance: Instance,
    made: Prerequisites,
    on_event: OnEvent,
    wanted: Callable[[str], bool],
    *,
    stopped: bool,
) -> None:
    for folder in _folders(instance):
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    # Imported late: its libraries are part of an extra, and the machine check reports them.
    from pkgops.local import pki

    pki.ensure(instance, dt.datetime.now(dt.UTC))
    files.write_all(instance, made.references(instance), made.binaries[go_sets.SHIM], network.mtu())
    chosen = [one for one in parts.parts(instance, made.binaries, made.programs) if wanted(one.name)]
    then = first_things.by_part(instance, made, on_event, stopped=stopped)
    bringup.start(instance, chosen, on_event, then)


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
    """Return whether the instance was started since the boot; remove sockets and recorded ids if not."""
    boot = machine.boot_id()
    mark = instance.run / "boot"
    if mark.exists() and mark.read_text() == boot:
        return True
    shutil.rmtree(instance.run, ignore_errors=True)
    instance.run.mkdir(parents=True, mode=0o700)
    mark.write_text(boot)
    return False


def _timed(
    instance: Instance, on_event: OnEvent, what: str, ensure: Callable[[], list[str]], existed: bool
) -> None:
    begun = time.monotonic()
    if missing := ensure():
        ended: State = "repaired" if existed else "ready"
        detail = f"{instance.owner}: {', '.join(missing)}" if existed else instance.owner
        on_event(PartEvent(what, ended, detail, time.monotonic() - begun))
