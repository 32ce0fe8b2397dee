"""The end of the logs of a run's pods, kept while they run.

Tekton deletes the pod of a run that is cancelled or times out, and its log with it: it must be
read before.
"""

from __future__ import annotations

import threading
from collections import deque

from pkgops.errors import PkgopsError
from pkgops.flows.clusters import Clusters
from pkgops.flows.log_sources import LogQuery, sources
from pkgops.flows.run.failure import LOG_LINES, headed
from pkgops.kube import Obj
from pkgops.model import CHAIN, ObjectRef, Snapshot
from pkgops.pipeline import Tracker
from pkgops.readiness import containers
from pkgops.readiness.base import meta


class LogBuffer:
    """Follows the logs of a run's containers, and keeps the last lines of each."""

    def __init__(self, clusters: Clusters) -> None:
        self._clusters = clusters
        self._read_along: set[tuple[str, str]] = set()
        self._newest: dict[str, tuple[ObjectRef, str, deque[str]]] = {}
        self._last = deque[str]()

    def update(self, tracker: Tracker, snapshot: Snapshot) -> None:
        """Take one Snapshot; start to follow the logs of new containers."""
        for stage, pod, container in sources(tracker, snapshot, LogQuery()):
            key = str(meta(pod).get("uid")), container
            # The pods of environments do not end.
            if stage.scope == CHAIN and key not in self._read_along and containers.runs_now(pod, container):
                self._read_along.add(key)
                self._read(stage.name, pod, container)

    def end(self, stage: str) -> str:
        """Return the last lines of a stage's newest container, with a header; empty without one."""
        if stage not in self._newest:
            return ""
        ref, container, lines = self._newest[stage]
        return headed(ref, container, list(lines)) if lines else ""

    def latest(self, count: int) -> list[str]:
        """Return at most ``count`` of the last lines of the newest container."""
        return list(self._last)[-count:]

    def clear(self) -> None:
        """Drop the lines that were read; containers that still write belong to an earlier run."""
        self._newest, self._last = {}, deque()

    def _read(self, stage: str, pod: Obj, container: str) -> None:
        ref, lines = ObjectRef.of(pod), deque[str](maxlen=LOG_LINES)
        self._newest[stage] = ref, container, lines
        self._last = lines
        read = threading.Thread(
            target=self._follow,
            args=(ref, container, lines),
            name=f"keep-{ref.name}-{container}",
            daemon=True,
        )
        read.start()

    def _follow(self, ref: ObjectRef, container: str, lines: deque[str]) -> None:
        try:
            client = self._clusters.of_namespace(ref.namespace)
            for line in client.logs(ref.namespace, ref.name, container, follow=True):
                lines.append(line.rstrip("\n"))
        except PkgopsError:
            # What was read until the connection broke off is kept.
            return
