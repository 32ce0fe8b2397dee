"""StepActions: resolve the steps that reference them. They are read from the API; the rest is pure.

Source: ``pkg/reconciler/taskrun/resources/taskspec.go`` and ``apply.go``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from pkgops.kube import Client, Obj
from pkgops.platform.tekton.params import as_text, param_variables, type_of
from pkgops.platform.tekton.permanenterror import PermanentError
from pkgops.platform.tekton.substitution import Variables, substitute, substitute_tree

API = "tekton.dev/v1beta1"
RESOLUTION = "TaskRunResolutionFailed"
_TAKEN_OVER = (
    "image",
    "command",
    "args",
    "env",
    "script",
    "workingDir",
    "results",
    "securityContext",
    "volumeMounts",
)


def with_step_actions(client: Client, steps: Iterable[Obj], namespace: str) -> list[Obj]:
    """Return steps with the fields of the StepActions that they reference.

    Raises:
        PermanentError: there is no such StepAction, its resolver is not supported, or the step's parameters
            are not valid for it.
    """
    return [_resolved(client, step, index, namespace) for index, step in enumerate(steps)]


def _resolved(client: Client, step: Obj, index: int, namespace: str) -> Obj:
    ref = step.get("ref")
    if not ref:
        return step
    try:
        action = _found(client, ref, namespace)
        return merged(step, action["spec"])
    except ValueError as error:
        which = f'step "{step.get("name") or ""}" (index {index})'
        raise PermanentError(RESOLUTION, f"failed to resolve step ref for {which}: {error}") from error


def _found(client: Client, ref: Obj, namespace: str) -> Obj:
    name = str(ref.get("name") or "")
    if ref.get("resolver"):
        params = {entry["name"]: entry.get("value") for entry in ref.get("params") or []}
        if ref["resolver"] != "cluster" or params.get("kind") != "stepaction":
            raise ValueError(
                f'resolver "{ref["resolver"]}" is not part of the local platform; use ref.name, or the '
                "cluster resolver with kind stepaction"
            )
        name, namespace = str(params.get("name", "")), str(params.get("namespace") or namespace)
    action = client.find(API, "StepAction", name, namespace)
    if action is None:
        raise ValueError(f'stepactions.tekton.dev "{name}" not found')
    return action


def merged(step: Obj, action: Obj) -> Obj:
    """Return a step with the fields of a StepAction's spec.

    References in the values of the step's parameters are kept: they are replaced with the Task's later.

    Raises:
        ValueError: the step's parameters are not valid for the StepAction.
    """
    declared = {entry["name"]: entry for entry in action.get("params") or []}
    given = {entry["name"]: entry.get("value", "") for entry in step.get("params") or []}
    extra = [name for name in given if name not in declared]
    if extra:
        raise ValueError(f"extra params passed by Step to StepAction: [{' '.join(extra)}]")
    absent = [name for name, entry in declared.items() if name not in given and "default" not in entry]
    if absent:
        raise ValueError(f"non-existent params in Step: [{' '.join(absent)}]")
    variables = _variables(declared, given)
    own = {key: value for key, value in step.items() if key not in ("ref", "params")}
    taken = {key: action[key] for key in _TAKEN_OVER if action.get(key)}
    return {**own, **substitute_tree(taken, variables)}


def _variables(declared: Mapping[str, Obj], given: Mapping[str, Any]) -> Variables:
    values = {name: _value(entry, given) for name, entry in declared.items()}
    # A default may reference other parameters; a chain of references is not longer than their number.
    for _ in values:
        known = param_variables(values)
        values = {
            name: value if name in given or not isinstance(value, str) else substitute(value, known)
            for name, value in values.items()
        }
    return param_variables(values)


def _value(entry: Obj, given: Mapping[str, Any]) -> Any:
    value = given.get(entry["name"], entry.get("default", ""))
    if type_of(entry) == "array" and not isinstance(value, list):
        # A reference to an array of the Task, which is replaced by its items later.
        return [as_text(value)]
    default = entry.get("default")
    return {**default, **value} if isinstance(value, dict) and isinstance(default, dict) else value
