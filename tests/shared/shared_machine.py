"""A machine that can run a local cluster."""

from __future__ import annotations

from pkgops.local import survey, trial

GOOD = survey.Machine(
    system="linux x86_64",
    root=True,
    cgroup_version=1,
    controllers=frozenset(),
    tried=trial.Trial(),
    stale_kernel=False,
    disk=100 * survey.GIGABYTE,
    disk_needed=survey.DISK_COLD,
    memory=8 * survey.GIGABYTE,
    programs=("containerd",),
    apt=True,
    go=True,
    libraries=(),
    index_free=True,
    longest_socket=60,
)
