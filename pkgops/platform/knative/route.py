"""Reconcile Routes: assign traffic to Revisions, write the URL, and set the routing state of Revisions."""

from __future__ import annotations

import copy
from dataclasses import dataclass

from pkgops.kube import Obj
from pkgops.platform.conditions import condition_status, is_current, is_ready, timestamp
from pkgops.platform.knative import child_writes, workload
from pkgops.platform.knative import labels as kn
from pkgops.platform.knative.condition_set import ConditionSet
from pkgops.platform.owners import is_controlled_by
from pkgops.platform.queue import Key
from pkgops.platform.runtime import Platform

COMPONENT = "route-controller"
DEPENDENTS = ("AllTrafficAssigned", "CertificateProvisioned", "IngressReady")
NO_TLS = "external-domain-tls is not enabled"
NO_INGRESS = "Ingress has not yet been reconciled."


@dataclass(frozen=True, slots=True)
class Address:
    """The addresses of Routes.

    Attributes:
        gateway_port: the port of the gateway, 0 where there is none.
    """

    gateway_port: int

    def url(self, route: Obj, tag: str = "") -> str:
        """Return the URL of a Route, or of one of its tags: external if there is a gateway, else internal."""
        name, namespace = host_of(route, tag), str(route["metadata"]["namespace"])
        if self.gateway_port and not kn.is_cluster_local(route):
            return f"http://{name}.{namespace}.localhost:{self.gateway_port}"
        return internal(name, namespace)


def host_of(route: Obj, tag: str = "") -> str:
    """Return the first label of the host name of a Route, or of one of its tags."""
    name = str(route["metadata"]["name"])
    return f"{tag}-{name}" if tag else name


def internal(name: str, namespace: str) -> str:
    """Return the internal URL of a Route."""
    return f"http://{name}.{namespace}.svc.cluster.local"


@dataclass(frozen=True, slots=True)
class RouteReconciler:
    """Reconciles Routes."""

    platform: Platform
    address: Address

    def reconcile(self, key: Key) -> float | None:
        """Reconcile one Route."""
        route = self.platform.get(kn.API, "Route", key.name, key.namespace)
        if route is None or route["metadata"].get("deletionTimestamp"):
            return None
        before = route.get("status") or {}
        conditions = ConditionSet(before.get("conditions") or [], DEPENDENTS, self.platform.now())
        status: Obj = {
            "observedGeneration": route["metadata"]["generation"],
            "url": self.address.url(route),
        }
        if not is_current(route):
            _without_ingress(conditions)
        traffic = self._traffic(route, conditions)
        if traffic is not None:
            conditions.mark("AllTrafficAssigned", "True")
            conditions.mark("CertificateProvisioned", "True", "TLSNotEnabled", NO_TLS)
            status |= {"traffic": traffic, "address": {"url": internal(key.name, key.namespace)}}
            self._ensure_placeholders(route, traffic, conditions)
            self._set_routing_states(route, traffic)
        elif before.get("traffic"):
            status |= {name: before[name] for name in ("traffic", "address") if name in before}
        self.platform.save_status(route, {**status, "conditions": conditions.result()})
        return None

    def _traffic(self, route: Obj, conditions: ConditionSet) -> list[Obj] | None:
        targets = [self._target(route, item, conditions) for item in route["spec"].get("traffic") or []]
        assigned = [target for target in targets if target is not None]
        return assigned if len(assigned) == len(targets) else None

    def _target(self, route: Obj, item: Obj, conditions: ConditionSet) -> Obj | None:
        named = item.get("revisionName")
        revision = self._named(route, named, conditions) if named else self._latest(route, item, conditions)
        if revision is None:
            return None
        target = {"latestRevision": not named, "percent": item.get("percent"), "revisionName": revision}
        if item.get("tag"):
            target |= {"tag": item["tag"], "url": self.address.url(route, str(item["tag"]))}
        return {key: value for key, value in target.items() if value is not None}

    def _named(self, route: Obj, name: str, conditions: ConditionSet) -> str | None:
        revision = self.platform.get(kn.API, "Revision", name, route["metadata"]["namespace"])
        if revision is None:
            text = f'Revision "{name}" referenced in traffic not found.'
            conditions.mark("AllTrafficAssigned", "False", "RevisionMissing", text)
            return None
        if is_ready(revision):
            return name
        failed = condition_status(revision) == "False"
        text = (
            f'Revision "{name}" failed to become ready.' if failed else f'Revision "{name}" is not yet ready.'
        )
        conditions.mark("AllTrafficAssigned", "False" if failed else "Unknown", "RevisionMissing", text)
        return None

    def _latest(self, route: Obj, item: Obj, conditions: ConditionSet) -> str | None:
        name = str(item.get("configurationName") or route["metadata"]["name"])
        config = self.platform.get(kn.API, "Configuration", name, route["metadata"]["namespace"])
        if config is None:
            text = f'Configuration "{name}" referenced in traffic not found.'
            conditions.mark("AllTrafficAssigned", "False", "ConfigurationMissing", text)
            return None
        ready = (config.get("status") or {}).get("latestReadyRevisionName")
        if ready:
            return str(ready)
        if condition_status(config) == "False":
            text = f'Configuration "{name}" does not have any ready Revision.'
            conditions.mark("AllTrafficAssigned", "False", "RevisionMissing", text)
        else:
            text = f'Configuration "{name}" is waiting for a Revision to become ready.'
            conditions.mark("AllTrafficAssigned", "Unknown", "RevisionMissing", text)
        return None

    def _ensure_placeholders(self, route: Obj, traffic: list[Obj], conditions: ConditionSet) -> None:
        """Create the placeholder Services of the Route and of its tags, and set IngressReady."""
        main = max(traffic, key=lambda item: int(item.get("percent") or 0))
        revisions = {host_of(route, str(item["tag"])): item for item in traffic if item.get("tag")}
        revisions[host_of(route)] = main
        try:
            for name, item in revisions.items():
                self._ensure_placeholder(route, workload.placeholder(route, str(item["revisionName"]), name))
        except child_writes.NotOwned as error:
            text = f'There is an existing placeholder Service "{error}" that we do not own.'
            conditions.mark("IngressReady", "False", "NotOwned", text)
            return
        self._drop_placeholders(route, set(revisions))
        if self.address.gateway_port:
            conditions.mark("IngressReady", "True")
        else:
            _without_ingress(conditions)

    def _ensure_placeholder(self, route: Obj, desired: Obj) -> None:
        _, created = child_writes.ensure(self.platform, desired, route)
        if created:
            text = f'Created placeholder service "{desired["metadata"]["name"]}"'
            self.platform.event(route, "Normal", "Created", text, COMPONENT)

    def _drop_placeholders(self, route: Obj, kept: set[str]) -> None:
        """Delete the placeholder Services of tags that the Route does not have any more."""
        meta = route["metadata"]
        for service in self.platform.list("v1", "Service", meta["namespace"], {kn.ROUTE: meta["name"]}):
            name = str(service["metadata"]["name"])
            if name not in kept and is_controlled_by(service, route):
                self.platform.client.delete("v1", "Service", name, str(meta["namespace"]))

    def _set_routing_states(self, route: Obj, traffic: list[Obj]) -> None:
        """Set the routing state of Revisions to active if they receive traffic, or will, else to reserve."""
        namespace = str(route["metadata"]["namespace"])
        name = str(route["metadata"]["name"])
        config = self.platform.get(kn.API, "Configuration", name, namespace) or {}
        active = {str(item["revisionName"]) for item in traffic}
        active.add(str((config.get("status") or {}).get("latestCreatedRevisionName")))
        for revision in self.platform.list(kn.API, "Revision", namespace, {kn.CONFIGURATION: name}):
            state = "active" if revision["metadata"]["name"] in active else "reserve"
            if kn.labels_of(revision).get(kn.ROUTING_STATE) != state:
                annotations = {kn.ROUTING_STATE_MODIFIED: timestamp(self.platform.now())}
                child_writes.update_labels(
                    self.platform, copy.deepcopy(revision), {kn.ROUTING_STATE: state}, annotations
                )


def _without_ingress(conditions: ConditionSet) -> None:
    conditions.mark("IngressReady", "Unknown", "IngressNotConfigured", NO_INGRESS)
