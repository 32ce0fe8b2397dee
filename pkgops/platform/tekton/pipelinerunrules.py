"""Tekton's validation of a PipelineRun, with default feature flags. Pure.

Source: ``pkg/apis/pipeline/v1/pipelinerun_validation.go``.
"""

from __future__ import annotations

import json
from collections.abc import Mapping

from pkgops.kube import Obj
from pkgops.platform.durations import format_duration, parse_duration
from pkgops.platform.fielderrors import FieldError, below, invalid
from pkgops.platform.tekton.pipelinegraph import RESULT
from pkgops.platform.tekton.pipelinerules import pipeline_errors
from pkgops.platform.tekton.pipelineusage import run_usage_errors
from pkgops.platform.tekton.references import quoted
from pkgops.platform.tekton.refrules import duplicate_params, ref_errors
from pkgops.platform.tekton.runrules import (
    binding_errors,
    computed_twice,
    errors_of_run,
    one_of,
    override_errors,
)

STATES = ("Cancelled", "CancelledRunFinally", "StoppedRunFinally", "PipelineRunPending")
DEFAULT_SECONDS = 3600.0


def pipeline_run_errors(run: Obj, old: Obj | None) -> list[FieldError]:
    """Return the errors of a PipelineRun.

    Args:
        run: the PipelineRun, with the webhook's defaults.
        old: the object before an update, else None.
    """
    return errors_of_run(run, old, "PipelineRun", ("status",), _spec_errors)


def _spec_errors(spec: Obj) -> list[FieldError]:
    errors = one_of(spec, "pipelineRef", "pipelineSpec")
    params = spec.get("params") or []
    if spec.get("pipelineRef") is not None:
        errors += below("pipelineRef", ref_errors(spec["pipelineRef"]))
    pipeline = spec.get("pipelineSpec")
    if pipeline is not None:
        errors += below("pipelineSpec", pipeline_errors(pipeline))
        errors += run_usage_errors(pipeline, params)
    errors += below("params", duplicate_params(params))
    for entry in params:
        used = [match[0][2:-1] for match in RESULT.finditer(json.dumps(entry.get("value", "")))]
        if used:
            text = f"cannot use result expressions in [{' '.join(used)}] as PipelineRun parameter values"
            errors.append(invalid(text, f"params[{entry['name']}].value"))
    errors += _timeout_errors(spec.get("timeouts") or {})
    for index, entry in enumerate(spec.get("taskRunSpecs") or []):
        for key in ("stepSpecs", "sidecarSpecs"):
            errors += below(f"taskRunSpecs[{index}].{key}", override_errors(entry.get(key) or []))
        own = [*computed_twice(entry), *_own_timeout_errors(entry, spec.get("timeouts") or {})]
        errors += below(f"taskRunSpecs[{index}]", own)
    state = spec.get("status") or ""
    if state and state not in STATES:
        errors.append(invalid(f"{state} should be {', '.join(STATES[:3])} or {STATES[3]}", "status"))
    return errors + _workspace_errors(spec.get("workspaces") or [])


def _workspace_errors(bindings: list[Obj]) -> list[FieldError]:
    errors: list[FieldError] = []
    seen: dict[str, int] = {}
    for index, binding in enumerate(bindings):
        errors += below(f"workspaces[{index}]", binding_errors(binding))
        name = str(binding.get("name") or "")
        if name in seen:
            which = f"at index {seen[name]} and {index}"
            text = f"workspace {quoted(name)} provided by pipelinerun more than once, {which}"
            errors.append(FieldError(text, (f"workspaces[{index}].name",)))
        seen[name] = index
    return errors


def _own_timeout_errors(entry: Obj, timeouts: Mapping[str, str]) -> list[FieldError]:
    """Return the errors of the timeout of a run for one of its tasks."""
    if entry.get("timeout") is None:
        return []
    own = parse_duration(str(entry["timeout"]))
    key = "tasks" if timeouts.get("tasks") is not None else "pipeline"
    most = parse_duration(str(timeouts[key]))
    for value in (own, most):
        if value < 0:
            return [invalid(f"-{format_duration(-value)} should be >= 0", "timeout")]
    if not most or own <= most:
        return []
    source = {"tasks": "pipeline tasks duration", "pipeline": "pipeline duration"}[key]
    limit = f"{source} {format_duration(most)}"
    return [invalid(f"{format_duration(own)} should be <= {limit}", "timeout")]


def _timeout_errors(timeouts: Mapping[str, str]) -> list[FieldError]:
    seconds = {key: parse_duration(str(text)) for key, text in timeouts.items() if text is not None}
    errors = [
        invalid(f"-{format_duration(-value)} should be >= 0", f"timeouts.{key}")
        for key, value in seconds.items()
        if value < 0
    ]
    whole = seconds.get("pipeline", DEFAULT_SECONDS)
    for key in ("tasks", "finally"):
        value = seconds.get(key)
        if value is None or not whole:
            continue
        if value > whole:
            text = f"{format_duration(value)} should be <= pipeline duration"
            errors.append(invalid(text, f"timeouts.{key}"))
        elif not value:
            errors.append(invalid("0s (no timeout) should be <= pipeline duration", f"timeouts.{key}"))
    tasks, final = seconds.get("tasks"), seconds.get("finally")
    if tasks is not None and final is not None and tasks + final > whole:
        both = f"{format_duration(max(tasks, 0))} + {format_duration(max(final, 0))}"
        text = f"{both} should be <= pipeline duration"
        errors += [invalid(text, f"timeouts.{key}") for key in ("tasks", "finally")]
    return errors
