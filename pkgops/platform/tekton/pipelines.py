"""Find the Pipeline of a PipelineRun, and check that its tasks exist and are supported."""

from __future__ import annotations

from pkgops.kube import Client, Obj
from pkgops.platform.tekton.params import task_param_problem
from pkgops.platform.tekton.permanenterror import PermanentError
from pkgops.platform.tekton.pipelinespec import VALIDATION_OF_PIPELINE
from pkgops.platform.tekton.tasks import API

_UNSUPPORTED = ("pipelineRef", "pipelineSpec")


def find_pipeline(client: Client, run: Obj) -> Obj:
    """Return the Pipeline of a PipelineRun; an embedded ``pipelineSpec`` as one with the PipelineRun's name.

    Raises:
        PermanentError: there is no such Pipeline, or its resolver is not supported.
    """
    spec, meta = run["spec"], run["metadata"]
    if spec.get("pipelineSpec"):
        return {"metadata": {"name": meta["name"]}, "spec": spec["pipelineSpec"]}
    namespace, name = _address(spec.get("pipelineRef") or {}, run)
    pipeline = client.find(API, "Pipeline", name, namespace)
    if pipeline is None:
        missing = f'pipelines.tekton.dev "{name}" not found'
        raise _retrieval_error(run, f"error when listing pipelines for pipelineRun {meta['name']}: {missing}")
    return pipeline


def check_tasks(client: Client, run: Obj, name: str, spec: Obj) -> None:
    """Check the tasks of a Pipeline.

    Raises:
        PermanentError: a Task does not exist, its parameters are not valid, or a task is not supported.
    """
    namespace, checked = run["metadata"]["namespace"], list[tuple[Obj, str, Obj]]()
    where = f"Pipeline {namespace}/{name}"
    for task in [*(spec.get("tasks") or []), *(spec.get("finally") or [])]:
        ref = task.get("taskRef") or {}
        foreign = ref.get("apiVersion") and not ref["apiVersion"].startswith("tekton.dev/")
        other = [key for key in _UNSUPPORTED if task.get(key)] + (["taskRef.apiVersion"] if foreign else [])
        if other:
            text = f"{other[0]} of its task {task['name']} is not part of the local platform"
            raise PermanentError(VALIDATION_OF_PIPELINE, f"{where} can't be Run; {text}")
        task_name = ref.get("name")
        if task_name and not ref.get("resolver"):
            task_object = client.find(API, "Task", task_name, namespace)
            if task_object is None:
                raise PermanentError(
                    "CouldntGetTask",
                    f"{where} can't be Run; it contains Tasks that don't exist: Couldn't retrieve Task "
                    f'"{task_name}": tasks.tekton.dev "{task_name}" not found',
                )
            checked.append((task, task_name, task_object["spec"]))
        elif task.get("taskSpec"):
            checked.append((task, "", task["taskSpec"]))
    for task, task_name, body in checked:
        problem = task_param_problem(task, body.get("params") or [])
        if problem:
            error = f"[User error] invalid input params for task {task_name}: {problem}"
            text = f"Validation failed for pipelinerun {run['metadata']['name']} with error {error}"
            raise PermanentError(VALIDATION_OF_PIPELINE, text)


def _address(ref: Obj, run: Obj) -> tuple[str, str]:
    if not ref.get("resolver"):
        return run["metadata"]["namespace"], str(ref.get("name") or "")
    params = {entry["name"]: entry.get("value") for entry in ref.get("params") or []}
    if ref["resolver"] != "cluster" or params.get("kind", "pipeline") != "pipeline":
        text = (
            f'resolver "{ref["resolver"]}" is not part of the local platform; use pipelineRef.name, or the '
            "cluster resolver with kind pipeline"
        )
        raise _retrieval_error(run, text)
    return str(params.get("namespace") or run["metadata"]["namespace"]), str(params.get("name", ""))


def _retrieval_error(run: Obj, why: str) -> PermanentError:
    meta = run["metadata"]
    where = f"{meta['namespace']}/{meta['name']}"
    return PermanentError("CouldntGetPipeline", f"Error retrieving pipeline for pipelinerun {where}: {why}")
