"""Reconcile ClusterSupplyChains and ClusterDeliveries: the status reports whether their templates exist."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from pkgops.kube import NotFound, Obj
from pkgops.platform.carto.conditions import keep_times, with_ready
from pkgops.platform.carto.template import API_VERSION
from pkgops.platform.conditions import condition
from pkgops.platform.queue import Key
from pkgops.platform.runtime import Platform

Exists = Callable[[str, str], bool]


def template_names(blueprint: Obj) -> list[tuple[str, str, str]]:
    """Return resource name, template kind and template name of each template that a blueprint references."""
    templates = []
    for resource in (blueprint.get("spec") or {}).get("resources") or []:
        reference = resource["templateRef"]
        names = [option.get("name") for option in reference.get("options") or []] or [reference.get("name")]
        templates += [(resource["name"], reference["kind"], name) for name in names if name]
    return templates


def blueprint_status(blueprint: Obj, exists: Exists, now: datetime) -> Obj:
    """Return the status of a blueprint. ``exists`` returns whether there is a template of a kind and name."""
    missing = [resource for resource, kind, name in template_names(blueprint) if not exists(kind, name)]
    if missing:
        message = f"did not find the template of the resource(s) [{', '.join(missing)}]"
        templates = condition("TemplatesReady", "False", "TemplatesNotFound", message, now)
    else:
        templates = condition("TemplatesReady", "True", "Ready", "", now)
    before = (blueprint.get("status") or {}).get("conditions") or []
    return {
        **(blueprint.get("status") or {}),
        "conditions": keep_times(with_ready([templates], now), before, now),
        "observedGeneration": blueprint["metadata"].get("generation", 0),
    }


class BlueprintReconciler:
    """Reconciles the blueprints of one kind."""

    def __init__(self, platform: Platform, kind: str) -> None:
        self._platform = platform
        self._kind = kind

    def reconcile(self, key: Key) -> None:
        """Write the status of one blueprint."""
        blueprint = self._platform.get(API_VERSION, self._kind, key.name)
        if blueprint is None or blueprint["metadata"].get("deletionTimestamp"):
            return
        status = blueprint_status(blueprint, self._exists, self._platform.now())
        try:
            self._platform.save_status(blueprint, status)
        except NotFound:
            return

    def _exists(self, kind: str, name: str) -> bool:
        return self._platform.get(API_VERSION, kind, name) is not None
