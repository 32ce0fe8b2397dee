"""The template kinds: their inputs, outputs and lifecycles. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from pkgops.kube import Obj

API_VERSION = "carto.run/v1alpha1"
KINDS = (
    "ClusterSourceTemplate",
    "ClusterImageTemplate",
    "ClusterConfigTemplate",
    "ClusterDeploymentTemplate",
    "ClusterTemplate",
)
OUTPUT_PATHS = {
    "ClusterSourceTemplate": (("url", "urlPath"), ("revision", "revisionPath")),
    "ClusterImageTemplate": (("image", "imagePath"),),
    "ClusterConfigTemplate": (("config", "configPath"),),
}
INPUT_OF_KIND = {
    "ClusterSourceTemplate": "sources",
    "ClusterImageTemplate": "images",
    "ClusterConfigTemplate": "configs",
}
DEFAULT_RETENTION = {"maxFailedRuns": 10, "maxSuccessfulRuns": 10}


@dataclass(frozen=True, slots=True)
class Template:
    """One of the five template kinds."""

    kind: str
    name: str
    spec: Obj

    @classmethod
    def of(cls, obj: Obj) -> Template:
        """Read a template object."""
        return cls(str(obj["kind"]), str(obj["metadata"]["name"]), obj.get("spec") or {})

    @property
    def lifecycle(self) -> str:
        """``mutable``, ``immutable`` or ``tekton``."""
        return str(self.spec.get("lifecycle") or "mutable")

    @property
    def immutable(self) -> bool:
        """Whether a changed rendering creates a new object."""
        return self.lifecycle != "mutable"

    @property
    def health_rule(self) -> Obj | None:
        """The healthRule; the lifecycle ``tekton`` has one by default."""
        rule = self.spec.get("healthRule")
        if not rule and self.lifecycle == "tekton":
            return {"singleConditionType": "Succeeded"}
        return rule or None

    @property
    def retention(self) -> Obj:
        """How many finished objects of an immutable lifecycle are kept."""
        return self.spec.get("retentionPolicy") or DEFAULT_RETENTION

    @property
    def params(self) -> list[Any]:
        """The declared params with their defaults."""
        return self.spec.get("params") or []

    @property
    def output_paths(self) -> tuple[tuple[str, str], ...]:
        """Pairs of output name and path, in the order in which they are read."""
        pairs = OUTPUT_PATHS.get(self.kind, ())
        return tuple((name, str(self.spec.get(field, ""))) for name, field in pairs)

    def ref(self) -> Obj:
        """Return the reference for ``status.resources``."""
        return {"apiVersion": API_VERSION, "kind": self.kind, "name": self.name}
