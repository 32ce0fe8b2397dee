"""The TaskRun controller: creates a pod for each TaskRun and writes its status from the pod."""

from __future__ import annotations

from copy import deepcopy
from datetime import datetime, timedelta

from pkgops import __version__
from pkgops.kube import NotFound, Obj
from pkgops.platform.durations import format_duration, parse_duration
from pkgops.platform.owners import is_owned_by
from pkgops.platform.queue import Key
from pkgops.platform.runtime import Platform
from pkgops.platform.tekton import runstatus
from pkgops.platform.tekton.permanenterror import PermanentError
from pkgops.platform.tekton.pod import pod_name
from pkgops.platform.tekton.pods import ImageCommand, NameTaken, PodManager, QuotaExceeded
from pkgops.platform.tekton.podstatus import RunCondition, messages, pod_condition, step_states
from pkgops.platform.tekton.tasks import API, find_task, inherit
from pkgops.platform.tekton.termination import task_results
from pkgops.platform.tekton.variables import resolve_task

KIND = "TaskRun"
RELEASE = f"pkgops-{__version__}"
DEFAULT_TIMEOUT = "1h0m0s"
QUOTA_RETRY_SECONDS = 60.0
# The retry interval while the pod of a deleted TaskRun with the same name still exists.
NAME_RETRY_SECONDS = 0.5


class TaskRuns:
    """Reconciles TaskRuns. Its state is in the TaskRun and its pod only."""

    def __init__(self, platform: Platform, image_command: ImageCommand) -> None:
        self._platform = platform
        self._pods = PodManager(platform, image_command)

    def reconcile(self, key: Key) -> float | None:
        """Reconcile one TaskRun; return the seconds until its timeout."""
        known = self._platform.get(API, KIND, key.name, key.namespace)
        if known is None or known["metadata"].get("deletionTimestamp") or runstatus.is_done(known):
            return None
        if runstatus.is_managed_externally(known):
            return None
        run = deepcopy(known)
        if run["spec"].get("status") == "TaskRunPending":
            self._set_pending(run)
            return None
        if not (run.get("status") or {}).get("startTime"):
            run["status"] = runstatus.started(run.get("status") or {}, self._platform.now())
            self._event(run, "Normal", "Started", "")
        return self._reconcile(run)

    def _reconcile(self, run: Obj) -> float | None:
        left = self._seconds_left(run)
        try:
            if run["spec"].get("status") == "TaskRunCancelled":
                self._fail_and_delete_pod(run, "TaskRunCancelled", _cancelled_message(run))
                return None
            if left is not None and left <= 0:
                self._fail_and_delete_pod(run, "TaskRunTimeout", _timeout_message(run))
                return None
            return self._reconcile_pod(run, left)
        except PermanentError as refusal:
            self._end(run, run["status"], RunCondition("False", refusal.reason, refusal.message))
        except NotFound:
            if self._platform.client.find(API, KIND, run["metadata"]["name"], run["metadata"]["namespace"]):
                raise
        return None

    def _reconcile_pod(self, run: Obj, left: float | None) -> float | None:
        pod = self._platform.get("v1", "Pod", pod_name(run), run["metadata"]["namespace"])
        if pod is not None and not is_owned_by(pod, run):
            return NAME_RETRY_SECONDS
        if pod is None or not run["status"].get("taskSpec"):
            try:
                run, pod = self._start(run)
            except NameTaken:
                return NAME_RETRY_SECONDS
            except QuotaExceeded as quota:
                self._save(run, run["status"], RunCondition("Unknown", "ExceededResourceQuota", str(quota)))
                return QUOTA_RETRY_SECONDS
        self._update_status(run, pod)
        return left

    def _start(self, run: Obj) -> tuple[Obj, Obj]:
        """Create the pod, or read the one of an interrupted reconciliation; return the run and the pod."""
        task = find_task(self._platform.client, run)
        source = run["status"].get("taskSpec") or task["spec"]
        run["metadata"].update(inherit(run, task, RELEASE))
        spec, workspaces = resolve_task(run, task["metadata"]["name"], source)
        pod = self._pods.ensure(run, spec, workspaces, task["metadata"]["name"])
        status = {**run["status"], "taskSpec": spec, "podName": pod["metadata"]["name"]}
        changes = {"metadata": {key: run["metadata"][key] for key in ("labels", "annotations")}}
        meta = run["metadata"]
        run = self._platform.client.patch(API, KIND, meta["name"], meta["namespace"], changes)
        return {**run, "status": status}, pod

    def _update_status(self, run: Obj, pod: Obj) -> None:
        steps = run["status"]["taskSpec"]["steps"]
        condition = pod_condition(pod, run["metadata"]["name"], steps)
        status = {**run["status"], "steps": step_states(pod, steps)}
        if condition.status == "Unknown":
            self._save(run, status, condition)
            return
        if condition.delete_pod:
            self._pods.delete(pod)
        declared = run["status"]["taskSpec"].get("results") or []
        results = task_results(messages(pod), declared, status["steps"])
        self._end(run, runstatus.with_results(run, {**status, "artifacts": {}}, results), condition)

    def _fail_and_delete_pod(self, run: Obj, reason: str, message: str) -> None:
        pod = self._platform.get("v1", "Pod", pod_name(run), run["metadata"]["namespace"])
        status = run["status"]
        if pod is not None and is_owned_by(pod, run):
            states = step_states(pod, (status.get("taskSpec") or {}).get("steps") or [])
            status = {**status, "steps": runstatus.killed_steps(states, reason, self._platform.now())}
            self._pods.delete(pod)
        self._write(run, runstatus.ended(status, "False", reason, message, self._platform.now()))

    def _end(self, run: Obj, status: Obj, condition: RunCondition) -> None:
        now = self._platform.now()
        final = runstatus.ended(status, condition.status, condition.reason, condition.message, now)
        tried = len(status.get("retriesStatus") or [])
        if condition.status == "False" and tried < int(run["spec"].get("retries") or 0):
            final = runstatus.retried(final, now)
        self._write(run, final)

    def _set_pending(self, run: Obj) -> None:
        message = f'TaskRun "{run["metadata"]["name"]}" is pending'
        self._save(run, run.get("status") or {}, RunCondition("Unknown", "TaskRunPending", message))

    def _save(self, run: Obj, status: Obj, condition: RunCondition) -> None:
        now = self._platform.now()
        self._write(
            run, runstatus.with_condition(status, condition.status, condition.reason, condition.message, now)
        )

    def _write(self, run: Obj, status: Obj) -> None:
        meta = run["metadata"]
        known = self._platform.get(API, KIND, meta["name"], meta["namespace"])
        before = runstatus.succeeded(known or {})
        # Compared with the status in the cache, since that of ``run`` may be modified and not written yet.
        stored = (known or {}).get("status") or {}
        self._platform.save_status({**run, "status": stored}, runstatus.of_task_run(status))
        self._record_event(run, before, status["conditions"][0])

    def _record_event(self, run: Obj, before: Obj, after: Obj) -> None:
        if all(before.get(key) == after[key] for key in ("status", "reason", "message")):
            return
        if after["status"] == "False":
            self._event(run, "Warning", "Failed", after["message"])
        else:
            self._event(run, "Normal", after["reason"], after["message"])

    def _event(self, run: Obj, type: str, reason: str, message: str) -> None:
        self._platform.event(run, type, reason, message, "TaskRun")

    def _seconds_left(self, run: Obj) -> float | None:
        timeout = parse_duration(run["spec"].get("timeout") or DEFAULT_TIMEOUT)
        if not timeout:
            return None
        started = datetime.fromisoformat(run["status"]["startTime"])
        return (started + timedelta(seconds=timeout) - self._platform.now()).total_seconds()


def _cancelled_message(run: Obj) -> str:
    message = run["spec"].get("statusMessage") or ""
    return f'TaskRun "{run["metadata"]["name"]}" was cancelled. {message}'


def _timeout_message(run: Obj) -> str:
    timeout = format_duration(parse_duration(run["spec"].get("timeout") or DEFAULT_TIMEOUT))
    before = runstatus.succeeded(run)
    message = f'TaskRun "{run["metadata"]["name"]}" failed to finish within "{timeout}"'
    if before.get("message"):
        message += f"\nPrevious status: [{before['reason']}] {before['message']}"
    return message
