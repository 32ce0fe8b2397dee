"""A machine that can run a local cluster."""

from __future__ import annotations

from pkgops.local import machine_facts, trial

GOOD = machine_facts.Machine(
    system="linux x86_64",
    root=True,
    cgroup_version=1,
    controllers=frozenset(),
    tried=trial.Trial(),
    stale_kernel=False,
    disk=100 * machine_facts.GIGABYTE,
    disk_needed=machine_facts.DISK_COLD,
    memory=8 * machine_facts.GIGABYTE,
    memory_needed=machine_facts.MEMORY_COLD,
    programs=("runc",),
    apt=True,
    go=True,
    libraries=(),
    index_free=True,
    longest_socket=60,
)
