"""The kinds of a supply chain, the kinds that follow from each, and the titles of stages."""

from __future__ import annotations

import re
from typing import NamedTuple

_HYPHEN = re.compile(r"(?<=[a-z])(?=[A-Z])")


class Kind(NamedTuple):
    """Group, version and kind."""

    group: str
    version: str
    kind: str

    @property
    def api_version(self) -> str:
        """Group and version as objects write them."""
        return f"{self.group}/{self.version}" if self.group else self.version


WORKLOAD = Kind("carto.run", "v1alpha1", "Workload")
DELIVERABLE = Kind("carto.run", "v1alpha1", "Deliverable")
SUPPLY_CHAIN = Kind("carto.run", "v1alpha1", "ClusterSupplyChain")
DELIVERY = Kind("carto.run", "v1alpha1", "ClusterDelivery")
RUNNABLE = Kind("carto.run", "v1alpha1", "Runnable")
TASK_RUN = Kind("tekton.dev", "v1", "TaskRun")
PIPELINE_RUN = Kind("tekton.dev", "v1", "PipelineRun")
GIT_REPOSITORY = Kind("source.toolkit.fluxcd.io", "v1", "GitRepository")
IMAGE_REPOSITORY = Kind("image.toolkit.fluxcd.io", "v1", "ImageRepository")
IMAGE_POLICY = Kind("image.toolkit.fluxcd.io", "v1", "ImagePolicy")
IMAGE = Kind("kpack.io", "v1alpha2", "Image")
BUILD = Kind("kpack.io", "v1alpha2", "Build")
CLUSTER_BUILDER = Kind("kpack.io", "v1alpha2", "ClusterBuilder")
PACKAGE_REPOSITORY = Kind("packaging.carvel.dev", "v1alpha1", "PackageRepository")
PACKAGE_INSTALL = Kind("packaging.carvel.dev", "v1alpha1", "PackageInstall")
APP = Kind("kappctrl.k14s.io", "v1alpha1", "App")
PACKAGE = Kind("data.packaging.carvel.dev", "v1alpha1", "Package")
SERVICE = Kind("serving.knative.dev", "v1", "Service")
CONFIGURATION = Kind("serving.knative.dev", "v1", "Configuration")
ROUTE = Kind("serving.knative.dev", "v1", "Route")
REVISION = Kind("serving.knative.dev", "v1", "Revision")
DEPLOYMENT = Kind("apps", "v1", "Deployment")
POD = Kind("", "v1", "Pod")
EVENT = Kind("", "v1", "Event")
CONFIG_MAP = Kind("", "v1", "ConfigMap")

CLUSTER_SCOPED = {SUPPLY_CHAIN.kind, DELIVERY.kind, CLUSTER_BUILDER.kind, "ClusterRunTemplate"}

FOLLOWERS: dict[tuple[str, str], tuple[Kind, ...]] = {
    (RUNNABLE.group, RUNNABLE.kind): (TASK_RUN, POD, EVENT),
    (TASK_RUN.group, TASK_RUN.kind): (POD, EVENT),
    (PIPELINE_RUN.group, PIPELINE_RUN.kind): (TASK_RUN, POD, EVENT),
    (IMAGE.group, IMAGE.kind): (BUILD, CLUSTER_BUILDER, POD, EVENT),
    (IMAGE_POLICY.group, IMAGE_POLICY.kind): (IMAGE_REPOSITORY,),
    (PACKAGE_REPOSITORY.group, PACKAGE_REPOSITORY.kind): (PACKAGE,),
    (PACKAGE_INSTALL.group, PACKAGE_INSTALL.kind): (PACKAGE, APP, EVENT),
    (SERVICE.group, SERVICE.kind): (CONFIGURATION, ROUTE, REVISION, DEPLOYMENT, POD, EVENT),
    (DEPLOYMENT.group, DEPLOYMENT.kind): (POD, EVENT),
}
"""Kinds to watch in the same namespace once an object of the key's kind is known."""

DEPLOYING = (APP, SERVICE, DEPLOYMENT)
"""Kinds that templates stamp to run an application without a package."""

DEPLOYED = (SERVICE, DEPLOYMENT)
"""Kinds of an application that an App deploys."""

TITLES: dict[tuple[str, str], tuple[str, str]] = {
    (GIT_REPOSITORY.group, GIT_REPOSITORY.kind): ("Fetch source", "Flux"),
    (IMAGE.group, IMAGE.kind): ("Build image", "kpack"),
    (CONFIG_MAP.group, CONFIG_MAP.kind): ("Generate configuration", "Kubernetes"),
    (IMAGE_REPOSITORY.group, IMAGE_REPOSITORY.kind): ("Detect packages", "Flux"),
    (IMAGE_POLICY.group, IMAGE_POLICY.kind): ("Choose version", "Flux"),
    (PACKAGE_REPOSITORY.group, PACKAGE_REPOSITORY.kind): ("Fetch package", "Carvel"),
    (PACKAGE_INSTALL.group, PACKAGE_INSTALL.kind): ("Install package", "Carvel"),
    (APP.group, APP.kind): ("Deploy application", "Carvel"),
    (SERVICE.group, SERVICE.kind): ("Serve application", "Knative"),
    (DEPLOYMENT.group, DEPLOYMENT.kind): ("Run application", "Kubernetes"),
    (TASK_RUN.group, TASK_RUN.kind): ("Run task", "Tekton"),
    (PIPELINE_RUN.group, PIPELINE_RUN.kind): ("Run tasks", "Tekton"),
}
"""Title and tool of an activity by the kind that it stamps."""


TEST, PUBLISH = "Test source", "Publish package"


def title(group: str, kind: str, name: str, template_kind: str, template: str = "") -> tuple[str, str]:
    """Return title and tool of an activity: one that runs tasks by its purpose, others by their kind.

    Before anything is stamped, its kind is not known: the title is then guessed from the name and the kind of
    the ``template``, so that it mostly stays the same; no tool is named.
    """
    if not kind:
        return _promised(name, template_kind, template or name), ""
    runnable = (group, kind) == (RUNNABLE.group, RUNNABLE.kind)
    if "test" in name and (runnable or group == TASK_RUN.group):
        return TEST, "Tekton"
    if runnable:
        if template_kind == "ClusterImageTemplate":
            return PUBLISH, "Tekton"
        return title_of(name), "Tekton"
    return TITLES.get((group, kind), (title_of(name), ""))


def _promised(name: str, template_kind: str, template: str) -> str:
    if template_kind == "ClusterSourceTemplate" and "test" in name:
        return TEST
    if template_kind == "ClusterImageTemplate":
        packages = any(word in template for word in ("bundle", "package", "imgpkg"))
        return PUBLISH if packages else TITLES[IMAGE.group, IMAGE.kind][0]
    if template_kind == "ClusterConfigTemplate":
        return TITLES[CONFIG_MAP.group, CONFIG_MAP.kind][0]
    for (_, kind), (found, _) in TITLES.items():
        if template.endswith(_HYPHEN.sub("-", kind).lower()):
            return found
    return title_of(name)


def title_of(name: str) -> str:
    """Return a resource's name as a title: ``image-builder`` becomes ``Image builder``."""
    words = name.replace("-", " ").replace("_", " ").strip()
    return words[:1].upper() + words[1:]


def blueprint_of(owner: str) -> Kind:
    """Return the kind of blueprint for owners of a kind, Workload or Deliverable."""
    return SUPPLY_CHAIN if owner == WORKLOAD.kind else DELIVERY
