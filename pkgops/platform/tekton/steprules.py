"""Tekton's validation of the steps and sidecars of a Task, with default feature flags. Pure.

Source: ``pkg/apis/pipeline/v1/container_validation.go``, ``when_validation.go`` and ``result_validation.go``.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable

from pkgops.kube import Obj
from pkgops.platform.durations import parse_duration
from pkgops.platform.fielderrors import QUALIFIED, FieldError, below, invalid, missing
from pkgops.platform.tekton.paramrules import keys_not_of_type_string
from pkgops.platform.tekton.references import quoted, unknown
from pkgops.platform.tekton.refrules import ref_errors, when_errors

DNS_LABEL = re.compile(r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?")
RESULT_NAME = re.compile(QUALIFIED)
RESULT_NAME_DETAILS = (
    "Name must consist of alphanumeric characters, '-', '_', and must start and end with an alphanumeric "
    "character (e.g. 'MyName',  or 'my-name',  or 'my_name', regex used for validation is '^"
    + QUALIFIED
    + "$')"
)
ARTIFACTS = re.compile(
    r"\$\((?:steps|tasks)\.[^.]+\.(?:inputs|outputs)\.[^.)]+\)|\$\((?:step\.)?artifacts\.path\)"
)
ARTIFACT_OF_TASK = re.compile(r"\$\(tasks\.[^.]+\.(?:inputs|outputs)\.[^.)]+\)")
NO_ARTIFACTS = "feature flag enable-artifacts should be set to true to use artifacts feature."
STEP_RESULT = re.compile(r"\$\(steps\..*?\.results\..*?\)")
STEP_ARTIFACT = re.compile(r"\$\(steps\.[^.]+\.(?:inputs|outputs)\.[^.)]+\)")
_SUBSTITUTIONS = (
    ("stepResult substitutions are only allowed in env, command and args", STEP_RESULT, ()),
    (
        "stepArtifact substitutions are only allowed in env, command, args and script",
        STEP_ARTIFACT,
        ("script",),
    ),
)
_NOT_WITH_REF = {
    "image": "image",
    "command": "command",
    "args": "args",
    "script": "script",
    "workingDir": "working dir",
    "env": "env",
    "volumeMounts": "volumeMounts",
    "results": "results",
}
_LABEL_DETAILS = (
    "Task step name must be a valid DNS Label, For more info refer to "
    "https://kubernetes.io/docs/concepts/overview/working-with-objects/names/#names"
)


def flag_off(feature: str) -> FieldError:
    """Return the error of an alpha feature, which is disabled by default."""
    return FieldError(f'{feature} requires "enable-api-fields" feature gate to be "alpha" but it is "beta"')


def steps_errors(steps: Iterable[Obj]) -> list[FieldError]:
    """Return the errors of steps merged with their template; paths start at an index."""
    names: set[str] = set()
    errors: list[FieldError] = []
    for index, step in enumerate(steps):
        place, name = f"[{index}]", step.get("name") or ""
        if name and name in names:
            errors.append(FieldError("expected exactly one, got both", (f"{place}.name",)))
        names.add(name)
        errors += below(place, step_errors(step))
        results = step.get("results")
        if results is not None:
            known = {entry.get("name", "") for entry in results}
            errors += below(f"{place}.script", unknown(str(step.get("script") or ""), "step.results", known))
            for at, entry in enumerate(results):
                errors += below(f"results{place}[{at}]", step_result_errors(entry))
        errors += below(place, when_errors(step.get("when") or []))
    return errors


def step_errors(step: Obj) -> list[FieldError]:
    """Return the errors of one step."""
    texts = [step.get("script"), *(step.get("command") or []), *(step.get("args") or [])]
    texts += [entry.get("value") for entry in step.get("env") or []]
    if any(ARTIFACTS.search(str(text or "")) for text in texts):
        return [FieldError(NO_ARTIFACTS, ("",))]
    if step.get("timeout") and parse_duration(str(step["timeout"])) < 0:
        return [invalid(step["timeout"], "negative timeout")]
    errors = _referring_errors(step) if step.get("ref") is not None else _own_errors(step)
    name = step.get("name") or ""
    if name and not DNS_LABEL.fullmatch(name):
        errors.append(FieldError(f"invalid value {quoted(name)}", ("name",), _LABEL_DETAILS))
    errors += _mount_errors(step.get("volumeMounts") or [])
    on_error = str(step.get("onError") or "")
    if on_error not in ("", "continue", "stopAndFail") and not on_error.startswith("$(params"):
        details = 'Task step onError must be either "continue" or "stopAndFail"'
        errors.append(FieldError(f'invalid value: "{on_error}"', ("onError",), details))
    if str(step.get("script") or "").strip().startswith("#!win"):
        errors.append(flag_off("windows script support"))
    for key, feature in (("stdoutConfig", "stdout"), ("stderrConfig", "stderr")):
        if step.get(key) is not None:
            errors.append(flag_off(f"step {feature} stream support"))
    return errors + _misplaced_errors(step)


def _referring_errors(step: Obj) -> list[FieldError]:
    return ref_errors(step["ref"]) + [
        FieldError(f"{word} cannot be used with Ref", (key,))
        for key, word in _NOT_WITH_REF.items()
        if step.get(key)
    ]


def _own_errors(step: Obj) -> list[FieldError]:
    errors = []
    if step.get("params"):
        errors.append(FieldError("params cannot be used without Ref", ("params",)))
    if not step.get("image"):
        errors.append(missing("Image"))
    return errors + script_errors(step)


def script_errors(container: Obj) -> list[FieldError]:
    """Return the error of a container that has both a script and a command."""
    both = container.get("script") and container.get("command")
    return [FieldError("script cannot be used with command", ("script",))] if both else []


def _mount_errors(mounts: Iterable[Obj]) -> list[FieldError]:
    errors = []
    for index, mount in enumerate(mounts):
        name, path = str(mount.get("name") or ""), str(mount.get("mountPath") or "")
        clean = posixpath.normpath(path)
        if clean.startswith("/tekton/") and not clean.startswith("/tekton/home"):
            text = (
                f"volumeMount cannot be mounted under /tekton/ (volumeMount {quoted(name)} mounted at "
                f"{quoted(path)})"
            )
            errors.append(FieldError(text, (f"volumeMounts[{index}].mountPath",)))
        if name.startswith("tekton-internal-"):
            text = f'volumeMount name {quoted(name)} cannot start with "tekton-internal-"'
            errors.append(FieldError(text, (f"volumeMounts[{index}].name",)))
    return errors


def _misplaced_errors(step: Obj) -> list[FieldError]:
    """Return the errors of references to other steps' results and artifacts where they are not allowed."""
    texts = [(key, step.get(key)) for key in ("name", "image", "script", "imagePullPolicy", "workingDir")]
    for entry in step.get("envFrom") or []:
        texts.append(("envFrom.prefix", entry.get("prefix")))
        texts += [
            (f"envFrom.{key}", (entry.get(key) or {}).get("name")) for key in ("configMapRef", "secretRef")
        ]
    for owner, keys in (
        ("volumeMounts", ("name", "mountPath", "subPath")),
        ("volumeDevices", ("name", "devicePath")),
    ):
        texts += [(f"{owner}.{key}", entry.get(key)) for entry in step.get(owner) or [] for key in keys]
    return [
        FieldError(f"{what}. Found usage in", (path,))
        for what, pattern, allowed in _SUBSTITUTIONS
        for path, text in texts
        if path not in allowed and pattern.search(str(text or ""))
    ]


def step_result_errors(result: Obj) -> list[FieldError]:
    """Return the errors of a result that a step declares."""
    name, kind = str(result.get("name") or ""), str(result.get("type") or "")
    if not RESULT_NAME.fullmatch(name):
        return [FieldError(f"invalid key name {quoted(name)}", ("name",), RESULT_NAME_DETAILS)]
    if kind == "object" and result.get("properties") is None:
        return [missing(f"{name}.properties")]
    if kind not in ("", "string", "array", "object"):
        return [invalid(kind, "type", f"invalid type {kind}")]
    wrong = " ".join(keys_not_of_type_string(result)) if kind == "object" else ""
    text = f"the value type specified for these keys [{wrong}] is invalid, the type must be string"
    return [FieldError(text, (f"{name}.properties",))] if wrong else []


def sidecar_errors(sidecar: Obj) -> list[FieldError]:
    """Return the errors of one sidecar."""
    errors = []
    if sidecar.get("name") == "tekton-log-results":
        text = "Invalid: cannot use reserved sidecar name tekton-log-results "
        errors.append(FieldError(text, ("name",)))
    if not sidecar.get("image"):
        errors.append(missing("image"))
    return errors + script_errors(sidecar)
