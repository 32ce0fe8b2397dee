"""Knative Serving on the local platform: Service, Configuration, Revision, Route, and a small gateway.

Not supported: scaling to zero and by load (a Revision with traffic has its minimum of pods, at least one),
the queue-proxy sidecar, gradual rollouts, domain mappings.
"""

from __future__ import annotations

from collections.abc import Iterable

from pkgops.kube import Obj
from pkgops.platform.knative import labels as kn
from pkgops.platform.knative.admission import WEBHOOKS
from pkgops.platform.knative.configuration import ConfigurationReconciler
from pkgops.platform.knative.gateway import Gateway
from pkgops.platform.knative.revision import RevisionReconciler
from pkgops.platform.knative.route import Address, RouteReconciler
from pkgops.platform.knative.service import ServiceReconciler
from pkgops.platform.queue import Key
from pkgops.platform.routes import owner_keys
from pkgops.platform.runtime import Platform

WORKERS = 2


def register(platform: Platform) -> None:
    """Add the group's controllers, its admission webhook and its gateway to a platform."""
    WEBHOOKS.start(platform.webhooks)
    gateway_port = platform.config.gateway_port
    port = Gateway(platform, gateway_port).start() if gateway_port else 0
    _controllers(platform, Address(port))


def _controllers(platform: Platform, address: Address) -> None:
    service = platform.controller("knative-service", kn.API, "Service", ServiceReconciler(platform).reconcile)
    configuration = platform.controller(
        "knative-configuration", kn.API, "Configuration", ConfigurationReconciler(platform).reconcile
    )
    revision = platform.controller(
        "knative-revision", kn.API, "Revision", RevisionReconciler(platform).reconcile, workers=WORKERS
    )
    route = platform.controller(
        "knative-route", kn.API, "Route", RouteReconciler(platform, address).reconcile
    )
    for kind in ("Configuration", "Route"):
        platform.watch(kn.API, kind, service, owner_keys(kn.GROUP, "Service"))
    platform.watch(kn.API, "Revision", configuration, owner_keys(kn.GROUP, "Configuration"))
    platform.watch(kn.API, "Configuration", route, _routes)
    platform.watch(kn.API, "Revision", route, _routes)
    platform.watch("apps/v1", "Deployment", revision, owner_keys(kn.GROUP, "Revision"))
    platform.watch("v1", "Pod", revision, _revision_of_pod)
    platform.watch("v1", "Service", revision, owner_keys(kn.GROUP, "Revision"))
    platform.watch("v1", "Service", route, owner_keys(kn.GROUP, "Route"))


def _routes(obj: Obj) -> Iterable[Key]:
    routes = kn.annotations_of(obj).get(kn.ROUTES, "")
    return [Key(str(obj["metadata"]["namespace"]), name) for name in routes.split(",") if name]


def _revision_of_pod(pod: Obj) -> Iterable[Key]:
    name = kn.labels_of(pod).get(kn.REVISION)
    return [Key(str(pod["metadata"]["namespace"]), name)] if name else []
