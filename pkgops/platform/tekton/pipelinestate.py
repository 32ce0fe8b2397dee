"""The state of a PipelineRun: tasks that have run, are skipped, or are next. Pure.

Source: ``pkg/reconciler/pipelinerun/resources/pipelinerunstate.go`` and ``pipelinerunresolution.go``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from pkgops.kube import Obj
from pkgops.platform.tekton.fanout import count, has_empty_array, is_matrixed
from pkgops.platform.tekton.pipelinegraph import in_order, parents, result_references
from pkgops.platform.tekton.pipelinespec import Values, merged, with_values
from pkgops.platform.tekton.substitution import Variables
from pkgops.platform.tekton.taskgroup import TaskGroup, values_of_groups

WHEN, PARENTS = "When Expressions evaluated to false", "Parent Tasks were skipped"
STOPPING, MISSING = "PipelineRun was stopping", "Results were missing"
GRACEFULLY_CANCELLED = "PipelineRun was gracefully cancelled"
GRACEFULLY_STOPPED = "PipelineRun was gracefully stopped"
PIPELINE_TIMEOUT = "PipelineRun timeout has been reached"
TASKS_TIMEOUT = "PipelineRun Tasks timeout has been reached"
FINALLY_TIMEOUT = "PipelineRun Finally timeout has been reached"
EMPTY_ARRAY = "Matrix Parameters have an empty array"
TIMEOUTS = (PIPELINE_TIMEOUT, TASKS_TIMEOUT, FINALLY_TIMEOUT)
GRACEFUL = {"CancelledRunFinally": GRACEFULLY_CANCELLED, "StoppedRunFinally": GRACEFULLY_STOPPED}


@dataclass(frozen=True)
class ElapsedTimeouts:
    """Which timeouts of a PipelineRun have elapsed."""

    pipeline: bool = False
    tasks: bool = False
    finally_: bool = False


@dataclass(frozen=True)
class PipelineState:
    """A resolved Pipeline with its TaskRuns.

    Attributes:
        spec: the Pipeline with the PipelineRun's values.
        runs: the TaskRuns of each task that has some, in the order of their indexes.
        spec_status: ``spec.status`` of the PipelineRun.
        elapsed: which timeouts have elapsed.
    """

    spec: Obj
    runs: Mapping[str, Sequence[Obj]] = field(default_factory=dict)
    spec_status: str = ""
    elapsed: ElapsedTimeouts = field(default_factory=ElapsedTimeouts)

    @cached_property
    def tasks(self) -> dict[str, Obj]:
        """The tasks of ``spec.tasks``, by name."""
        return {task["name"]: task for task in self.spec.get("tasks") or []}

    @cached_property
    def final(self) -> dict[str, Obj]:
        """The tasks of ``spec.finally``, by name."""
        return {task["name"]: task for task in self.spec.get("finally") or []}

    @cached_property
    def parents(self) -> dict[str, list[str]]:
        """The names of the tasks on which each of `tasks` depends."""
        return parents(self.tasks.values())

    @cached_property
    def groups(self) -> dict[str, TaskGroup]:
        """The TaskRuns of each task."""
        by_name: dict[str, TaskGroup] = {}
        for name in [*in_order(self.parents), *self.final]:
            task, runs = self.tasks.get(name) or self.final[name], tuple(self.runs.get(name, ()))
            matrixed = is_matrixed(task)
            number = count(with_values(task, values_of_groups(by_name))) if runs and matrixed else 1
            by_name[name] = TaskGroup(runs, matrixed, number)
        return by_name

    @cached_property
    def skipped(self) -> dict[str, str]:
        """The reasons why tasks are skipped, by name; of final tasks only once the others are done."""
        final = self.final if self._first_done() else {}
        reasons = {name: self._why_final_skipped(name) for name in final}
        return self._first_skipped | {name: reason for name, reason in reasons.items() if reason}

    @cached_property
    def _first_skipped(self) -> dict[str, str]:
        reasons: dict[str, str] = {}
        for name in in_order(self.parents):
            reason = self._why_skipped(name, reasons)
            if reason:
                reasons[name] = reason
        return reasons

    @cached_property
    def invalid(self) -> dict[str, str]:
        """The messages of tasks that are ready and reference a result that was not written, by name."""
        messages = {}
        for name, task in self.tasks.items():
            if self.groups[name].started or not self._before_done(name, {}):
                continue
            for other, result in result_references(task):
                if self.groups[other].succeeded and result not in self.groups[other].results():
                    problem = f"Could not find result with name {result} for task {other}"
                    messages[name] = f"invalid task result reference: {problem}"
                    break
        return messages

    @cached_property
    def stopping(self) -> bool:
        """Whether no further tasks are started, since a task has failed."""
        return bool(self.invalid) or any(
            self.groups[name].failed and task.get("onError") != "continue"
            for name, task in self.tasks.items()
        )

    def next(self) -> list[Obj]:
        """Return the tasks to start now, with references to results replaced."""
        if self.elapsed.pipeline or self.spec_status == "Cancelled":
            return []
        names = [name for name, group in self.groups.items() if group.started and not group.complete]
        if not self.stopping and not self.spec_status:
            names += [name for name in self.tasks if self._is_next(name)]
        if self._first_done():
            names += [
                name for name in self.final if not self.groups[name].started and name not in self.skipped
            ]
        return [self.with_results(self.tasks.get(name) or self.final[name]) for name in names]

    def with_results(self, task: Obj) -> Obj:
        """Return a task with references to results, and in final tasks to states, of other tasks replaced."""
        return with_values(task, self._values(states=task["name"] in self.final))

    def finished(self) -> bool:
        """Return whether all tasks have ended or are skipped."""
        return not self.incomplete()

    def incomplete(self) -> list[str]:
        """Return the tasks that have not ended and are not skipped."""
        return [
            name
            for name in [*self.tasks, *self.final]
            if not self.groups[name].ended and name not in self.skipped and name not in self.invalid
        ]

    def running(self, *, final: bool | None = None) -> list[Obj]:
        """Return the TaskRuns that have not ended, of the final tasks only, of the others only, or of all."""
        return [
            run
            for name, group in self.groups.items()
            for run in group.running
            if final is None or (name in self.final) == final
        ]

    def outcome(self, name: str) -> str:
        """Return ``Succeeded``, ``Failed``, ``Cancelled`` or ``Ignored``; empty before a task has ended."""
        group = self.groups[name]
        if group.succeeded or not group.ended:
            return "Succeeded" if group.succeeded else ""
        if group.cancelled:
            return "Failed" if group.timed_out else "Cancelled"
        return "Ignored" if self.tasks.get(name, {}).get("onError") == "continue" else "Failed"

    def states(self) -> dict[str, str]:
        """Return ``tasks.NAME.status``, ``tasks.NAME.reason`` and ``tasks.status`` for final tasks."""
        by_task = {}
        for name in self.tasks:
            by_task[f"tasks.{name}.status"] = self.groups[name].status
            by_task[f"tasks.{name}.reason"] = self.groups[name].reason
        if any(self.groups[name].failed for name in self.tasks):
            by_task["tasks.status"] = "Failed"
        else:
            by_task["tasks.status"] = "Completed" if self._first_skipped else "Succeeded"
        return by_task

    def results(self) -> dict[str, dict[str, object]]:
        """Return the results of all tasks that have ended."""
        return {name: group.results() for name, group in self.groups.items() if group.ended}

    def _first_done(self) -> bool:
        known = {*self._first_skipped, *self.invalid}
        return all(self.groups[name].ended or name in known for name in self.tasks)

    def _values(self, *, states: bool) -> Values:
        lengths = {
            f"tasks.{name}.matrix.length": str(count(task))
            for name, task in self.tasks.items()
            if is_matrixed(task)
        }
        other = Variables({**lengths, **(self.states() if states else {})})
        return merged(values_of_groups(self.groups), Values(other, {}))

    def _why_skipped(self, name: str, skipped: Mapping[str, str]) -> str:
        if self.groups[name].started or name in self.invalid:
            return ""
        if self.stopping:
            return STOPPING
        if self.spec_status in GRACEFUL:
            return GRACEFUL[self.spec_status]
        before = self.parents[name]
        ready = self._before_done(name, skipped)
        task = self.with_results(self.tasks[name])
        if ready and not _allows(task):
            return WHEN
        if any(skipped.get(other, WHEN) != WHEN for other in before):
            return PARENTS
        if ready and self._lacks_results(task, skipped):
            return MISSING
        if ready and self.elapsed.pipeline:
            return PIPELINE_TIMEOUT
        if ready and self.elapsed.tasks:
            return TASKS_TIMEOUT
        return EMPTY_ARRAY if has_empty_array(task) else ""

    def _why_final_skipped(self, name: str) -> str:
        if self.groups[name].started:
            return ""
        task = self.with_results(self.final[name])
        if result_references(task):
            return MISSING
        if not _allows(task):
            return WHEN
        if self.elapsed.pipeline:
            return PIPELINE_TIMEOUT
        if self.elapsed.finally_:
            return FINALLY_TIMEOUT
        return EMPTY_ARRAY if has_empty_array(task) else ""

    def _lacks_results(self, task: Obj, skipped: Mapping[str, str]) -> bool:
        return any(
            skipped.get(other) == WHEN or self.groups[other].failed for other, _ in result_references(task)
        )

    def _is_next(self, name: str) -> bool:
        waits = self.groups[name].started or name in self.skipped or name in self.invalid
        return not waits and self._before_done(name, self._first_skipped)

    def _before_done(self, name: str, skipped: Mapping[str, str]) -> bool:
        return all(self.groups[other].ended or other in skipped for other in self.parents[name])


def _allows(task: Obj) -> bool:
    return all(
        (entry.get("input", "") in (entry.get("values") or [])) == (entry.get("operator") == "in")
        for entry in task.get("when") or []
    )
