"""A real, small Kubernetes on this machine: machine check, binaries, network, parts, images, Git."""

from __future__ import annotations

from pkgops.local.cluster import LocalCluster
from pkgops.local.events import OnEvent, PartEvent
from pkgops.local.start import up

__all__ = ["LocalCluster", "OnEvent", "PartEvent", "up"]
