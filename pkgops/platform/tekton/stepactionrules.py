"""What Tekton refuses in a StepAction. Pure.

Source: ``pkg/apis/pipeline/v1beta1/stepaction_validation.go``.
"""

from __future__ import annotations

from pkgops.kube import Obj
from pkgops.platform.fielderrors import FieldError, below, invalid, missing
from pkgops.platform.tekton.paramrules import type_errors
from pkgops.platform.tekton.params import type_of
from pkgops.platform.tekton.references import step_texts, unknown
from pkgops.platform.tekton.steprules import script_errors, step_result_errors


def step_action_errors(spec: Obj) -> list[FieldError]:
    """Return what is wrong with a StepAction's spec."""
    params, script = spec.get("params") or [], str(spec.get("script") or "")
    errors = ([] if spec.get("image") else [missing("Image")]) + script_errors(spec)
    if "$(params." in script or "$(params[" in script:
        errors.append(FieldError("param substitution in scripts is not allowed.", ("script",)))
    names = {str(entry.get("name") or "") for entry in params}
    for path, text, _ in step_texts(spec, mounts=("name", "MountPath", "SubPath")):
        if path != "script":
            errors += below(path, unknown(text, "params", names))
    errors += [
        missing(f"{entry['name']}.properties")
        for entry in params
        if type_of(entry) == "object" and entry.get("properties") is None
    ]
    errors += below("params", type_errors(params))
    results = spec.get("results") or []
    written = {str(entry.get("name") or "") for entry in results}
    for prefix in (r"step\.results", "results"):
        errors += below("script", unknown(script, prefix, written))
    for index, entry in enumerate(results):
        errors += below(f"results[{index}]", step_result_errors(entry))
    for index, mount in enumerate(spec.get("volumeMounts") or []):
        name = str(mount.get("name") or "")
        if not (name.startswith("$(params.") and name.endswith(")") and name.count("$(") == 1):
            text = "expect the Name to be a single param reference"
            errors.append(invalid(name, f"volumeMounts[{index}].name", text))
    return errors
