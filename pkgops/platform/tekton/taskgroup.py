"""The TaskRuns of one task of a Pipeline, several if it has a matrix. Pure.

Source: ``pkg/reconciler/pipelinerun/resources/pipelinerunresolution.go``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from pkgops.kube import Obj
from pkgops.platform.tekton.pipelinespec import Values, merged, values_of
from pkgops.platform.tekton.runstatus import succeeded

TIMED_OUT_MESSAGE = "TaskRun cancelled as the PipelineRun it belongs to has timed out."


@dataclass(frozen=True, slots=True)
class TaskGroup:
    """The TaskRuns of one task.

    Attributes:
        runs: its TaskRuns, in the order of their indexes.
        matrixed: whether it has a matrix, so that results are arrays.
        expected: the number of TaskRuns to create.
    """

    runs: tuple[Obj, ...] = ()
    matrixed: bool = False
    expected: int = 1

    @property
    def started(self) -> bool:
        """Whether there is at least one TaskRun."""
        return bool(self.runs)

    @property
    def complete(self) -> bool:
        """Whether all TaskRuns have been created."""
        return len(self.runs) >= self.expected

    @property
    def ended(self) -> bool:
        """Whether all TaskRuns have ended."""
        return self.started and self.complete and not self.running

    @property
    def running(self) -> list[Obj]:
        """The TaskRuns that have not ended."""
        return [run for run in self.runs if _status(run) not in ("True", "False")]

    @property
    def succeeded(self) -> bool:
        """Whether all TaskRuns have succeeded."""
        return self.ended and all(_status(run) == "True" for run in self.runs)

    @property
    def failed(self) -> bool:
        """Whether all TaskRuns have ended, and one has not succeeded."""
        return self.ended and not self.succeeded

    @property
    def timed_out(self) -> bool:
        """Whether all TaskRuns have ended, and one was cancelled after a timeout of the PipelineRun."""
        return self.ended and any(
            run["spec"].get("statusMessage") == TIMED_OUT_MESSAGE for run in self._cancelled
        )

    @property
    def cancelled(self) -> bool:
        """Whether all TaskRuns have ended, and one was cancelled."""
        return self.ended and bool(self._cancelled)

    @property
    def _cancelled(self) -> list[Obj]:
        return [run for run in self.runs if succeeded(run).get("reason") == "TaskRunCancelled"]

    @property
    def status(self) -> str:
        """The value of ``$(tasks.NAME.status)``: ``Succeeded``, ``Failed`` or ``None``."""
        if any(_status(run) == "False" for run in self.runs):
            return "Failed"
        return "Succeeded" if self.succeeded else "None"

    @property
    def reason(self) -> str:
        """The value of ``$(tasks.NAME.reason)``: of the first TaskRun without success, else of the first."""
        unsuccessful = (run for run in self.runs if _status(run) != "True" and succeeded(run))
        chosen = next(unsuccessful, self.runs[0] if self.runs else {})
        return str(succeeded(chosen).get("reason") or "")

    def results(self) -> dict[str, object]:
        """Return the results by name; those of a matrix as arrays, in the order of the TaskRuns' names."""
        if not self.matrixed:
            return dict(_results(self.runs[0])) if self.runs else {}
        results: dict[str, list[object]] = {}
        for run in sorted(self.runs, key=lambda run: str(run["metadata"]["name"])):
            for name, value in _results(run):
                results.setdefault(name, []).append(value if isinstance(value, str) else "")
        return {**results}


def values_of_groups(groups: Mapping[str, TaskGroup]) -> Values:
    """Return the values of references to results of ended tasks, and to their numbers for a matrix."""
    known = []
    for name, group in groups.items():
        results = group.results() if group.ended else {}
        lengths = {
            f"tasks.{name}.matrix.{key}.length": str(len(value))
            for key, value in results.items()
            if group.matrixed and isinstance(value, list)
        }
        known.append(values_of(results, f"tasks.{name}.results", lengths))
    return merged(*known)


def _status(run: Obj) -> str:
    return str(succeeded(run).get("status") or "")


def _results(run: Obj) -> Iterable[tuple[str, object]]:
    entries = (run.get("status") or {}).get("results") or []
    return [(str(entry["name"]), entry.get("value", "")) for entry in entries]
