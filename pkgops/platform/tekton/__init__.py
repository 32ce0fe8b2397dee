"""Tekton Pipelines on the local platform: Task and TaskRun (``tekton.dev/v1``, ``v1beta1``)."""

from __future__ import annotations

from pkgops.platform.runtime import Platform, owner_keys
from pkgops.platform.tekton.images import command_of
from pkgops.platform.tekton.taskrun import KIND, TaskRuns
from pkgops.platform.tekton.tasks import API

WORKERS = 4


def register(platform: Platform) -> None:
    """Reconcile TaskRuns; a change of one of their pods is looked at at once."""
    runs = platform.controller(
        "taskrun", API, KIND, TaskRuns(platform, command_of).reconcile, workers=WORKERS
    )
    platform.watch("v1", "Pod", runs, owner_keys("tekton.dev", KIND))
