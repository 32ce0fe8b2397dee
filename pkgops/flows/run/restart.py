"""Restarts of runs that had failed before a command began, where that may help.

A failed run is not retried, and Cartographer stamps no other one for the same inputs. So a command that
follows a commit would fail with an old failure, for example of a node that was down hours ago.
"""

from __future__ import annotations

from typing import Protocol

from pkgops.errors import PkgopsError
from pkgops.flows.ports import Ports
from pkgops.flows.run.outcome import Outcome
from pkgops.flows.run.start_again import Rerun
from pkgops.model import CHAIN, Blockage, CauseCode, Evidence, ObjectRef, Snapshot, Stage, State, Verdict
from pkgops.pipeline import Tracker, kinds
from pkgops.readiness import readiness
from pkgops.values import replace

RETRYABLE = frozenset(
    {
        CauseCode.POD_LOST,
        CauseCode.POD_REJECTED,
        CauseCode.RUN_TIMEOUT,
        CauseCode.RUN_CANCELLED,
        CauseCode.QUOTA,
        CauseCode.IMAGE_PULL,
        CauseCode.CONTAINER_CONFIG,
        CauseCode.INIT_CONTAINER_FAILED,
        CauseCode.TASK_MISSING,
        CauseCode.SERVICE_ACCOUNT_MISSING,
        CauseCode.REGISTRY_FAILED,
        CauseCode.REGISTRY_UNAUTHORIZED,
    }
)
"""Causes outside of the source: they may not exist any more, and another run of the same inputs succeed."""


class Startable(Protocol):
    """A watched run whose stages can be started again."""

    @property
    def tracker(self) -> Tracker:
        """The objects of the run."""

    def start_again(self, stage: Stage) -> Rerun:
        """Start a stage again."""


class Restarts:
    """Restarts each run, once, that had failed when the command began.

    Times are not compared: those in the objects are of another machine's clock.
    """

    def __init__(self, watched: Startable, ports: Ports, *, wanted: bool) -> None:
        self._watched = watched
        self._ports = ports
        self._wanted = wanted
        self._failed_before: frozenset[ObjectRef] | None = None
        self._restarted: set[ObjectRef] = set()

    def without_restarted(self, snapshot: Snapshot) -> Snapshot:
        """Take one Snapshot; return it without the failures of restarted runs."""
        if self._wanted and self._failed_before is None:
            self._failed_before = failed_runs(self._watched.tracker)
        left = tuple(one for one in snapshot.blockages if one.object not in self._restarted)
        return snapshot if len(left) == len(snapshot.blockages) else replace(snapshot, blockages=left)

    def step(self, outcome: Outcome) -> Outcome | None:
        """Take an outcome; return None where its run was restarted.

        Where that is refused, return the outcome with the reason added to its evidence.
        """
        blockage = outcome.blockage
        stage = self._stage(outcome.snapshot, blockage) if outcome.verdict is Verdict.FAILED else None
        if blockage is None or blockage.object is None or stage is None:
            return outcome
        try:
            done = self._watched.start_again(stage)
        except PkgopsError as error:
            text = " ".join(f"it could not be started again: {error.summary}".split())
            extended = replace(
                blockage, evidence=(*blockage.evidence, Evidence("field", blockage.object, text))
            )
            return Outcome(outcome.verdict, outcome.snapshot, extended)
        self._restarted.add(blockage.object)
        self._ports.note(
            f"{blockage.cause}; {done.how} {done.object}",
            object=done.object,
            stage=done.stage,
            code=blockage.code.value,
        )
        return None

    def _stage(self, snapshot: Snapshot, blockage: Blockage | None) -> Stage | None:
        """The stage to start again; None where the cause does not permit it."""
        if blockage is None or blockage.scope != CHAIN or blockage.code not in RETRYABLE:
            return None
        if blockage.object not in (self._failed_before or ()) or blockage.object in self._restarted:
            return None
        return next((stage for stage in snapshot.stages if stage.name == blockage.stage), None)


def failed_runs(tracker: Tracker) -> frozenset[ObjectRef]:
    """Return the TaskRuns, PipelineRuns and Builds of the workload's namespace that have failed."""
    space = tracker.scope.namespace
    return frozenset(
        ObjectRef.of(obj)
        for kind in (kinds.TASK_RUN, kinds.PIPELINE_RUN, kinds.BUILD)
        for obj in tracker.store.all(kind.group, kind.kind, space)
        if readiness(obj).state is State.FAILED
    )
