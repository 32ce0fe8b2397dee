"""The TaskRuns of one task of a Pipeline, which are several where it has a matrix. Pure.

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
    """What has come of one task.

    Attributes:
        runs: its TaskRuns, in the order of their numbers.
        matrixed: whether their results are put together as arrays.
        expected: how many there are to be.
    """

    runs: tuple[Obj, ...] = ()
    matrixed: bool = False
    expected: int = 1

    @property
    def begun(self) -> bool:
        """Whether there is one."""
        return bool(self.runs)

    @property
    def complete(self) -> bool:
        """Whether all of them have been created."""
        return len(self.runs) >= self.expected

    @property
    def ended(self) -> bool:
        """Whether all have ended."""
        return self.begun and self.complete and not self.running

    @property
    def running(self) -> list[Obj]:
        """Those that have not ended."""
        return [run for run in self.runs if _status(run) not in ("True", "False")]

    @property
    def succeeded(self) -> bool:
        """Whether all have ended well."""
        return self.ended and all(_status(run) == "True" for run in self.runs)

    @property
    def failed(self) -> bool:
        """Whether all have ended, and one not well."""
        return self.ended and not self.succeeded

    @property
    def timed_out(self) -> bool:
        """Whether all have ended, and one was cancelled since a time of the PipelineRun was over."""
        return self.ended and any(
            run["spec"].get("statusMessage") == TIMED_OUT_MESSAGE for run in self._cancelled
        )

    @property
    def cancelled(self) -> bool:
        """Whether all have ended, and one was cancelled."""
        return self.ended and bool(self._cancelled)

    @property
    def _cancelled(self) -> list[Obj]:
        return [run for run in self.runs if succeeded(run).get("reason") == "TaskRunCancelled"]

    @property
    def status(self) -> str:
        """What ``$(tasks.NAME.status)`` is: ``Succeeded``, ``Failed`` or ``None``."""
        if any(_status(run) == "False" for run in self.runs):
            return "Failed"
        return "Succeeded" if self.succeeded else "None"

    @property
    def reason(self) -> str:
        """What ``$(tasks.NAME.reason)`` is: of the first that has not ended well, else of the first."""
        unsuccessful = (run for run in self.runs if _status(run) != "True" and succeeded(run))
        chosen = next(unsuccessful, self.runs[0] if self.runs else {})
        return str(succeeded(chosen).get("reason") or "")

    def results(self) -> dict[str, object]:
        """Return the results by name; those of a matrix as arrays, in the order of the TaskRuns' names."""
        if not self.matrixed:
            return dict(_results(self.runs[0])) if self.runs else {}
        results: dict[str, list[object]] = {}
        for run in sorted(self.runs, key=lambda one: str(one["metadata"]["name"])):
            for name, value in _results(run):
                results.setdefault(name, []).append(value if isinstance(value, str) else "")
        return {**results}


def values_of_groups(groups: Mapping[str, TaskGroup]) -> Values:
    """Return the results of tasks that have ended, and how many each of a matrix are."""
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
