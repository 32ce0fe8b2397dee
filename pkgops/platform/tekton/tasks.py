"""Find the Task of a TaskRun."""

from __future__ import annotations

from pkgops.kube import Client, Obj
from pkgops.platform.tekton.params import VALIDATION
from pkgops.platform.tekton.permanenterror import PermanentError
from pkgops.platform.tekton.stepactions import RESOLUTION, with_step_actions

API = "tekton.dev/v1"
VALIDATION_OF_TASK = "TaskValidationFailed"
# Fields that are not supported, and that must not be ignored since the Task would do something else.
_UNSUPPORTED = ("stdoutConfig", "stderrConfig")
LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"


def find_task(client: Client, run: Obj) -> Obj:
    """Return the Task of a TaskRun; an embedded ``taskSpec`` as a Task with the TaskRun's name.

    ``taskRef.kind`` is ignored, as in Tekton: since ClusterTasks were removed, every name references a Task
    of the TaskRun's namespace. Admission returns a warning about another kind.

    Raises:
        PermanentError: there is no such Task, it is not supported, or its resolver is not.
    """
    spec, name = run["spec"], run["metadata"]["name"]
    if spec.get("taskSpec"):
        inline = {"metadata": {"name": name}, "spec": spec["taskSpec"]}
        return _checked(client, inline, run["metadata"]["namespace"], run["metadata"]["namespace"])
    ref = spec.get("taskRef") or {}
    namespace, task_name = _address(ref, run)
    task = client.find(API, "Task", task_name, namespace)
    if task is None:
        raise PermanentError(
            RESOLUTION,
            f'error when listing tasks for taskRun {name}: tasks.tekton.dev "{task_name}" not found',
        )
    return _checked(client, task, namespace, run["metadata"]["namespace"])


def _checked(client: Client, task: Obj, namespace: str, run_namespace: str) -> Obj:
    """Return a Task with resolved StepActions; raises PermanentError if it is not valid or not supported."""
    where, steps = f"Task {namespace}/{task['metadata']['name']}", task["spec"].get("steps") or []
    if not steps:
        raise PermanentError(VALIDATION_OF_TASK, f"{where} has no steps: missing field(s): steps")
    for index, step in enumerate(steps):
        for field in _UNSUPPORTED:
            if step.get(field):
                message = f"{where}: steps[{index}].{field} is not part of the local platform"
                raise PermanentError(VALIDATION_OF_TASK, message)
    # StepActions are read from the TaskRun's namespace, also if the Task is in another one.
    return {**task, "spec": {**task["spec"], "steps": with_step_actions(client, steps, run_namespace)}}


def inherit(run: Obj, task: Obj, release: str) -> Obj:
    """Return ``labels`` and ``annotations`` of a TaskRun with those of its Task."""
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
            raise PermanentError(
                VALIDATION, "expected exactly one, got neither: spec.taskRef.name, spec.taskSpec"
            )
        return run["metadata"]["namespace"], str(ref["name"])
    params = {entry["name"]: entry.get("value") for entry in ref.get("params") or []}
    if ref["resolver"] != "cluster" or params.get("kind", "task") != "task":
        raise PermanentError(
            RESOLUTION,
            f'resolver "{ref["resolver"]}" is not part of the local platform; '
            "use taskRef.name, or the cluster resolver with kind task",
        )
    return str(params.get("namespace") or run["metadata"]["namespace"]), str(params.get("name", ""))
