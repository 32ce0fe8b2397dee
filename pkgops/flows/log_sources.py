"""Which containers of a run have a requested log."""

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
    """Which logs: of one stage or all, of the previous container instances (``previous``), how many last
    lines.

    ``environment`` selects the stages of one environment only.
    """

    stage: str = ""
    previous: bool = False
    tail: int | None = None
    environment: str = ""

    def of(self, known: Iterable[Stage]) -> tuple[Stage, ...]:
        """Return the requested ones of these stages."""
        here = [one for one in known if self.environment in ("", one.scope)]
        return stages.matching(here, self.stage)


def sources(tracker: Tracker, snapshot: Snapshot, wanted: LogQuery) -> Iterator[tuple[Stage, Obj, str]]:
    """Yield stage, pod and container of every requested log that exists."""
    for stage in wanted.of(snapshot.all_stages):
        for ref in reversed(stage.pods):
            pod = tracker.pod(ref)
            if pod is None:
                continue
            for container in containers.begun(pod, previous=wanted.previous):
                yield stage, pod, container
