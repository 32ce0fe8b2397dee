"""The kinds that the pipeline has objects of."""

from __future__ import annotations

from memory_api import MemoryApi

KINDS = {
    "carto.run/v1alpha1": (
        "Workload Deliverable Runnable ClusterSourceTemplate ClusterImageTemplate ClusterConfigTemplate "
        "ClusterTemplate ClusterDeploymentTemplate ClusterRunTemplate ClusterSupplyChain ClusterDelivery"
    ),
    "source.toolkit.fluxcd.io/v1": "GitRepository",
    "image.toolkit.fluxcd.io/v1": "ImageRepository ImagePolicy",
    "tekton.dev/v1": "Task TaskRun",
    "kpack.io/v1alpha2": "Image Build Builder ClusterBuilder",
    "kappctrl.k14s.io/v1alpha1": "App",
    "packaging.carvel.dev/v1alpha1": "PackageRepository PackageInstall",
    "data.packaging.carvel.dev/v1alpha1": "Package",
    "serving.knative.dev/v1": "Service Configuration Revision Route",
}
"""The kinds of the seven systems, by API version."""


def serve_all(api: MemoryApi) -> None:
    """Let a server in memory serve the kinds of all seven systems."""
    for api_version, kinds in KINDS.items():
        for kind in kinds.split():
            api.serve((api_version, kind), namespaced=not kind.startswith("Cluster"))
