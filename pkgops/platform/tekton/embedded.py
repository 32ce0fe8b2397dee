"""Tasks and Pipelines that a run or a Pipeline has in itself: their fields count as others' do. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from pkgops.kube import Obj
from pkgops.platform import unknownfields
from pkgops.platform.fieldledger import warnings

_PARTS = (("taskSpec", "Task"), ("pipelineSpec", "Pipeline"))


def told_fields(obj: Obj) -> list[str]:
    """Return the warnings at admission of an object's fields, and of those of what it has in itself."""
    found = [*warnings("tekton", obj), *unknownfields.told("tekton", obj)]
    for place, part in _embedded(obj):
        found += [f"{place}: {text}" for text in told_fields(part)]
    return found


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
