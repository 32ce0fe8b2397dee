"""The PipelineRun controller: creates the TaskRuns of a Pipeline's tasks by their dependencies."""

from __future__ import annotations

from copy import deepcopy
from datetime import datetime

from pkgops.kube import AlreadyExists, Invalid, NotFound, Obj
from pkgops.platform.conditions import timestamp
from pkgops.platform.durations import parse_duration
from pkgops.platform.owners import is_owned_by
from pkgops.platform.queue import Key
from pkgops.platform.runtime import Platform
from pkgops.platform.tekton import runstatus
from pkgops.platform.tekton.permanenterror import PermanentError
from pkgops.platform.tekton.pipelinechildren import OF_PIPELINE, OF_RUN, OF_TASK, task_runs, timeouts_of
from pkgops.platform.tekton.pipelines import check_tasks, find_pipeline
from pkgops.platform.tekton.pipelinespec import resolved
from pkgops.platform.tekton.pipelinestate import ElapsedTimeouts, PipelineState
from pkgops.platform.tekton.pipelinestatus import (
    child_references,
    pipeline_condition,
    pipeline_results,
    skipped_tasks,
)
from pkgops.platform.tekton.podstatus import RunCondition
from pkgops.platform.tekton.taskgroup import TIMED_OUT_MESSAGE
from pkgops.platform.tekton.tasks import API, LAST_APPLIED
from pkgops.platform.tekton.workspaces import create_claims

KIND = "PipelineRun"
CANCELLED_MESSAGE = "TaskRun cancelled as the PipelineRun it belongs to has been cancelled."
# The retry interval while the TaskRun of a deleted PipelineRun with the same name still exists.
NAME_RETRY_SECONDS = 0.5


class PipelineRuns:
    """Reconciles PipelineRuns. Its state is in the PipelineRun and its TaskRuns only."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform
        self._client = platform.client

    def reconcile(self, key: Key) -> float | None:
        """Reconcile one PipelineRun; return the seconds until its next timeout."""
        known = self._platform.get(API, KIND, key.name, key.namespace)
        if known is None or known["metadata"].get("deletionTimestamp") or runstatus.is_done(known):
            return None
        if runstatus.is_managed_externally(known):
            return None
        run, requested_status = deepcopy(known), known["spec"].get("status") or ""
        if requested_status == "PipelineRunPending":
            text = f'PipelineRun "{key.name}" is pending'
            self._save(run, run.get("status") or {}, RunCondition("Unknown", requested_status, text))
            return None
        if not (run.get("status") or {}).get("startTime"):
            run["status"] = runstatus.started(run.get("status") or {}, self._platform.now())
            self._platform.event(run, "Normal", "Started", "", KIND)
        try:
            return self._reconcile(run, requested_status)
        except PermanentError as refusal:
            self._save(run, run["status"], RunCondition("False", refusal.reason, refusal.message))
        except NotFound:
            if self._client.find(API, KIND, key.name, key.namespace):
                raise
        return None

    def _reconcile(self, run: Obj, requested_status: str) -> float | None:
        name = run["metadata"]["name"]
        if not run["status"].get("pipelineSpec"):
            run = self._start(run)
        state = self._state(run, requested_status)
        if requested_status == "Cancelled":
            self._cancel(state.running(), CANCELLED_MESSAGE)
            condition = RunCondition("False", "Cancelled", f'PipelineRun "{name}" was cancelled')
            self._save(run, self._status(run, state), condition)
            return None
        self._cancel_timed_out(state)
        if requested_status == "CancelledRunFinally":
            self._cancel(state.running(final=False), CANCELLED_MESSAGE)
        if not self._create(run, state):
            self._save(run, run["status"], RunCondition("Unknown", "Started", ""))
            return NAME_RETRY_SECONDS
        state = self._state(run, requested_status)
        condition = pipeline_condition(name, state, timeouts_of(run))
        status = self._status(run, state)
        if condition.status != "Unknown" and (results := pipeline_results(state)):
            status["results"] = results
        self._save(run, status, condition)
        if condition.status != "Unknown":
            return None
        return min((seconds for seconds in self._left(run).values() if seconds > 0), default=None)

    def _start(self, run: Obj) -> Obj:
        """Resolve the Pipeline with the PipelineRun's values, and return the run with it in the status."""
        pipeline = find_pipeline(self._client, run)
        meta, source = run["metadata"], pipeline["metadata"]
        check_tasks(self._client, run, source["name"], pipeline["spec"])
        spec = resolved(run, source["name"], pipeline["spec"])
        inherited = {k: v for k, v in (source.get("annotations") or {}).items() if k != LAST_APPLIED}
        changes = {
            "labels": {
                **(source.get("labels") or {}),
                OF_PIPELINE: source["name"],
                **(meta.get("labels") or {}),
            },
            "annotations": {**inherited, **(meta.get("annotations") or {})},
        }
        create_claims(self._client, run)
        status = {**run["status"], "pipelineSpec": spec}
        run = self._client.patch(API, KIND, meta["name"], meta["namespace"], {"metadata": changes})
        return {**run, "status": status}

    def _state(self, run: Obj, requested_status: str) -> PipelineState:
        meta = run["metadata"]
        listed = self._platform.list(API, "TaskRun", meta["namespace"], {OF_RUN: meta["name"]})
        runs: dict[str, list[Obj]] = {}
        # Names that differ in their index only are sorted by it when shorter names come first.
        for entry in sorted(listed, key=lambda run: (len(run["metadata"]["name"]), run["metadata"]["name"])):
            if is_owned_by(entry, run):
                runs.setdefault(entry["metadata"]["labels"].get(OF_TASK, ""), []).append(entry)
        return PipelineState(run["status"]["pipelineSpec"], runs, requested_status, self._elapsed(run))

    def _elapsed(self, run: Obj) -> ElapsedTimeouts:
        left = self._left(run)
        return ElapsedTimeouts(*(left.get(part, 1.0) <= 0 for part in ("pipeline", "tasks", "finally")))

    def _left(self, run: Obj) -> dict[str, float]:
        """Return the seconds that are left of each timeout that has started."""
        status, now = run["status"], self._platform.now()
        started = {"pipeline": status["startTime"], "finally": status.get("finallyStartTime")}
        started["tasks"] = None if started["finally"] else status["startTime"]
        return {
            part: parse_duration(text) - (now - datetime.fromisoformat(since)).total_seconds()
            for part, text in timeouts_of(run).items()
            if (since := started[part])
        }

    def _cancel_timed_out(self, state: PipelineState) -> None:
        late = state.elapsed
        if late.pipeline:
            self._cancel(state.running(), TIMED_OUT_MESSAGE)
            return
        if late.tasks:
            self._cancel(state.running(final=False), TIMED_OUT_MESSAGE)
        if late.finally_:
            self._cancel(state.running(final=True), TIMED_OUT_MESSAGE)

    def _cancel(self, runs: list[Obj], message: str) -> None:
        for entry in runs:
            if entry["spec"].get("status") == "TaskRunCancelled":
                continue
            meta = entry["metadata"]
            change = {"spec": {"status": "TaskRunCancelled", "statusMessage": message}}
            self._platform.observe(
                self._client.patch(API, "TaskRun", meta["name"], meta["namespace"], change)
            )

    def _create(self, run: Obj, state: PipelineState) -> bool:
        """Create the TaskRuns of tasks that are ready; False where the name of one is still in use."""
        for task in state.next():
            if not all(self._create_run(run, task_run) for task_run in task_runs(run, task, state.spec)):
                return False
            if task["name"] in state.final:
                run["status"].setdefault("finallyStartTime", timestamp(self._platform.now()))
        return True

    def _create_run(self, run: Obj, task_run: Obj) -> bool:
        try:
            self._platform.create(task_run)
        except AlreadyExists:
            meta = task_run["metadata"]
            existing = self._client.find(API, "TaskRun", meta["name"], meta["namespace"])
            if existing is None or not is_owned_by(existing, run):
                return False
            self._platform.observe(existing)
        except Invalid as error:
            raise PermanentError("CreateRunFailed", error.message) from error
        return True

    def _status(self, run: Obj, state: PipelineState) -> Obj:
        status = {key: value for key, value in run["status"].items() if key != "skippedTasks"}
        status["childReferences"] = child_references(state)
        skipped = skipped_tasks(state)
        return {**status, **({"skippedTasks": skipped} if skipped else {})}

    def _save(self, run: Obj, status: Obj, condition: RunCondition) -> None:
        meta, now = run["metadata"], self._platform.now()
        write = runstatus.with_condition if condition.status == "Unknown" else runstatus.ended
        new = write(status, condition.status, condition.reason, condition.message, now)
        known = self._platform.get(API, KIND, meta["name"], meta["namespace"]) or {}
        before, after = runstatus.succeeded(known), new["conditions"][0]
        # Compared with the status in the cache, since that of ``run`` may be modified and not written yet.
        self._platform.save_status({**run, "status": known.get("status") or {}}, new)
        if all(before.get(key) == after[key] for key in ("status", "reason", "message")):
            return
        if after["status"] == "False":
            self._platform.event(run, "Warning", "Failed", after["message"], KIND)
        else:
            self._platform.event(run, "Normal", after["reason"], after["message"], KIND)
