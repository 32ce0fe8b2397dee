"""Warnings about the fields of objects, and of Tasks and Pipelines that are embedded in them. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from pkgops.kube import Obj
from pkgops.platform import unknownfields
from pkgops.platform.fieldsupport import warnings

_PARTS = (("taskSpec", "Task"), ("pipelineSpec", "Pipeline"))


def field_warnings(obj: Obj) -> list[str]:
    """Return the admission warnings about the fields of an object, and of objects embedded in it."""
    texts = [*warnings("tekton", obj), *unknownfields.warnings("tekton", obj)]
    for place, part in _embedded(obj):
        texts += [f"{place}: {text}" for text in field_warnings(part)]
    return texts


def _embedded(obj: Obj) -> Iterator[tuple[str, Obj]]:
    spec = obj.get("spec") or {}
    owners = [("spec", spec)] if obj["kind"] in ("TaskRun", "PipelineRun") else []
    for kind in ("tasks", "finally") if obj["kind"] == "Pipeline" else ():
        owners += [(f"spec.{kind}[{index}]", task) for index, task in enumerate(spec.get(kind) or [])]
    for place, owner in owners:
        for key, kind in _PARTS:
            if owner.get(key):
                api = obj.get("apiVersion", "")
                yield f"{place}.{key}", {"apiVersion": api, "kind": kind, "spec": owner[key]}
