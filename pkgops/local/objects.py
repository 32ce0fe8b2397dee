"""The objects that every local cluster has from its first minute."""

from __future__ import annotations

from typing import Any

from pkgops.local.instance import NAMESPACES

PROVISIONER = "pkgops.dev/host-path"
Obj = dict[str, Any]


def all_objects() -> list[Obj]:
    """Return namespaces, storage classes and the rights of the DNS server."""
    return [*(_namespace(name) for name in NAMESPACES), *_storage_classes(), *_dns_rights()]


def _namespace(name: str) -> Obj:
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}


def _storage_classes() -> list[Obj]:
    """Return ``standard``, whose folders go with the claim, and ``cache``, whose folders stay.

    A folder of ``cache`` is found again by the claim's namespace and name, whichever pod, claim
    or cluster comes later.
    """
    default = {"storageclass.kubernetes.io/is-default-class": "true"}
    return [
        _storage_class("standard", "Delete", default),
        _storage_class("cache", "Delete", {}),
    ]


def _storage_class(name: str, reclaim: str, annotations: dict[str, str]) -> Obj:
    return {
        "apiVersion": "storage.k8s.io/v1",
        "kind": "StorageClass",
        "metadata": {"name": name, "annotations": annotations},
        "provisioner": PROVISIONER,
        "parameters": {"folder": "kept" if name == "cache" else "own"},
        "reclaimPolicy": reclaim,
        "volumeBindingMode": "Immediate",
    }


def _dns_rights() -> list[Obj]:
    read = ["list", "watch"]
    name = {"name": "system:coredns"}
    rbac = "rbac.authorization.k8s.io"
    return [
        {
            "apiVersion": f"{rbac}/v1",
            "kind": "ClusterRole",
            "metadata": name,
            "rules": [
                {
                    "apiGroups": [""],
                    "resources": ["endpoints", "services", "pods", "namespaces"],
                    "verbs": read,
                },
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
