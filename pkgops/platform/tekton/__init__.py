"""Tekton Pipelines on the local platform: Task and TaskRun (``tekton.dev/v1``, ``v1beta1``)."""

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
from pkgops.platform.tekton.taskrun import KIND, TaskRuns
from pkgops.platform.tekton.tasks import API

WORKERS = 4


def register(platform: Platform) -> None:
    """Reconcile TaskRuns; a change of one of their pods is looked at at once."""
    Admission(platform).start()
    runs = platform.controller(
        "taskrun", API, KIND, TaskRuns(platform, command_of).reconcile, workers=WORKERS, failed=failed
    )
    platform.watch("v1", "Pod", runs, owner_keys("tekton.dev", KIND))


def failed(run: Obj, message: str, now: datetime) -> dict[str, Any]:
    """Return the status of a TaskRun that ends with an error that nobody foresaw."""
    return runstatus.ended(run.get("status") or {}, "False", REASON, message, now)
