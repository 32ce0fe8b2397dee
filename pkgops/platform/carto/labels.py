"""The ``carto.run/...`` labels of stamped objects. Pure."""

from __future__ import annotations

from pkgops.kube import Obj

_KEYS = {"Workload": ("workload", "supply-chain"), "Deliverable": ("deliverable", "delivery")}


def resource_labels(owner: Obj, blueprint: str, resource: Obj, lifecycle: str) -> dict[str, str]:
    """Return the labels of the objects that a resource of a blueprint stamps.

    ``cluster-template-name`` is empty where the template reference has options, as upstream.
    """
    prefix, blueprint_key = _KEYS[str(owner["kind"])]
    reference = resource["templateRef"]
    return {
        f"carto.run/{prefix}-name": owner["metadata"]["name"],
        f"carto.run/{prefix}-namespace": owner["metadata"]["namespace"],
        f"carto.run/{blueprint_key}-name": blueprint,
        "carto.run/resource-name": resource["name"],
        "carto.run/template-kind": reference["kind"],
        "carto.run/cluster-template-name": reference.get("name") or "",
        "carto.run/template-lifecycle": lifecycle,
    }


def run_labels(runnable: Obj, run_template: str) -> dict[str, str]:
    """Return the labels of the objects that a Runnable stamps."""
    return {
        "carto.run/runnable-name": runnable["metadata"]["name"],
        "carto.run/run-template-name": run_template,
    }


def selector(labels: dict[str, str]) -> str:
    """Return labels as a label selector of a list request."""
    return ",".join(f"{key}={labels[key]}" for key in sorted(labels))
