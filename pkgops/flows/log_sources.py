"""Which containers of a run have a log that is requested."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from pkgops.flows import stages
from pkgops.kube import Obj
from pkgops.model import Snapshot, Stage
from pkgops.pipeline import Tracker
from pkgops.readiness import containers


@dataclass(frozen=True, slots=True)
class LogQuery:
    """Which logs: of one stage or all, of the container instances before (``previous``), last lines.

    ``environment`` leaves only the stages of one.
    """

    stage: str = ""
    previous: bool = False
    tail: int | None = None
    environment: str = ""

    def of(self, known: Iterable[Stage]) -> tuple[Stage, ...]:
        """The requested ones of some stages."""
        here = [one for one in known if self.environment in ("", one.scope)]
        return stages.matching(here, self.stage)


def sources(tracker: Tracker, snapshot: Snapshot, wanted: LogQuery) -> Iterator[tuple[Stage, Obj, str]]:
    """Stage, pod and container of every log that is requested and exists."""
    for stage in wanted.of(snapshot.all_stages):
        for ref in reversed(stage.pods):
            pod = tracker.pod(ref)
            if pod is None:
                continue
            for container in containers.begun(pod, previous=wanted.previous):
                yield stage, pod, container
