"""The shared vocabulary: frozen dataclasses without I/O, clocks or third-party imports."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True, order=True)
class ObjectRef:
    """The identity of one Kubernetes object; ``namespace`` is empty for cluster-scoped kinds."""

    api_version: str
    kind: str
    namespace: str
    name: str

    @classmethod
    def of(cls, obj: dict[str, Any]) -> ObjectRef:
        """Return the reference of a whole object."""
        meta = obj.get("metadata", {})
        return cls(obj.get("apiVersion", ""), obj.get("kind", ""), meta.get("namespace", ""), meta.get("name", ""))

    @property
    def group(self) -> str:
        """The API group; empty for core kinds."""
        return self.api_version.rpartition("/")[0]

    def __str__(self) -> str:
        """``kind/name`` in the form that kubectl takes, without the namespace."""
        return f"{self.kind.lower()}/{self.name}"
