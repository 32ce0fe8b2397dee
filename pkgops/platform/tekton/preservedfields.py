"""Schemas of fields whose unknown subfields Tekton's CRDs preserve, and its webhook refuses."""

from __future__ import annotations

from collections.abc import Mapping

from pkgops.kube import Obj
from pkgops.platform.gotypes import ListOf, core, schema_of

PRESERVED_FIELDS: Mapping[str, Obj] = {
    "volumes": schema_of(ListOf(core("Volume"))),
    "affinity": schema_of(core("Affinity")),
    "securityContext": schema_of(core("PodSecurityContext")),
    "volumeClaimTemplate": schema_of(core("PersistentVolumeClaim")),
}
"""The schemas by field name."""
