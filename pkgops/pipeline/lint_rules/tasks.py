"""Faults in Tasks and what runs them (Tekton)."""

from __future__ import annotations

import json
from collections.abc import Iterator

from pkgops.pipeline.lint_rules.finding import LintFinding, Obj, finding, rewrite
from pkgops.readiness.base import spec


def cluster_task(objects: list[Obj]) -> Iterator[LintFinding]:
    """ClusterTask was removed in Tekton 1.0, and a reference to one is silently read as a Task."""
    for obj in objects:
        text = json.dumps(spec(obj))
        if obj.get("kind") == "ClusterTask":
            what = "ClusterTask was removed in Tekton 1.0: make it a Task in the namespace of the runs"
            yield finding("cluster-task", obj, what, _as_task)
        elif '"ClusterTask"' in text:
            what = "it refers to a ClusterTask, which was removed in Tekton 1.0"
            yield finding("cluster-task", obj, what, _refer_to_task)
        if "taskResults" in text:
            what = "status.taskResults is status.results since tekton.dev/v1"
            yield finding("task-results", obj, what, _as_results)


def _as_task(after: Obj) -> None:
    after["kind"], after["apiVersion"] = "Task", "tekton.dev/v1"


def _as_results(after: Obj) -> None:
    rewrite("taskResults", "results")(after)
    rewrite('"tekton.dev/v1beta1"', '"tekton.dev/v1"')(after)


def _refer_to_task(after: Obj) -> None:
    text = json.dumps(after["spec"]).replace('"ClusterTask"', '"Task"')
    after["spec"] = json.loads(text.replace('"tekton.dev/v1beta1"', '"tekton.dev/v1"'))


def workspace_key(objects: list[Obj]) -> Iterator[LintFinding]:
    """The key of a ConfigMap workspace is ``configMap``; another case is pruned by the API server."""
    for obj in objects:
        if '"configmap":' in json.dumps(spec(obj)):
            what = "workspace key configmap is pruned by the API server: it is configMap"
            yield finding("workspace-key", obj, what, rewrite('"configmap":', '"configMap":'))


def bash_script(objects: list[Obj]) -> Iterator[LintFinding]:
    """``[[`` under a POSIX shell fails without an error: a package is pushed without a version."""
    for obj in objects:
        if obj.get("kind") not in ("Task", "ClusterTask"):
            continue
        for index, step in enumerate(spec(obj).get("steps") or ()):
            script = str(step.get("script") or "")
            first = script.lstrip().splitlines()[0] if script.strip() else ""
            if "[[" in script and "bash" not in first:

                def fix(after: Obj, index: int = index, script: str = script, first: str = first) -> None:
                    body = script.replace(first, "", 1).lstrip("\n") if first.startswith("#!") else script
                    after["spec"]["steps"][index]["script"] = (
                        f"#!/usr/bin/env bash\nset -euo pipefail\n{body}"
                    )

                what = f"step {step.get('name', index)} uses [[ without bash: sh pushes an empty version"
                yield finding("script-needs-bash", obj, what, fix)
