"""Finding the Task that a TaskRun names."""

from __future__ import annotations

from pkgops.kube import Client, Obj
from pkgops.platform.tekton.params import VALIDATION
from pkgops.platform.tekton.refusal import Refusal
from pkgops.platform.tekton.stepactions import RESOLUTION, with_step_actions

API = "tekton.dev/v1"
VALIDATION_OF_TASK = "TaskValidationFailed"
# Passing these over in silence would run something else than the Task says.
_UNSUPPORTED = ("stdoutConfig", "stderrConfig")
LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"


def find_task(client: Client, run: Obj) -> Obj:
    """Return the Task of a TaskRun; an inline ``taskSpec`` as a Task without metadata of its own.

    ``taskRef.kind`` is not looked at, as in Tekton: since ClusterTasks are gone, every name means a Task of
    the TaskRun's namespace. Admission warns of another kind.

    Raises:
        Refusal: there is no such Task, or it would have to come from somewhere else.
    """
    spec, name = run["spec"], run["metadata"]["name"]
    if spec.get("taskSpec"):
        inline = {"metadata": {"name": name}, "spec": spec["taskSpec"]}
        return _checked(client, inline, run["metadata"]["namespace"], run["metadata"]["namespace"])
    ref = spec.get("taskRef") or {}
    namespace, wanted = _address(ref, run)
    task = client.find(API, "Task", wanted, namespace)
    if task is None:
        raise Refusal(
            RESOLUTION, f'error when listing tasks for taskRun {name}: tasks.tekton.dev "{wanted}" not found'
        )
    return _checked(client, task, namespace, run["metadata"]["namespace"])


def _checked(client: Client, task: Obj, namespace: str, run_namespace: str) -> Obj:
    """Refuse a Task that would not do here what it says; put its StepActions in."""
    where, steps = f"Task {namespace}/{task['metadata']['name']}", task["spec"].get("steps") or []
    if not steps:
        raise Refusal(VALIDATION_OF_TASK, f"{where} has no steps: missing field(s): steps")
    for index, step in enumerate(steps):
        for field in _UNSUPPORTED:
            if step.get(field):
                message = f"{where}: steps[{index}].{field} is not part of the local platform"
                raise Refusal(VALIDATION_OF_TASK, message)
    # StepActions are those of the TaskRun's namespace, wherever its Task comes from.
    return {**task, "spec": {**task["spec"], "steps": with_step_actions(client, steps, run_namespace)}}


def inherit(run: Obj, task: Obj, release: str) -> Obj:
    """Return the metadata that a TaskRun takes over from its Task: ``labels`` and ``annotations``."""
    meta, source = run["metadata"], task["metadata"]
    labels = {
        **(source.get("labels") or {}),
        **(meta.get("labels") or {}),
        "app.kubernetes.io/managed-by": "tekton-pipelines",
    }
    if not run["spec"].get("taskSpec"):
        labels["tekton.dev/task"] = source["name"]
    inherited = {
        key: value for key, value in (source.get("annotations") or {}).items() if key != LAST_APPLIED
    }
    annotations = {**inherited, **(meta.get("annotations") or {}), "pipeline.tekton.dev/release": release}
    return {"labels": labels, "annotations": annotations}


def _address(ref: Obj, run: Obj) -> tuple[str, str]:
    if not ref.get("resolver"):
        if not ref.get("name"):
            raise Refusal(VALIDATION, "expected exactly one, got neither: spec.taskRef.name, spec.taskSpec")
        return run["metadata"]["namespace"], str(ref["name"])
    params = {entry["name"]: entry.get("value") for entry in ref.get("params") or []}
    if ref["resolver"] != "cluster" or params.get("kind", "task") != "task":
        raise Refusal(
            RESOLUTION,
            f'resolver "{ref["resolver"]}" is not part of the local platform; '
            "use taskRef.name, or the cluster resolver with kind task",
        )
    return str(params.get("namespace") or run["metadata"]["namespace"]), str(params.get("name", ""))
