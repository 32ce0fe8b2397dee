"""When the API server told of each container of the pods that a save makes; for ``benchmarks/dev.py``.

A container's own times in the API are whole seconds. What is taken here is the moment at which a watch
brought its new state, which is when the pipeline's controllers can know of it, beside what the runtime says.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from pkgops.kube import Client, Informer
from pkgops.kube.types import WatchEvent
from pkgops.readiness import containers

sys.path.insert(0, str(Path(__file__).parent))
from dev_runtime import Run

Obj = dict[str, Any]


@dataclass
class Seen:
    """What was seen of a pod, and when: itself, and the states of its containers in their order."""

    name: str
    created: datetime
    began: dict[str, datetime] = field(default_factory=dict)
    ended: dict[str, datetime] = field(default_factory=dict)
    ready: datetime | None = None
    ids: dict[str, str] = field(default_factory=dict)

    def take(self, pod: Obj, at: datetime) -> None:
        """Take over a state of the pod."""
        for one in containers.statuses(pod):
            state, name = one.get("state") or {}, str(one["name"])
            if one.get("containerID"):
                self.ids[name] = str(one["containerID"]).rpartition("/")[2]
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


@dataclass(frozen=True)
class Span:
    """What a container took, in seconds, from the moment at which the one before it was noticed.

    Attributes:
        name: the container's.
        starting: until its process began.
        running: until that ended; 0 where it goes on.
        noticing: until the API server told of the end, or of the readiness of what goes on.
        noticed: that moment.
    """

    name: str
    starting: float
    running: float
    noticing: float
    noticed: datetime


def spans(pod: Seen, runs: Mapping[str, Run]) -> Iterator[Span]:
    """Yield what each container of a pod took; what the runtime did not tell of is as the API server told."""
    before = pod.created
    for name, seen in pod.began.items():
        noticed = pod.ended.get(name) or pod.ready or seen
        run = runs.get(pod.ids.get(name, ""), Run())
        began = run.began or seen
        ended = run.ended or (noticed if name in pod.ended else began)
        # What ended after it was noticed was noticed as ready.
        ended = began if ended > noticed else ended
        yield Span(name, _seconds(before, began), _seconds(began, ended), _seconds(ended, noticed), noticed)
        before = noticed


def _seconds(begin: datetime, end: datetime) -> float:
    return (end - begin).total_seconds()


def rows(pods: Iterable[Seen], runs: Mapping[str, Run], saved: datetime) -> Iterator[str]:
    """Return a line for each container: until it began, what it ran, until that was noticed."""
    for pod in pods:
        yield f"    {pod.name}, created at {_seconds(saved, pod.created):.1f} s"
        for one in spans(pod, runs):
            yield (
                f"      {one.name:26} began after {one.starting:5.2f} s  ran {one.running:5.2f} s"
                f"  noticed after {one.noticing:5.2f} s {_seconds(saved, one.noticed):7.1f} s"
            )


def total(pods: Iterable[Seen], runs: Mapping[str, Run], whole: float) -> str:
    """Return a line: what so many seconds were spent on.

    Pods overlap at most where an application starts while its package's run ends, so the sum is about right.
    """
    found = [one for pod in pods for one in spans(pod, runs)]
    starting, running, noticing = (
        sum(getattr(one, name) for one in found) for name in ("starting", "running", "noticing")
    )
    left = max(whole - starting - running - noticing, 0.0)
    return (
        f"    {len(found)} containers: {starting:.1f} s until they began, {running:.1f} s of work,"
        f" {noticing:.1f} s until the kubelet looked; all else took {left:.1f} s"
    )
