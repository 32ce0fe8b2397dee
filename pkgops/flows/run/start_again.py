"""A stage started again without a commit: one new run object with the same inputs."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from pkgops.errors import RefusedError, UsageError
from pkgops.flows.run import request_reconcile
from pkgops.kube import Client, Obj
from pkgops.model import ObjectRef, Stage
from pkgops.pipeline import runs
from pkgops.pipeline.object_store import ObjectStore
from pkgops.readiness.base import meta, spec
from pkgops.values import Value

BUILD_NEEDED = "image.kpack.io/additionalBuildNeeded"


class Rerun(Value, kw_only=True):
    """What was started: the stage, the new or requested object, how, and its present version."""

    stage: str
    scope: str
    object: ObjectRef
    how: str
    now: Obj | None = None


def start_again(client: Client, store: ObjectStore, stage: Stage, now: datetime) -> Rerun:
    """Start a stage again.

    Raises:
        UsageError: it has not run yet.
        RefusedError: this kind of stage has nothing that can be started again.
    """
    ref = stage.object
    obj = store.find(ref)
    if ref is None or obj is None:
        raise UsageError(
            f"stage {stage.name} has not run yet",
            why=f"it waits for {stage.waits_for or 'its controller'}",
            next="pkgops why",
            slug="stage-not-run",
        )
    if ref.kind in ("GitRepository", "ImageRepository", "ImagePolicy"):
        _, asked = request_reconcile.request(client, ref, now)
        return Rerun(stage=stage.name, scope=stage.scope, object=ref, how="asked to reconcile now", now=asked)
    run = runs.run_of(store, obj)
    if ref.kind == "Image" and run is not None:
        return _rebuild(client, stage, run, now)
    if ref.kind == "Runnable" and run is not None:
        made = client.create(copy_of(run))
        return Rerun(
            stage=stage.name, scope=stage.scope, object=ObjectRef.of(made), how="started again as", now=made
        )
    if ref.kind in ("TaskRun", "PipelineRun"):
        raise RefusedError(
            f"stage {stage.name} ({ref}) cannot be started again while it exists",
            why="its template stamps it, and Cartographer reads only the object that it stamped",
            next=f"kubectl delete {ref.qualified} -n {ref.namespace}, and Cartographer stamps another",
            slug="not-rerunnable",
        )
    raise RefusedError(
        f"stage {stage.name} ({ref}) cannot be started again",
        why="its controller reconciles on every change, and at its interval",
        next="start an earlier stage again: test, build, push or fetch",
        slug="not-rerunnable",
    )


def _rebuild(client: Client, stage: Stage, build: Obj, now: datetime) -> Rerun:
    """Request another Build: kpack creates one when the last one has its trigger annotation."""
    ref = ObjectRef.of(build)
    patch = {"metadata": {"annotations": {BUILD_NEEDED: now.isoformat()}}}
    patched = client.patch(ref.api_version, ref.kind, ref.name, ref.namespace, patch)
    return Rerun(
        stage=stage.name, scope=stage.scope, object=ref, how="asked for another build after", now=patched
    )


def copy_of(run: Obj) -> dict[str, Any]:
    """Return a new run with the inputs, labels and owner of another.

    Cartographer reads a Runnable's outputs from the newest run with its labels that succeeded, whoever
    created it.
    """
    where = meta(run)
    prefix = where.get("generateName") or f"{str(where.get('name')).rpartition('-')[0]}-"
    kept = {key: where[key] for key in ("labels", "ownerReferences") if key in where}
    body = {key: value for key, value in spec(run).items() if key not in ("status", "statusMessage")}
    return {
        "apiVersion": run["apiVersion"],
        "kind": run["kind"],
        "metadata": {"generateName": prefix, "namespace": where.get("namespace"), **kept},
        "spec": body,
    }
