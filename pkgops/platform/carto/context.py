"""The data that a template can reference: owner, params, inputs and labels. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pkgops.kube import Obj
from pkgops.platform.carto.typed import Opaque, owner_view

Output = dict[str, Any]
"""The output of a resource: ``url`` and ``revision``, or ``image``, or ``config``; empty if it has none."""

INPUT_LISTS = ("sources", "images", "configs")


def resource_inputs(resource: Obj, outputs: Mapping[str, Output]) -> Obj:
    """Return ``sources``, ``images``, ``configs`` and ``deployment`` of a resource, as far as they exist.

    Args:
        resource: an entry of ``spec.resources`` of a blueprint.
        outputs: the outputs of the resources before it, by resource name.
    """
    inputs: Obj = {kind: {} for kind in INPUT_LISTS}
    for kind in INPUT_LISTS:
        for reference in resource.get(kind) or []:
            value = _input(kind, reference["name"], outputs.get(reference["resource"]) or {})
            if value is not None:
                inputs[kind][reference["name"]] = value
    inputs["deployment"] = _deployment(resource, outputs)
    return inputs


def _input(kind: str, name: str, output: Output) -> Obj | None:
    if kind == "sources":
        return (
            {"url": output["url"], "revision": output["revision"], "name": name} if "url" in output else None
        )
    field = kind.removesuffix("s")
    return {field: output[field], "name": name} if field in output else None


def _deployment(resource: Obj, outputs: Mapping[str, Output]) -> Obj | None:
    producer = (resource.get("deployment") or {}).get("resource")
    output = outputs.get(producer) or {} if producer else {}
    return {"url": output["url"], "revision": output["revision"], "name": ""} if "url" in output else None


def input_names(resource: Obj) -> list[str]:
    """Return the names of the resources that a resource reads, in the order of its status entry."""
    names = [
        reference["resource"] for kind in ("sources", "images") for reference in resource.get(kind) or []
    ]
    if resource.get("deployment"):
        names.append(resource["deployment"]["resource"])
    return names + [reference["resource"] for reference in resource.get("configs") or []]


def template_context(owner: Obj, params: Mapping[str, Any], inputs: Obj, labels: Mapping[str, str]) -> Obj:
    """Return all root objects of a template of a blueprint."""
    owner_fields = owner_view(owner)
    context: Obj = {
        "workload": owner_fields,
        "deliverable": owner_fields,
        "params": {name: Opaque(value) for name, value in params.items()},
        **inputs,
        "labels": dict(labels),
    }
    if len(inputs["sources"]) == 1:
        context["source"] = next(iter(inputs["sources"].values()))
    if len(inputs["images"]) == 1:
        context["image"] = next(iter(inputs["images"].values()))["image"]
    if len(inputs["configs"]) == 1:
        context["config"] = next(iter(inputs["configs"].values()))["config"]
    return context


def run_context(runnable: Obj, selected: Obj | None) -> Obj:
    """Return the root objects of a ClusterRunTemplate."""
    return {"runnable": owner_view(runnable), "selected": selected}
