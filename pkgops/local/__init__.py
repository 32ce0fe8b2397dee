"""A real, small Kubernetes on this machine: machine check, binaries, network, parts, images, Git."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pkgops.lazy import exports

if TYPE_CHECKING:
    from pkgops.local.cluster import LocalCluster, find, running
    from pkgops.local.events import OnEvent, PartEvent
    from pkgops.local.overview import status
    from pkgops.local.scratch import ignored, left_out
    from pkgops.local.snapshot import default_branch, other_folder, push_snapshot, push_snapshot_to
    from pkgops.local.start import repair, server_ended, up
    from pkgops.local.teardown import down

__all__ = [
    "LocalCluster",
    "OnEvent",
    "PartEvent",
    "default_branch",
    "down",
    "find",
    "ignored",
    "left_out",
    "repair",
    "server_ended",
    "other_folder",
    "push_snapshot",
    "push_snapshot_to",
    "running",
    "status",
    "up",
]

__getattr__ = exports(
    __name__,
    {
        "cluster": ("LocalCluster", "find", "running"),
        "events": ("OnEvent", "PartEvent"),
        "overview": ("status",),
        "scratch": ("ignored", "left_out"),
        "snapshot": ("default_branch", "other_folder", "push_snapshot", "push_snapshot_to"),
        "start": ("repair", "server_ended", "up"),
        "teardown": ("down",),
    },
)
