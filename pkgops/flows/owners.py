"""Workloads and deliverables: their parameters, who applied them, and submitting them."""

from __future__ import annotations

import copy
import hashlib
import json
from typing import Any

from pkgops.flows import apply
from pkgops.flows.apply_plan import describe
from pkgops.flows.ports import Ports
from pkgops.flows.render import Rendered
from pkgops.kube import Client, Obj
from pkgops.model import ObjectRef
from pkgops.pipeline import links
from pkgops.settings import Settings

API = "carto.run/v1alpha1"
PIN = "semver"
"""The parameter of a deliverable with the package versions that it accepts."""
VERSIONS = "versions"
"""The parameter of a deliverable with the versions accepted unless it is pinned; no template reads it."""
TEMPLATES = "templates"
"""The parameter that identifies the templates that an owner was submitted with; no template reads it."""
DIGITS = 12


def place(obj: Obj, namespace: str) -> Obj:
    """Return a copy of a rendered workload or deliverable in ``namespace``."""
    placed = copy.deepcopy(obj)
    placed["metadata"]["namespace"] = namespace
    return placed


def of_templates(rendered: Rendered, obj: Obj) -> Obj:
    """Return a copy of a workload or deliverable with a digest of the templates that it is submitted with.

    A changed template does not change an owner, and Cartographer does not record whether it has stamped with
    it. With the digest among the parameters the owner has a new generation, which Cartographer observes.
    """
    changed = copy.deepcopy(obj)
    blueprints = [one for one in rendered.workflows if str(one.get("apiVersion")) == API]
    text = json.dumps(blueprints, sort_keys=True, default=str)
    digest = hashlib.sha256(text.encode()).hexdigest()[:DIGITS]
    params = [item for item in params_of(changed) if item.get("name") != TEMPLATES]
    changed.setdefault("spec", {})["params"] = [*params, {"name": TEMPLATES, "value": digest}]
    return changed


def deliverable(rendered: Rendered, settings: Settings, namespace: str) -> Obj:
    """Return the rendered deliverable for a namespace; its annotation names the workload that it delivers.

    Raises:
        UsageError: the templates have no such workload or deliverable.
    """
    placed = of_templates(rendered, place(rendered.deliverable(settings.deliverable), namespace))
    if not rendered.workloads:
        return placed
    workload = rendered.workload(settings.workload)["metadata"]["name"]
    annotations = placed["metadata"].setdefault("annotations", {})
    annotations[links.WORKLOAD] = f"{settings.workload_namespace}/{workload}"
    return placed


def pinned(deliverable: Obj, version: str) -> Obj:
    """Return a copy of a deliverable that accepts exactly ``version``; empty: those of the templates."""
    changed = copy.deepcopy(deliverable)
    params = {item.get("name"): item for item in params_of(changed)}
    if rule := version or _param(changed, VERSIONS):
        params[PIN] = {"name": PIN, "value": rule}
    else:
        params.pop(PIN, None)
    changed.setdefault("spec", {})["params"] = list(params.values())
    return changed


def pin_of(deliverable: Obj | None) -> str:
    """Return the version that a deliverable is pinned to; empty where it follows the templates' versions."""
    rule = _param(deliverable or {}, PIN)
    return "" if rule == _param(deliverable or {}, VERSIONS) else rule


def _param(owner: Obj, name: str) -> str:
    return next((str(item.get("value") or "") for item in params_of(owner) if item.get("name") == name), "")


def params_of(owner: Obj) -> list[dict[str, Any]]:
    """Return ``spec.params`` of a workload or deliverable."""
    return list((owner.get("spec") or {}).get("params") or [])


def ours(obj: Obj) -> bool:
    """Return whether pkgops applied an object, by its managedFields."""
    entries = (obj.get("metadata") or {}).get("managedFields") or []
    return any(entry.get("manager") == apply.MANAGER for entry in entries)


def submit(client: Client, obj: Obj, ports: Ports) -> Obj:
    """Apply a workload or deliverable and report the change; returns the server's object."""
    ref = ObjectRef.of(obj)
    before = client.find(ref.api_version, ref.kind, ref.name, ref.namespace)
    after = client.apply(obj, manager=apply.MANAGER)
    version = str(after["metadata"].get("generation"))
    if before is None:
        operation = "created"
    else:
        operation = "unchanged" if str(before["metadata"].get("generation")) == version else "updated"
    ports.note(f"{operation} {describe(ref)}", object=ref, op=operation)
    return after
