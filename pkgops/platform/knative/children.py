"""The children of a Service and its Configuration: Configuration, Route, Revision. Pure."""

from __future__ import annotations

import copy
from datetime import datetime
from typing import Any

from pkgops.kube import Obj
from pkgops.platform.conditions import timestamp
from pkgops.platform.knative import labels as kn
from pkgops.platform.names import child_name
from pkgops.platform.owners import owner_reference


def configuration(service: Obj, existing: Obj | None = None) -> Obj:
    """Return the Configuration of a Service, with the routes in the annotation of the existing one."""
    annotations = _inherited(service)
    routes_annotation = kn.annotations_of(existing).get(kn.ROUTES, "") if existing else ""
    routes = {*filter(None, routes_annotation.split(",")), str(service["metadata"]["name"])}
    annotations[kn.ROUTES] = ",".join(sorted(routes))
    labels = {kn.SERVICE: service["metadata"]["name"], kn.SERVICE_UID: service["metadata"]["uid"]}
    return _child(service, "Configuration", labels, annotations, {"template": service["spec"]["template"]})


def route(service: Obj) -> Obj:
    """Return the Route of a Service; a target without a Revision references the Configuration."""
    name = str(service["metadata"]["name"])
    traffic = copy.deepcopy(service["spec"].get("traffic") or [{"latestRevision": True, "percent": 100}])
    for target in traffic:
        if not target.get("revisionName"):
            target["configurationName"] = name
    annotations = {key: value for key, value in kn.annotations_of(service).items() if key != kn.LAST_APPLIED}
    return _child(service, "Route", {kn.SERVICE: name}, annotations, {"traffic": traffic})


def revision(config: Obj, now: datetime) -> Obj:
    """Return the Revision of a Configuration's current generation."""
    template = copy.deepcopy(config["spec"]["template"])
    given: dict[str, Any] = template.get("metadata") or {}
    suffix = f"-{config['metadata']['generation']:05d}"
    name = given.get("name") or child_name(str(config["metadata"]["name"]), suffix)
    return {
        "apiVersion": kn.API,
        "kind": "Revision",
        "metadata": {
            "name": name,
            "namespace": config["metadata"]["namespace"],
            "labels": {**(given.get("labels") or {}), **_revision_labels(config)},
            "annotations": {**(given.get("annotations") or {}), **_revision_annotations(config, now)},
            "ownerReferences": [owner_reference(config)],
        },
        "spec": template.get("spec") or {},
    }


def _revision_labels(config: Obj) -> dict[str, str]:
    given = kn.labels_of(config)
    labels = {
        kn.CONFIGURATION: config["metadata"]["name"],
        kn.CONFIGURATION_GENERATION: str(config["metadata"]["generation"]),
        kn.CONFIGURATION_UID: config["metadata"]["uid"],
        kn.SERVICE: given.get(kn.SERVICE, ""),
        kn.SERVICE_UID: given.get(kn.SERVICE_UID, ""),
        kn.ROUTING_STATE: "active" if kn.ROUTES in kn.annotations_of(config) else "pending",
    }
    return {key: value for key, value in labels.items() if value}


def _revision_annotations(config: Obj, now: datetime) -> dict[str, str]:
    given = kn.annotations_of(config)
    values = {
        kn.CREATOR: given.get(kn.MODIFIER, ""),
        kn.ROUTES: given.get(kn.ROUTES, ""),
        kn.ROUTING_STATE_MODIFIED: timestamp(now),
    }
    return {key: value for key, value in values.items() if value}


def _inherited(service: Obj) -> dict[str, str]:
    left_out = {kn.LAST_APPLIED, *kn.ROLLOUT_DURATION}
    return {key: value for key, value in kn.annotations_of(service).items() if key not in left_out}


def _child(service: Obj, kind: str, labels: dict[str, Any], annotations: dict[str, str], spec: Obj) -> Obj:
    return {
        "apiVersion": kn.API,
        "kind": kind,
        "metadata": {
            "name": service["metadata"]["name"],
            "namespace": service["metadata"]["namespace"],
            "labels": {**kn.labels_of(service), **labels},
            "annotations": annotations,
            "ownerReferences": [owner_reference(service)],
        },
        "spec": copy.deepcopy(spec),
    }
