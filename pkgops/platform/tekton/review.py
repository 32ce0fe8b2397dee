"""Tekton's validating webhook. Pure."""

from __future__ import annotations

import re

from pkgops.kube import Obj
from pkgops.platform.fielderrors import MAX_LABEL, FieldError, below, messages
from pkgops.platform.tekton.paramrules import undeclared_errors
from pkgops.platform.tekton.pipelinerules import pipeline_errors
from pkgops.platform.tekton.pipelinerunrules import pipeline_run_errors
from pkgops.platform.tekton.pipelineusage import usage_errors
from pkgops.platform.tekton.references import quoted
from pkgops.platform.tekton.runrules import run_errors
from pkgops.platform.tekton.stepactionrules import step_action_errors
from pkgops.platform.tekton.steps import merged_steps
from pkgops.platform.tekton.taskrules import task_errors

_PART = "[a-z0-9]([-a-z0-9]*[a-z0-9])?"
SUBDOMAIN = re.compile(rf"{_PART}(\.{_PART})*")


def problems(obj: Obj, old: Obj | None) -> list[str]:
    """Return Tekton's messages why an object is refused; empty if it is valid.

    Args:
        obj: the object, with the webhook's defaults.
        old: the object before an update, else None.
    """
    spec = obj.get("spec") or {}
    errors = below("metadata", _name_errors(str(obj["metadata"].get("name") or "")))
    params = spec.get("params") or []
    if obj["kind"] == "Pipeline":
        errors += below("spec", pipeline_errors(spec))
        errors += below("spec", usage_errors(spec))
    elif obj["kind"] == "PipelineRun":
        errors += pipeline_run_errors(obj, old)
    elif obj["kind"] == "StepAction":
        errors += below("spec", step_action_errors(spec, str(obj.get("apiVersion") or "")))
    elif obj["kind"] == "Task":
        errors += below("spec", task_errors(spec))
        errors += below("spec", undeclared_errors(merged_steps(spec), params))
    else:
        errors += run_errors(obj, old)
    return messages(errors)


def _name_errors(name: str) -> list[FieldError]:
    if not SUBDOMAIN.fullmatch(name):
        return [FieldError(f"invalid resource name {quoted(name)}: must be a valid DNS label", ("name",))]
    if len(name) > MAX_LABEL:
        return [FieldError("Invalid resource name: length must be no more than 63 characters", ("name",))]
    return []
