"""The StageStatus that one object reports: a module for each kind, pure functions without clocks."""

from __future__ import annotations

from collections.abc import Callable

from pkgops import temporary
from pkgops.model import CauseCode, StageStatus, State
from pkgops.readiness import (
    app,
    builder,
    configmap,
    deployment,
    generic,
    gitrepository,
    imagepolicy,
    imagerepository,
    knative,
    kpack_build,
    kpack_image,
    owner,
    package,
    packageinstall,
    packagerepository,
    pipelinerun,
    pod,
    revision,
    runnable,
    taskrun,
)
from pkgops.readiness.base import Obj, temporary_as_waiting
from pkgops.values import replace

_READERS: dict[tuple[str, str], Callable[[Obj], StageStatus]] = {
    ("", "ConfigMap"): configmap.read,
    ("", "Pod"): pod.read,
    ("apps", "Deployment"): deployment.read,
    ("carto.run", "Workload"): owner.read,
    ("carto.run", "Deliverable"): owner.read,
    ("carto.run", "ClusterSupplyChain"): owner.read,
    ("carto.run", "ClusterDelivery"): owner.read,
    ("carto.run", "Runnable"): runnable.read,
    ("source.toolkit.fluxcd.io", "GitRepository"): gitrepository.read,
    ("image.toolkit.fluxcd.io", "ImageRepository"): imagerepository.read,
    ("image.toolkit.fluxcd.io", "ImagePolicy"): imagepolicy.read,
    ("tekton.dev", "TaskRun"): taskrun.read,
    ("tekton.dev", "PipelineRun"): pipelinerun.read,
    ("kpack.io", "Image"): kpack_image.read,
    ("kpack.io", "Build"): kpack_build.read,
    ("kpack.io", "ClusterBuilder"): builder.read,
    ("kpack.io", "Builder"): builder.read,
    ("kappctrl.k14s.io", "App"): app.read,
    ("packaging.carvel.dev", "PackageRepository"): packagerepository.read,
    ("packaging.carvel.dev", "PackageInstall"): packageinstall.read,
    ("data.packaging.carvel.dev", "Package"): package.read,
    ("serving.knative.dev", "Service"): knative.read,
    ("serving.knative.dev", "Configuration"): knative.read,
    ("serving.knative.dev", "Route"): knative.read,
    ("serving.knative.dev", "Revision"): revision.read,
}

_RUN_ONCE = frozenset(
    {("", "Pod"), ("tekton.dev", "TaskRun"), ("tekton.dev", "PipelineRun"), ("kpack.io", "Build")}
)
"""Kinds that are not retried once they have failed, whatever the reason."""


def readiness(obj: Obj) -> StageStatus:
    """Return the status of an object; of kinds without a module here by the conventions of Kubernetes."""
    group = str(obj.get("apiVersion") or "").rpartition("/")[0]
    kind = group, str(obj.get("kind") or "")
    found = _READERS.get(kind, generic.read)(obj)
    if found.state is not State.FAILED or kind in _RUN_ONCE:
        return found
    if not temporary.of_text(found.message, only_api=False):
        return found
    return temporary_as_waiting(replace(found, code=CauseCode.TEMPORARY_ERROR))


__all__ = ["readiness"]
