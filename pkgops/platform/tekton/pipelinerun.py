"""The PipelineRun controller: a TaskRun for each task of its Pipeline, when its turn has come."""

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
from pkgops.platform.tekton.pipelinechildren import OF_PIPELINE, OF_RUN, OF_TASK, task_runs, timeouts_of
from pkgops.platform.tekton.pipelines import check_tasks, find_pipeline
from pkgops.platform.tekton.pipelinespec import resolved
from pkgops.platform.tekton.pipelinestate import Clock, PipelineState
from pkgops.platform.tekton.pipelinestatus import (
    child_references,
    judge_pipeline,
    pipeline_results,
    skipped_tasks,
)
from pkgops.platform.tekton.podstatus import Verdict
from pkgops.platform.tekton.refusal import Refusal
from pkgops.platform.tekton.taskgroup import TIMED_OUT_MESSAGE
from pkgops.platform.tekton.tasks import API, LAST_APPLIED
from pkgops.platform.tekton.workspaces import create_claims

KIND = "PipelineRun"
CANCELLED_MESSAGE = "TaskRun cancelled as the PipelineRun it belongs to has been cancelled."
# How long to wait until the TaskRun of an earlier PipelineRun of the same name is gone.
NAMESAKE_SECONDS = 0.5


class PipelineRuns:
    """Reconciles PipelineRuns. Everything it must remember is on the PipelineRun and its TaskRuns."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform
        self._client = platform.client

    def reconcile(self, key: Key) -> float | None:
        """Bring one PipelineRun a step further; returns the seconds until its next timeout."""
        known = self._platform.get(API, KIND, key.name, key.namespace)
        if known is None or known["metadata"].get("deletionTimestamp") or runstatus.is_done(known):
            return None
        if runstatus.is_foreign(known):
            return None
        run, wish = deepcopy(known), known["spec"].get("status") or ""
        if wish == "PipelineRunPending":
            text = f'PipelineRun "{key.name}" is pending'
            self._save(run, run.get("status") or {}, Verdict("Unknown", wish, text))
            return None
        if not (run.get("status") or {}).get("startTime"):
            run["status"] = runstatus.started(run.get("status") or {}, self._platform.now())
            self._platform.event(run, "Normal", "Started", "", KIND)
        try:
            return self._drive(run, wish)
        except Refusal as refusal:
            self._save(run, run["status"], Verdict("False", refusal.reason, refusal.message))
        except NotFound:
            if self._client.find(API, KIND, key.name, key.namespace):
                raise
        return None

    def _drive(self, run: Obj, wish: str) -> float | None:
        name = run["metadata"]["name"]
        if not run["status"].get("pipelineSpec"):
            run = self._start(run)
        state = self._state(run, wish)
        if wish == "Cancelled":
            self._cancel(state.running(), CANCELLED_MESSAGE)
            verdict = Verdict("False", "Cancelled", f'PipelineRun "{name}" was cancelled')
            self._save(run, self._status(run, state), verdict)
            return None
        self._end_what_is_late(state)
        if wish == "CancelledRunFinally":
            self._cancel(state.running(final=False), CANCELLED_MESSAGE)
        if not self._create(run, state):
            self._save(run, run["status"], Verdict("Unknown", "Started", ""))
            return NAMESAKE_SECONDS
        state = self._state(run, wish)
        verdict = judge_pipeline(name, state, timeouts_of(run))
        status = self._status(run, state)
        if verdict.status != "Unknown" and (results := pipeline_results(state)):
            status["results"] = results
        self._save(run, status, verdict)
        if verdict.status != "Unknown":
            return None
        return min((seconds for seconds in self._left(run).values() if seconds > 0), default=None)

    def _start(self, run: Obj) -> Obj:
        """Find the Pipeline and put the PipelineRun's values in; what came of it is kept in the status."""
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

    def _state(self, run: Obj, wish: str) -> PipelineState:
        meta = run["metadata"]
        found = self._platform.list(API, "TaskRun", meta["namespace"], {OF_RUN: meta["name"]})
        runs: dict[str, list[Obj]] = {}
        # Names that differ by their number alone sort by it when the shorter ones come first.
        for entry in sorted(found, key=lambda one: (len(one["metadata"]["name"]), one["metadata"]["name"])):
            if is_owned_by(entry, run):
                runs.setdefault(entry["metadata"]["labels"].get(OF_TASK, ""), []).append(entry)
        return PipelineState(run["status"]["pipelineSpec"], runs, wish, self._clock(run))

    def _clock(self, run: Obj) -> Clock:
        left = self._left(run)
        return Clock(*(left.get(part, 1.0) <= 0 for part in ("pipeline", "tasks", "finally")))

    def _left(self, run: Obj) -> dict[str, float]:
        """Return the seconds that are left of each limited time that has begun."""
        status, now = run["status"], self._platform.now()
        begun = {"pipeline": status["startTime"], "finally": status.get("finallyStartTime")}
        begun["tasks"] = None if begun["finally"] else status["startTime"]
        return {
            part: parse_duration(text) - (now - datetime.fromisoformat(since)).total_seconds()
            for part, text in timeouts_of(run).items()
            if (since := begun[part])
        }

    def _end_what_is_late(self, state: PipelineState) -> None:
        late = state.clock
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
            wish = {"spec": {"status": "TaskRunCancelled", "statusMessage": message}}
            self._platform.observe(self._client.patch(API, "TaskRun", meta["name"], meta["namespace"], wish))

    def _create(self, run: Obj, state: PipelineState) -> bool:
        """Create the TaskRuns whose turn it is; False where the name of one is still taken."""
        for task in state.next():
            if not all(self._create_run(run, wanted) for wanted in task_runs(run, task, state.spec)):
                return False
            if task["name"] in state.final:
                run["status"].setdefault("finallyStartTime", timestamp(self._platform.now()))
        return True

    def _create_run(self, run: Obj, wanted: Obj) -> bool:
        try:
            self._platform.create(wanted)
        except AlreadyExists:
            meta = wanted["metadata"]
            existing = self._client.find(API, "TaskRun", meta["name"], meta["namespace"])
            if existing is None or not is_owned_by(existing, run):
                return False
            self._platform.observe(existing)
        except Invalid as error:
            raise Refusal("CreateRunFailed", error.message) from error
        return True

    def _status(self, run: Obj, state: PipelineState) -> Obj:
        status = {key: value for key, value in run["status"].items() if key != "skippedTasks"}
        status["childReferences"] = child_references(state)
        skipped = skipped_tasks(state)
        return {**status, **({"skippedTasks": skipped} if skipped else {})}

    def _save(self, run: Obj, status: Obj, verdict: Verdict) -> None:
        meta, now = run["metadata"], self._platform.now()
        write = runstatus.with_condition if verdict.status == "Unknown" else runstatus.ended
        new = write(status, verdict.status, verdict.reason, verdict.message, now)
        known = self._platform.get(API, KIND, meta["name"], meta["namespace"]) or {}
        before, after = runstatus.succeeded(known), new["conditions"][0]
        # The object as it was read: a status that equals the one in hand must not hide that it is unsaved.
        self._platform.save_status({**run, "status": known.get("status") or {}}, new)
        if all(before.get(key) == after[key] for key in ("status", "reason", "message")):
            return
        if after["status"] == "False":
            self._platform.event(run, "Warning", "Failed", after["message"], KIND)
        else:
            self._platform.event(run, "Normal", after["reason"], after["message"], KIND)
