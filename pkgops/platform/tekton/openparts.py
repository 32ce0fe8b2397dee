"""Kubernetes' own objects where Tekton's definitions let any field pass, and its webhook does not."""

from __future__ import annotations

from collections.abc import Mapping

from pkgops.kube import Obj

ANY: Obj = {}


def _of(*names: str, **parts: Obj) -> Obj:
    return {"type": "object", "properties": {**dict.fromkeys(names, ANY), **parts}}


def _many(item: Obj) -> Obj:
    return {"type": "array", "items": item}


_ITEMS = _many(_of("key", "mode", "path"))
_KEYS = _of("name", "optional", items=_ITEMS)
_VOLUMES = _many(
    _of(
        *("name", "awsElasticBlockStore", "azureDisk", "azureFile", "cephfs", "cinder", "ephemeral", "fc"),
        *(
            "flexVolume",
            "flocker",
            "gcePersistentDisk",
            "gitRepo",
            "glusterfs",
            "iscsi",
            "photonPersistentDisk",
        ),
        *("portworxVolume", "quobyte", "rbd", "scaleIO", "storageos", "vsphereVolume"),
        configMap=_of("name", "optional", "defaultMode", items=_ITEMS),
        csi=_of("driver", "readOnly", "fsType", "volumeAttributes", "nodePublishSecretRef"),
        downwardAPI=_of("items", "defaultMode"),
        emptyDir=_of("medium", "sizeLimit"),
        hostPath=_of("path", "type"),
        image=_of("reference", "pullPolicy"),
        nfs=_of("server", "path", "readOnly"),
        persistentVolumeClaim=_of("claimName", "readOnly"),
        projected=_of(
            "defaultMode",
            sources=_many(
                _of(
                    *("clusterTrustBundle", "downwardAPI", "podCertificate"),
                    configMap=_KEYS,
                    secret=_KEYS,
                    serviceAccountToken=_of("audience", "expirationSeconds", "path"),
                )
            ),
        ),
        secret=_of("secretName", "optional", "defaultMode", items=_ITEMS),
    )
)
OPEN_PARTS: Mapping[str, Obj] = {
    "volumes": _VOLUMES,
    "affinity": _of("nodeAffinity", "podAffinity", "podAntiAffinity"),
    "securityContext": _of(
        *("appArmorProfile", "fsGroup", "fsGroupChangePolicy", "runAsGroup", "runAsNonRoot", "runAsUser"),
        *("seLinuxChangePolicy", "seLinuxOptions", "seccompProfile", "supplementalGroups"),
        *("supplementalGroupsPolicy", "sysctls", "windowsOptions"),
    ),
    "volumeClaimTemplate": _of(
        *("apiVersion", "kind", "metadata", "status"),
        spec=_of(
            *("accessModes", "dataSource", "dataSourceRef", "selector", "storageClassName"),
            *("volumeAttributesClassName", "volumeMode", "volumeName"),
            resources=_of("limits", "requests"),
        ),
    ),
}
"""By the names of their fields, each as far as its own fields are known."""
