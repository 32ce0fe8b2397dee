"""What structs are, and those of Kubernetes that Tekton's objects have, as far as they are looked at.

Fields that decode themselves (values of
parameters, durations, quantities) are not here; they are checked where they are read.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Struct:
    """A struct of Go: its name, with ``~.`` before it for the package of the API version, and its fields.

    ``inline`` has the fields of structs that are embedded; messages name these on the way to a field.
    """

    name: str
    fields: Mapping[str, Type]
    inline: Mapping[str, Mapping[str, Type]] = field(default_factory=dict)

    def place(self, key: str) -> tuple[str, Type | None]:
        """Return how messages name a field, and its type; None for one that is not looked at."""
        for embedded, fields in self.inline.items():
            if key in fields:
                return f"{embedded}.{key}", fields[key]
        return key, self.fields.get(key)


@dataclass(frozen=True)
class Many:
    """A list; ``go`` is its type's name where it has one of its own."""

    item: Type
    go: str = ""


@dataclass(frozen=True)
class Keyed:
    """A map from texts; ``go`` is its type's name where it has one of its own."""

    item: Type
    go: str = ""


Type = str | Struct | Many | Keyed


TEXTS = Many("string")
NAME: Mapping[str, Type] = {"name": "string"}
KEY: Mapping[str, Mapping[str, Type]] = {"LocalObjectReference": NAME}
SELECTOR: Mapping[str, Type] = {"key": "string", "optional": "bool"}
ENV = Struct(
    "v1.EnvVar",
    {
        "name": "string",
        "value": "string",
        "valueFrom": Struct(
            "v1.EnvVarSource",
            {
                "secretKeyRef": Struct("v1.SecretKeySelector", SELECTOR, KEY),
                "configMapKeyRef": Struct("v1.ConfigMapKeySelector", SELECTOR, KEY),
            },
        ),
    },
)
ENV_FROM = Struct(
    "v1.EnvFromSource",
    {
        "prefix": "string",
        "configMapRef": Struct("v1.ConfigMapEnvSource", {"optional": "bool"}, KEY),
        "secretRef": Struct("v1.SecretEnvSource", {"optional": "bool"}, KEY),
    },
)
MOUNT = Struct(
    "v1.VolumeMount",
    {
        "name": "string",
        "mountPath": "string",
        "subPath": "string",
        "subPathExpr": "string",
        "readOnly": "bool",
    },
)
SECURITY = Struct(
    "v1.SecurityContext",
    {
        "runAsUser": "int64",
        "runAsGroup": "int64",
        "runAsNonRoot": "bool",
        "privileged": "bool",
        "readOnlyRootFilesystem": "bool",
        "allowPrivilegeEscalation": "bool",
    },
)
# Quantities decode themselves.
AMOUNTS = Keyed("any", "v1.ResourceList")
RESOURCES = Struct("v1.ResourceRequirements", {"requests": AMOUNTS, "limits": AMOUNTS})
MODES = Many("string|v1.PersistentVolumeAccessMode")
CLAIM = Struct(
    "v1.PersistentVolumeClaim",
    {
        "spec": Struct(
            "v1.PersistentVolumeClaimSpec",
            {
                "accessModes": MODES,
                "storageClassName": "string",
                "volumeName": "string",
                "volumeMode": "string|v1.PersistentVolumeMode",
                "resources": Struct(
                    "v1.VolumeResourceRequirements", {"requests": AMOUNTS, "limits": AMOUNTS}
                ),
            },
        )
    },
)
SOURCES: Mapping[str, Type] = {
    "volumeClaimTemplate": CLAIM,
    "emptyDir": Struct("v1.EmptyDirVolumeSource", {}),
    "configMap": Struct("v1.ConfigMapVolumeSource", {}, KEY),
    "secret": Struct("v1.SecretVolumeSource", {"secretName": "string"}),
    "persistentVolumeClaim": Struct(
        "v1.PersistentVolumeClaimVolumeSource", {"claimName": "string", "readOnly": "bool"}
    ),
}
"""What a workspace is bound to."""
