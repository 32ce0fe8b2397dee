"""A PipelineRun in a cluster in memory, which is reconciled step by step."""

from __future__ import annotations

import copy
from datetime import UTC, datetime, timedelta

from pkgops.kube import AlreadyExists
from pkgops.platform.queue import Key
from pkgops.platform.tekton.defaults import defaulted
from pkgops.platform.tekton.pipelinerun import PipelineRuns

API = "tekton.dev/v1"
STEPS = [{"image": "i", "script": "true"}]


class Cluster:
    """The methods of the platform and of its client that PipelineRuns use, for objects in memory."""

    def __init__(self, *objects):
        self.client = self
        self.time = datetime(2026, 1, 1, tzinfo=UTC)
        self.objects, self.events, self.told = {}, [], []
        for obj in objects:
            self.put(obj)

    def put(self, obj):
        self.objects[(obj["kind"], obj["metadata"]["name"])] = obj
        return obj

    def now(self):
        return self.time

    def get(self, api, kind, name, namespace=""):
        return self.objects.get((kind, name))

    find = get

    def list(self, api, kind, namespace="", labels=None):
        return [
            obj
            for (known, _), obj in self.objects.items()
            if known == kind and (labels or {}).items() <= (obj["metadata"].get("labels") or {}).items()
        ]

    def create(self, obj):
        key = (obj["kind"], obj["metadata"]["name"])
        if key in self.objects:
            raise AlreadyExists(409, "AlreadyExists", "is there")
        made = copy.deepcopy(obj)
        made["metadata"]["uid"] = obj["metadata"]["name"]
        return self.put(made)

    def observe(self, obj):
        return self.put(obj)

    def patch(self, api, kind, name, namespace, changes):
        obj = copy.deepcopy(self.objects[(kind, name)])
        for part, values in changes.items():
            obj.setdefault(part, {}).update(values)
        return self.put(obj)

    def save_status(self, obj, status):
        known = self.objects[(obj["kind"], obj["metadata"]["name"])]
        return self.put({**known, "status": status})

    def event(self, obj, type, reason, message, component=""):
        self.events.append((type, reason, message))


def task(name, **fields):
    return {"name": name, "taskRef": {"name": name}, **fields}


class Run:
    """One PipelineRun and its Pipeline, which is reconciled step by step."""

    def __init__(self, *tasks, final=(), spec=None, absent=(), declared=(), **pipeline):
        meta = {"name": "pipe", "namespace": "ns", "labels": {"team": "x"}}
        body = {"tasks": list(tasks), **({"finally": list(final)} if final else {}), **pipeline}
        tasks = [
            {
                "kind": "Task",
                "metadata": {"name": entry["taskRef"]["name"], "namespace": "ns"},
                "spec": {"params": list(declared)},
            }
            for entry in [*tasks, *final]
            if "taskRef" in entry and entry["taskRef"]["name"] not in absent
        ]
        run = {
            "apiVersion": API,
            "kind": "PipelineRun",
            "metadata": {"name": "r", "namespace": "ns", "uid": "u", "labels": {"mine": "1"}},
            "spec": {"pipelineRef": {"name": "pipe"}, **(spec or {})},
        }
        run = defaulted(run, creating=True)
        self.cluster = Cluster({"kind": "Pipeline", "metadata": meta, "spec": body}, *tasks, run)
        self.runs = PipelineRuns(self.cluster)

    def look(self, seconds=0):
        self.cluster.time += timedelta(seconds=seconds)
        return self.runs.reconcile(Key("ns", "r"))

    def end(self, name, status="True", reason="Succeeded", **results):
        run = self.cluster.objects[("TaskRun", f"r-{name}")]
        written = [{"name": key, "type": "string", "value": value} for key, value in results.items()]
        condition = {"type": "Succeeded", "status": status, "reason": reason}
        self.cluster.put({**run, "status": {"conditions": [condition], "results": written}})
        self.look()

    def fail(self, name, **results):
        self.end(name, "False", "Failed", **results)

    def wish(self, state):
        self.cluster.patch(API, "PipelineRun", "r", "ns", {"spec": {"status": state}})
        self.look()

    @property
    def status(self):
        return self.cluster.objects[("PipelineRun", "r")]["status"]

    @property
    def said(self):
        condition = self.status["conditions"][0]
        return condition["status"], condition["reason"], condition["message"]

    @property
    def started(self):
        return [name for kind, name in self.cluster.objects if kind == "TaskRun"]

    def task_run(self, name):
        return self.cluster.objects[("TaskRun", f"r-{name}")]

    @property
    def skipped(self):
        return {entry["name"]: entry["reason"] for entry in self.status.get("skippedTasks", [])}


def counts(done, left, *, failed=0, cancelled=0, skipped=0):
    told = f"Tasks Completed: {done} (Failed: {failed}, Cancelled {cancelled})"
    return f"{told}, Incomplete: {left}, Skipped: {skipped}"
