"""Reconcile Knative Services: create Configuration and Route and mirror their conditions."""

from __future__ import annotations

import copy
from dataclasses import dataclass

from pkgops.kube import Obj
from pkgops.platform.conditions import condition_of, is_current
from pkgops.platform.knative import child_writes, children
from pkgops.platform.knative import labels as kn
from pkgops.platform.knative.condition_set import ConditionSet
from pkgops.platform.queue import Key
from pkgops.platform.runtime import Platform

COMPONENT = "service-controller"
DEPENDENTS = ("ConfigurationsReady", "RoutesReady")
OUT_OF_DATE = "The {} is still working to reflect the latest desired specification."
NOT_MIGRATED = "Traffic is not yet migrated to the latest revision."


@dataclass(frozen=True, slots=True)
class ServiceReconciler:
    """Reconciles Services."""

    platform: Platform

    def reconcile(self, key: Key) -> float | None:
        """Reconcile one Service."""
        service = self.platform.get(kn.API, "Service", key.name, key.namespace)
        if service is None or service["metadata"].get("deletionTimestamp"):
            return None
        conditions = ConditionSet(
            service.get("status", {}).get("conditions") or [], DEPENDENTS, self.platform.now()
        )
        status: Obj = {"observedGeneration": service["metadata"]["generation"]}
        config = self._child(service, "Configuration", "ConfigurationsReady", conditions)
        if config is not None:
            status |= _from_configuration(config, conditions)
            route = self._child(service, "Route", "RoutesReady", conditions)
            if route is not None:
                status |= _from_route(route, config, conditions)
        self.platform.save_status(service, {**status, "conditions": conditions.result()})
        return None

    def _child(self, service: Obj, kind: str, condition: str, conditions: ConditionSet) -> Obj | None:
        desired = self._wanted(service, kind)
        try:
            child, created = child_writes.ensure(self.platform, desired, service)
        except child_writes.NotOwned as error:
            conditions.mark(condition, "False", "NotOwned", kn.not_owned(kind, str(error)))
            return None
        if created:
            text = f'Created {kind} "{desired["metadata"]["name"]}"'
            self.platform.event(service, "Normal", "Created", text, COMPONENT)
        return child

    def _wanted(self, service: Obj, kind: str) -> Obj:
        if kind == "Route":
            return children.route(service)
        meta = service["metadata"]
        present = self.platform.get(kn.API, "Configuration", meta["name"], meta["namespace"])
        return children.configuration(service, present)


def _from_configuration(config: Obj, conditions: ConditionSet) -> Obj:
    if not is_current(config):
        conditions.mark("ConfigurationsReady", "Unknown", "OutOfDate", OUT_OF_DATE.format("Configuration"))
    else:
        _mirror(config, "ConfigurationsReady", conditions)
    status = config.get("status") or {}
    keys = ("latestCreatedRevisionName", "latestReadyRevisionName")
    return {key: status[key] for key in keys if status.get(key)}


def _from_route(route: Obj, config: Obj, conditions: ConditionSet) -> Obj:
    if not is_current(route):
        conditions.mark("RoutesReady", "Unknown", "OutOfDate", OUT_OF_DATE.format("Route"))
        return {}
    _mirror(route, "RoutesReady", conditions)
    if conditions.status("RoutesReady") == "True" and not _migrated(route, config):
        conditions.mark("RoutesReady", "Unknown", "TrafficNotMigrated", NOT_MIGRATED)
    status = route.get("status") or {}
    return {key: copy.deepcopy(status[key]) for key in ("url", "address", "traffic") if key in status}


def _mirror(child: Obj, condition: str, conditions: ConditionSet) -> None:
    ready = condition_of(child)
    if ready is not None:
        conditions.mark(condition, ready["status"], ready.get("reason", ""), ready.get("message", ""))


def _migrated(route: Obj, config: Obj) -> bool:
    latest = (config.get("status") or {}).get("latestReadyRevisionName")
    targets = route["status"].get("traffic") or []
    return all(item.get("revisionName") == latest for item in targets if item.get("latestRevision"))
