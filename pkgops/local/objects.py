"""The objects that every local cluster has from its start."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pkgops.local.instance import NAMESPACES, Instance, cache_home

PROVISIONER = "pkgops.dev/host-path"
CACHE_CLAIM = "pkgops-cache"
BUILDER = "builder"
LANGUAGES = ("python", "nodejs", "java-maven", "any", "static")
"""Languages that the cluster tests and builds in addition to Go; their images are built when first used."""
Obj = dict[str, Any]


def all_objects(instance: Instance) -> list[Obj]:
    """Return namespaces, StorageClasses, the PersistentVolumeClaim for caches, and the DNS server's RBAC."""
    namespaces = [
        {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}} for name in NAMESPACES
    ]
    return [*namespaces, *_storage_classes(instance), _cache_claim(), *_dns_rights()]


def builder_name(language: str) -> str:
    """Return the ClusterBuilder for a language: the default one, except for languages with their own."""
    return f"{BUILDER}-{language}" if language in LANGUAGES else BUILDER


def kept_volumes() -> Path:
    """Return the path of the folders of class ``cache``: they are kept when clusters are deleted."""
    return cache_home() / "volumes"


def _storage_classes(instance: Instance) -> list[Obj]:
    """Return ``standard``, whose folders are deleted with the claim, and ``cache``, whose are kept."""
    default = {"storageclass.kubernetes.io/is-default-class": "true"}
    return [
        _storage_class("standard", {"folder": str(instance.data / "volumes")}, default),
        _storage_class("cache", {"folder": str(kept_volumes()), "keep": "true"}, {}),
    ]


def _storage_class(name: str, parameters: dict[str, str], annotations: dict[str, str]) -> Obj:
    return {
        "apiVersion": "storage.k8s.io/v1",
        "kind": "StorageClass",
        "metadata": {"name": name, "annotations": annotations},
        "provisioner": PROVISIONER,
        "parameters": parameters,
        "reclaimPolicy": "Delete",
        "volumeBindingMode": "Immediate",
    }


def _cache_claim() -> Obj:
    return {
        "apiVersion": "v1",
        "kind": "PersistentVolumeClaim",
        "metadata": {"name": CACHE_CLAIM, "namespace": "default"},
        "spec": {
            "accessModes": ["ReadWriteMany"],
            "resources": {"requests": {"storage": "10Gi"}},
            "storageClassName": "cache",
        },
    }


def _dns_rights() -> list[Obj]:
    read = ["list", "watch"]
    name = {"name": "system:coredns"}
    rbac = "rbac.authorization.k8s.io"
    core = ["endpoints", "services", "pods", "namespaces"]
    return [
        {
            "apiVersion": f"{rbac}/v1",
            "kind": "ClusterRole",
            "metadata": name,
            "rules": [
                {"apiGroups": [""], "resources": core, "verbs": read},
                {"apiGroups": ["discovery.k8s.io"], "resources": ["endpointslices"], "verbs": read},
            ],
        },
        {
            "apiVersion": f"{rbac}/v1",
            "kind": "ClusterRoleBinding",
            "metadata": name,
            "roleRef": {"apiGroup": rbac, "kind": "ClusterRole", "name": "system:coredns"},
            "subjects": [{"kind": "User", "apiGroup": rbac, "name": "system:coredns"}],
        },
    ]
