"""The doctor's check that the objects that Runnables select exist, in the templates or on the cluster."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from pkgops.errors import PkgopsError
from pkgops.flows import unreadable
from pkgops.flows.doctor_report import Check, Result
from pkgops.flows.target import Target
from pkgops.kube import Obj
from pkgops.pipeline import lint
from pkgops.pipeline.object_store import carries

NAME = "selectors"


def selected(target: Target, objects: Sequence[Obj]) -> Iterator[Check]:
    """Check that each selector of a template's Runnable has an object; labels from inputs are left out."""
    for template in objects:
        made = lint.stamped(template)
        selector = (made.get("spec") or {}).get("selector") if made.get("kind") == "Runnable" else None
        if isinstance(selector, Mapping):
            yield from _selected(target, objects, template, selector)


def _selected(
    target: Target, objects: Sequence[Obj], template: Obj, selector: Mapping[str, Any]
) -> Iterator[Check]:
    resource = selector.get("resource") or {}
    api_version, kind = str(resource.get("apiVersion") or ""), str(resource.get("kind") or "")
    every = {str(key): str(value) for key, value in (selector.get("matchingLabels") or {}).items()}
    fixed = {key: value for key, value in every.items() if "$(" not in key + value}
    if not (api_version and kind and fixed):
        return
    shown = [f"{key}={value}" for key, value in fixed.items()]
    namespace = target.settings.workload_namespace
    what = (
        f"{template['kind'].lower()} {template['metadata']['name']} selects a {kind} with {', '.join(shown)}"
    )
    count = sum(1 for obj in objects if obj.get("kind") == kind and carries(obj, fixed))
    try:
        if not count and target.client.serves(api_version, kind):
            count = len(target.client.list(api_version, kind, namespace, labels=",".join(shown)).items)
    except PkgopsError as error:
        reason = unreadable.reason(error, namespace)
        yield Check(name=NAME, result=Result.UNKNOWN, message=f"{what}: {reason}", fix=error.next)
        return
    if count:
        yield Check(name=NAME, result=Result.OK, message=f"{what}: there is one")
        return
    yield Check(
        name=NAME,
        result=Result.WARNING,
        message=f"{what}, and there is none in {namespace}",
        fix="add it to the templates, or apply it yourself",
    )
