"""Tekton on the local platform: Tasks, Pipelines and their runs (``tekton.dev/v1``, ``v1beta1``)."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from pkgops.kube import Obj
from pkgops.platform.failures import REASON
from pkgops.platform.routes import owner_keys
from pkgops.platform.runtime import Platform
from pkgops.platform.tekton import runstatus
from pkgops.platform.tekton.admission import Admission
from pkgops.platform.tekton.images import command_of
from pkgops.platform.tekton.pipelinerun import KIND as PIPELINE_RUN
from pkgops.platform.tekton.pipelinerun import PipelineRuns
from pkgops.platform.tekton.taskrun import KIND, TaskRuns
from pkgops.platform.tekton.tasks import API

WORKERS = 4


def register(platform: Platform) -> None:
    """Add the controllers of TaskRuns and PipelineRuns, their watches, and the webhooks to a platform."""
    Admission(platform).start()
    runs = platform.controller(
        "taskrun",
        API,
        KIND,
        TaskRuns(platform, command_of).reconcile,
        workers=WORKERS,
        failed=task_run_failed,
    )
    platform.watch("v1", "Pod", runs, owner_keys("tekton.dev", KIND))
    pipelines = platform.controller(
        "pipelinerun", API, PIPELINE_RUN, PipelineRuns(platform).reconcile, workers=WORKERS, failed=failed
    )
    platform.watch(API, KIND, pipelines, owner_keys("tekton.dev", PIPELINE_RUN))


def failed(run: Obj, message: str, now: datetime) -> dict[str, Any]:
    """Return the status of a PipelineRun that ends with an unexpected error."""
    return runstatus.ended(run.get("status") or {}, "False", REASON, message, now)


def task_run_failed(run: Obj, message: str, now: datetime) -> dict[str, Any]:
    """Return the status of a TaskRun that ends with an unexpected error."""
    return runstatus.of_task_run(failed(run, message, now))
