"""Where a PipelineRun stands: what of it has run, what is skipped, what comes next. Pure.

Source: ``pkg/reconciler/pipelinerun/resources/pipelinerunstate.go`` and ``pipelinerunresolution.go``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

from pkgops.kube import Obj
from pkgops.platform.tekton.pipelinegraph import in_order, parents, result_references
from pkgops.platform.tekton.pipelinespec import Values, merged, values_of, with_values
from pkgops.platform.tekton.runstatus import succeeded
from pkgops.platform.tekton.substitution import Variables

WHEN, PARENTS = "When Expressions evaluated to false", "Parent Tasks were skipped"
STOPPING, MISSING = "PipelineRun was stopping", "Results were missing"
GRACEFULLY_CANCELLED = "PipelineRun was gracefully cancelled"
GRACEFULLY_STOPPED = "PipelineRun was gracefully stopped"
PIPELINE_TIMEOUT = "PipelineRun timeout has been reached"
TASKS_TIMEOUT = "PipelineRun Tasks timeout has been reached"
FINALLY_TIMEOUT = "PipelineRun Finally timeout has been reached"
TIMEOUTS = (PIPELINE_TIMEOUT, TASKS_TIMEOUT, FINALLY_TIMEOUT)
GRACEFUL = {"CancelledRunFinally": GRACEFULLY_CANCELLED, "StoppedRunFinally": GRACEFULLY_STOPPED}
TIMED_OUT_MESSAGE = "TaskRun cancelled as the PipelineRun it belongs to has timed out."


@dataclass(frozen=True)
class Clock:
    """Which of a PipelineRun's times are over."""

    pipeline: bool = False
    tasks: bool = False
    finally_: bool = False


@dataclass(frozen=True)
class PipelineState:
    """A resolved Pipeline with the TaskRuns that there are.

    Attributes:
        spec: the Pipeline with the PipelineRun's values.
        runs: the TaskRun of each task that has one.
        wish: ``spec.status`` of the PipelineRun.
        clock: which times are over.
    """

    spec: Obj
    runs: Mapping[str, Obj] = field(default_factory=dict)
    wish: str = ""
    clock: Clock = field(default_factory=Clock)

    @cached_property
    def tasks(self) -> dict[str, Obj]:
        """The tasks that run first, by name."""
        return {task["name"]: task for task in self.spec.get("tasks") or []}

    @cached_property
    def final(self) -> dict[str, Obj]:
        """The tasks that run when all others are done, by name."""
        return {task["name"]: task for task in self.spec.get("finally") or []}

    @cached_property
    def parents(self) -> dict[str, list[str]]:
        """Which tasks each of the first ones waits for."""
        return parents(self.tasks.values())

    @cached_property
    def skipped(self) -> dict[str, str]:
        """Why tasks are not to run, by name; of the final ones, once it is their turn."""
        final = self.final if self._first_done() else {}
        reasons = {name: self._why_final_skipped(name) for name in final}
        return self._first_skipped | {name: reason for name, reason in reasons.items() if reason}

    @cached_property
    def _first_skipped(self) -> dict[str, str]:
        found: dict[str, str] = {}
        for name in in_order(self.parents):
            reason = self._why_skipped(name, found)
            if reason:
                found[name] = reason
        return found

    @cached_property
    def invalid(self) -> dict[str, str]:
        """Tasks whose turn it is and that use a result that was not written, with what is said of it."""
        found = {}
        for name, task in self.tasks.items():
            if name in self.runs or not self._before_done(name, {}):
                continue
            for other, result in result_references(task):
                if self._succeeded(other) and result not in results_of(self.runs[other]):
                    said = f"Could not find result with name {result} for task {other}"
                    found[name] = f"invalid task result reference: {said}"
                    break
        return found

    @cached_property
    def stopping(self) -> bool:
        """Whether nothing more is started, since a task has failed."""
        return bool(self.invalid) or any(
            self._failed(name) and task.get("onError") != "continue" for name, task in self.tasks.items()
        )

    def next(self) -> list[Obj]:
        """Return the tasks that are to start now, with the results of others put in."""
        if self.clock.pipeline or self.wish == "Cancelled":
            return []
        names = [] if self.stopping or self.wish else [name for name in self.tasks if self._is_next(name)]
        if self._first_done():
            names += [name for name in self.final if name not in self.runs and name not in self.skipped]
        return [self.with_results(self.tasks.get(name) or self.final[name]) for name in names]

    def with_results(self, task: Obj) -> Obj:
        """Return a task with the results, and for final tasks the states, of others put in."""
        return with_values(task, self._values(states=task["name"] in self.final))

    def finished(self) -> bool:
        """Tell whether nothing is left to run."""
        return not self.incomplete()

    def incomplete(self) -> list[str]:
        """Return the tasks that have not ended and are not skipped."""
        return [
            name
            for name in [*self.tasks, *self.final]
            if not self._ended(name) and name not in self.skipped and name not in self.invalid
        ]

    def running(self, *, final: bool | None = None) -> list[Obj]:
        """Return the TaskRuns that have not ended; of the final tasks, the others, or all."""
        return [
            run
            for name, run in self.runs.items()
            if not self._ended(name) and (final is None or (name in self.final) == final)
        ]

    def outcome(self, name: str) -> str:
        """Return ``Succeeded``, ``Failed``, ``Cancelled``, ``Ignored``; empty where a task has not ended."""
        if self._succeeded(name):
            return "Succeeded"
        if not self._ended(name):
            return ""
        run = self.runs[name]
        if succeeded(run)["reason"] == "TaskRunCancelled":
            timed_out = run["spec"].get("statusMessage") == TIMED_OUT_MESSAGE
            return "Failed" if timed_out else "Cancelled"
        return "Ignored" if self.tasks.get(name, {}).get("onError") == "continue" else "Failed"

    def states(self) -> dict[str, str]:
        """Return ``tasks.NAME.status``, ``tasks.NAME.reason`` and ``tasks.status`` for final tasks."""
        found = {}
        for name in self.tasks:
            condition = succeeded(self.runs[name]) if name in self.runs else {}
            ended = {"True": "Succeeded", "False": "Failed"}.get(condition.get("status", ""), "None")
            found[f"tasks.{name}.status"] = ended
            found[f"tasks.{name}.reason"] = str(condition.get("reason") or "")
        if any(self._failed(name) for name in self.tasks):
            found["tasks.status"] = "Failed"
        else:
            found["tasks.status"] = "Completed" if self._first_skipped else "Succeeded"
        return found

    def results(self) -> dict[str, dict[str, object]]:
        """Return the results of all tasks that have ended."""
        return {name: results_of(run) for name, run in self.runs.items() if self._ended(name)}

    def _first_done(self) -> bool:
        known = {*self._first_skipped, *self.invalid}
        return all(self._ended(name) or name in known for name in self.tasks)

    def _values(self, *, states: bool) -> Values:
        known = [values_of(named, f"tasks.{name}.results", {}) for name, named in self.results().items()]
        return merged(*known, Values(Variables(self.states() if states else {}), {}))

    def _why_skipped(self, name: str, skipped: Mapping[str, str]) -> str:
        if name in self.runs or name in self.invalid:
            return ""
        if self.stopping:
            return STOPPING
        if self.wish in GRACEFUL:
            return GRACEFUL[self.wish]
        before = self.parents[name]
        ready = self._before_done(name, skipped)
        task = self.with_results(self.tasks[name])
        if ready and not _allows(task):
            return WHEN
        if any(skipped.get(other, WHEN) != WHEN for other in before):
            return PARENTS
        if ready and self._lacks_results(task, skipped):
            return MISSING
        if ready and self.clock.pipeline:
            return PIPELINE_TIMEOUT
        return TASKS_TIMEOUT if ready and self.clock.tasks else ""

    def _why_final_skipped(self, name: str) -> str:
        if name in self.runs:
            return ""
        task = self.with_results(self.final[name])
        if result_references(task):
            return MISSING
        if not _allows(task):
            return WHEN
        if self.clock.pipeline:
            return PIPELINE_TIMEOUT
        return FINALLY_TIMEOUT if self.clock.finally_ else ""

    def _lacks_results(self, task: Obj, skipped: Mapping[str, str]) -> bool:
        return any(skipped.get(other) == WHEN or self._failed(other) for other, _ in result_references(task))

    def _is_next(self, name: str) -> bool:
        waits = name in self.runs or name in self.skipped or name in self.invalid
        return not waits and self._before_done(name, self._first_skipped)

    def _before_done(self, name: str, skipped: Mapping[str, str]) -> bool:
        return all(self._ended(other) or other in skipped for other in self.parents[name])

    def _ended(self, name: str) -> bool:
        return name in self.runs and succeeded(self.runs[name]).get("status") in ("True", "False")

    def _succeeded(self, name: str) -> bool:
        return name in self.runs and succeeded(self.runs[name]).get("status") == "True"

    def _failed(self, name: str) -> bool:
        return name in self.runs and succeeded(self.runs[name]).get("status") == "False"


def results_of(run: Obj) -> dict[str, object]:
    """Return a TaskRun's results by name."""
    entries = (run.get("status") or {}).get("results") or []
    return {str(entry["name"]): entry.get("value", "") for entry in entries}


def _allows(task: Obj) -> bool:
    return all(
        (entry.get("input", "") in (entry.get("values") or [])) == (entry.get("operator") == "in")
        for entry in task.get("when") or []
    )
