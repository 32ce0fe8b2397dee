"""When the API server told of each container of the pods that a save makes; for ``benchmarks/dev.py``.

A container's own times in the API are whole seconds. What is taken here is the moment at which a watch
brought its new state, which is when the pipeline's controllers can know of it.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from pkgops.kube import Client, Informer
from pkgops.kube.types import WatchEvent
from pkgops.readiness import containers

Obj = dict[str, Any]


@dataclass
class Seen:
    """What was seen of a pod, and when: itself, and the states of its containers in their order."""

    name: str
    created: datetime
    began: dict[str, datetime] = field(default_factory=dict)
    ended: dict[str, datetime] = field(default_factory=dict)
    ready: datetime | None = None

    def take(self, pod: Obj, at: datetime) -> None:
        """Take over a state of the pod."""
        for one in containers.statuses(pod):
            state, name = one.get("state") or {}, str(one["name"])
            if "running" in state or "terminated" in state:
                self.began.setdefault(name, at)
            if "terminated" in state:
                self.ended.setdefault(name, at)
        conditions = (pod.get("status") or {}).get("conditions") or ()
        if any(one["type"] == "Ready" and one["status"] == "True" for one in conditions):
            self.ready = self.ready or at


class Pods:
    """Follows the pods of all namespaces, for as long as the block lasts."""

    def __init__(self, client: Client, now: Callable[[], datetime]) -> None:
        self._now = now
        self._lock = threading.Lock()
        self._seen: dict[str, Seen] = {}
        self._informer = Informer(client, "v1", "Pod", on_event=self._take)

    def __enter__(self) -> Pods:
        """Begin, and return once the pods that are there are known."""
        self._informer.start().wait_synced(30)
        return self

    def __exit__(self, *_: object) -> None:
        """End following."""
        self._informer.stop()

    def since(self, moment: datetime) -> list[Seen]:
        """Return the pods that were created since a moment, in their order."""
        with self._lock:
            return sorted((s for s in self._seen.values() if s.created >= moment), key=lambda s: s.created)

    def _take(self, event: WatchEvent) -> None:
        at, meta = self._now(), event.object["metadata"]
        with self._lock:
            seen = self._seen.setdefault(meta["uid"], Seen(meta["name"], at))
            seen.take(event.object, at)


def rows(pods: Iterable[Seen], saved: datetime) -> Iterator[str]:
    """Return a line for each container: what it waited since the one before it, what it ran, when it ended.

    A container whose start and end came at once shows no run of its own; it is then part of the wait.
    """
    for pod in pods:
        yield f"    {pod.name}, created at {(pod.created - saved).total_seconds():.1f} s"
        before = pod.created
        for name, began in pod.began.items():
            ended = pod.ended.get(name) or pod.ready or began
            waited, ran = (began - before).total_seconds(), (ended - began).total_seconds()
            whole = (ended - saved).total_seconds()
            yield f"      {name:34} waited {waited:5.1f} s  ran {ran:5.1f} s {whole:7.1f} s"
            before = ended


def total(pods: Iterable[Seen], whole: float) -> str:
    """Return a line: how much of so many seconds containers waited, how much they ran, and what is left.

    Pods overlap at most where an application starts while its package's run ends, so the sum is about right.
    """
    waited = ran = 0.0
    count = 0
    for pod in pods:
        before = pod.created
        for name, began in pod.began.items():
            ended = pod.ended.get(name) or pod.ready or began
            waited, ran = waited + (began - before).total_seconds(), ran + (ended - began).total_seconds()
            before, count = ended, count + 1
    left = max(whole - waited - ran, 0.0)
    return f"    {count} containers waited {waited:.1f} s and ran {ran:.1f} s; all else took {left:.1f} s"
