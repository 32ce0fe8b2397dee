"""The defaults of Tekton's webhook, and its decoding errors. Pure.

Source: ``pkg/apis/pipeline/v1/*_defaults.go``; the forms of quantities and durations are those of Kubernetes.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Iterable
from typing import Any

from pkgops.kube import Obj
from pkgops.platform.durations import format_duration, parse_duration
from pkgops.platform.tekton import decoding, roundtrip
from pkgops.platform.tekton.params import type_of

MANAGED_BY = ("app.kubernetes.io/managed-by", "tekton-pipelines")
DEFAULT_TIMEOUT = "1h0m0s"
QUANTITY = r"^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$"
RESERVED = "chains.tekton.dev/"


def defaulted(obj: Obj, *, creating: bool) -> Obj:
    """Return a Task, StepAction, Pipeline or run with the webhook's defaults.

    Raises:
        ValueError: a quantity or duration is not valid, a value has another type than its field, or a field
            is unknown.
        EncodingError: a param or result has no value.
    """
    decoding.check(obj)
    result: Obj = roundtrip.encoded(copy.deepcopy(obj))
    spec = result.setdefault("spec", {})
    if obj["kind"] == "Task":
        _default_task(spec)
        return result
    if obj["kind"] == "StepAction":
        for key in ("params", "results"):
            default_types(spec.get(key) or [])
        return result
    if obj["kind"] == "Pipeline":
        _default_pipeline(spec)
        return result
    if obj["kind"] == "PipelineRun":
        _default_pipeline_run(spec)
        return result
    _default_ref(spec.get("taskRef"))
    timeout = spec.get("timeout")
    spec["timeout"] = duration(DEFAULT_TIMEOUT if timeout is None else timeout)
    spec["serviceAccountName"] = spec.get("serviceAccountName") or "default"
    if spec.get("taskSpec") is not None:
        _default_task(spec["taskSpec"])
    for entry in [spec, *(spec.get("stepSpecs") or []), *(spec.get("sidecarSpecs") or [])]:
        check_resources(entry.get("computeResources"))
    label(result, creating=creating)
    return result


def _default_ref(ref: Obj | None) -> None:
    if ref is not None and not ref.get("resolver"):
        ref["kind"] = ref.get("kind") or "Task"


def _default_pipeline(spec: Obj) -> None:
    default_types(spec.get("params") or [])
    for task in [*(spec.get("tasks") or []), *(spec.get("finally") or [])]:
        _default_ref(task.get("taskRef"))
        if task.get("timeout") is not None:
            task["timeout"] = duration(task["timeout"])
        if task.get("taskSpec") is not None:
            _default_task(task["taskSpec"])


def _default_pipeline_run(spec: Obj) -> None:
    timeouts = spec["timeouts"] = dict(spec.get("timeouts") or {})
    timeouts.setdefault("pipeline", spec.pop("timeout", None) or DEFAULT_TIMEOUT)
    spec["timeouts"] = {key: duration(text) for key, text in timeouts.items() if text is not None}
    template = spec["taskRunTemplate"] = dict(spec.get("taskRunTemplate") or {})
    # The fields of v1beta1.
    template["serviceAccountName"] = (
        template.get("serviceAccountName") or spec.pop("serviceAccountName", None) or "default"
    )
    if spec.get("podTemplate") and not template.get("podTemplate"):
        template["podTemplate"] = spec.pop("podTemplate")
    for entry in spec.get("taskRunSpecs") or []:
        if entry.get("timeout") is not None:
            entry["timeout"] = duration(entry["timeout"])
        for spec_entry in [entry, *(entry.get("stepSpecs") or []), *(entry.get("sidecarSpecs") or [])]:
            check_resources(spec_entry.get("computeResources"))
    if spec.get("pipelineSpec") is not None:
        _default_pipeline(spec["pipelineSpec"])


def label(obj: Obj, *, creating: bool) -> None:
    """Set the managed-by label of a run; remove annotations that only Tekton itself may write."""
    meta = obj["metadata"]
    meta["labels"] = {MANAGED_BY[0]: MANAGED_BY[1], **(meta.get("labels") or {})}
    if creating and meta.get("annotations"):
        kept = {key: value for key, value in meta["annotations"].items() if RESERVED not in key}
        meta["annotations"] = kept


def duration(text: Any) -> str:
    """Return a duration in Go's format.

    Raises:
        ValueError: it is not a duration; the text is Go's message.
    """
    seconds = parse_duration(str(text))
    return format_duration(seconds) if seconds >= 0 else f"-{format_duration(-seconds)}"


def check_resources(resources: Obj | None) -> None:
    """Raise ValueError if an amount of ``requests`` or ``limits`` is not a quantity."""
    for kind in ("requests", "limits"):
        for amount in ((resources or {}).get(kind) or {}).values():
            if amount is not None and not re.match(QUANTITY, str(amount)):
                raise ValueError(f"quantities must match the regular expression '{QUANTITY}'")


def _default_task(spec: Obj) -> None:
    for key in ("params", "results"):
        default_types(spec.get(key) or [])
    template = spec.get("stepTemplate") or {}
    for step in spec.get("steps") or []:
        step.setdefault("computeResources", {})
        if step.get("timeout") is not None:
            step["timeout"] = duration(step["timeout"])
    for entry in [template, *(spec.get("steps") or []), *(spec.get("sidecars") or [])]:
        check_resources(entry.get("computeResources"))


def default_types(entries: Iterable[Obj]) -> None:
    """Set the types of parameters and results without one, and of the keys of objects."""
    for entry in entries:
        entry["type"] = type_of(entry)
        if entry.get("properties"):
            entry["properties"] = {
                key: {"type": "string", **(value or {})} for key, value in entry["properties"].items()
            }
