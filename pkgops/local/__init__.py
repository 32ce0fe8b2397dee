"""A real, small Kubernetes on this machine: machine check, binaries, network, parts, images, Git."""

from __future__ import annotations

from pkgops.local.cluster import LocalCluster, find, running
from pkgops.local.events import OnEvent, PartEvent
from pkgops.local.overview import status
from pkgops.local.snapshot import push_snapshot
from pkgops.local.start import up
from pkgops.local.teardown import down

__all__ = ["LocalCluster", "OnEvent", "PartEvent", "down", "find", "push_snapshot", "running", "status", "up"]
