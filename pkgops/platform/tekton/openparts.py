"""Kubernetes' own objects where Tekton's definitions let any field pass, and its webhook does not."""

from __future__ import annotations

from collections.abc import Mapping

from pkgops.kube import Obj
from pkgops.platform.gotypes import Many, core, schema_of

OPEN_PARTS: Mapping[str, Obj] = {
    "volumes": schema_of(Many(core("Volume"))),
    "affinity": schema_of(core("Affinity")),
    "securityContext": schema_of(core("PodSecurityContext")),
    "volumeClaimTemplate": schema_of(core("PersistentVolumeClaim")),
}
"""By the names of their fields."""
