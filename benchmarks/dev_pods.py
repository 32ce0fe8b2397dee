"""When the API server reported each container of the pods that a save creates; for ``benchmarks/dev.py``.

A container's own times in the API are whole seconds. Recorded here is the moment at which a watch received
its new state, which is when the pipeline's controllers can react, next to the times of the runtime's events.
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
class ObservedPod:
    """When a pod and the states of its containers were observed, the containers in their order."""

    name: str
    created: datetime
    began: dict[str, datetime] = field(default_factory=dict)
    ended: dict[str, datetime] = field(default_factory=dict)
    ready: datetime | None = None
    ids: dict[str, str] = field(default_factory=dict)

    def record(self, pod: Obj, at: datetime) -> None:
        """Record a state of the pod."""
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
    """Watches the pods of all namespaces, within the ``with`` block."""

    def __init__(self, client: Client, now: Callable[[], datetime]) -> None:
        self._now = now
        self._lock = threading.Lock()
        self._pods: dict[str, ObservedPod] = {}
        self._informer = Informer(client, "v1", "Pod", on_event=self._on_event)

    def __enter__(self) -> Pods:
        """Start the watch, and return once it is synced."""
        self._informer.start().wait_synced(30)
        return self

    def __exit__(self, *_: object) -> None:
        """Stop the watch."""
        self._informer.stop()

    def since(self, moment: datetime) -> list[ObservedPod]:
        """Return the pods that were created since a moment, the oldest first."""
        with self._lock:
            return sorted((s for s in self._pods.values() if s.created >= moment), key=lambda s: s.created)

    def _on_event(self, event: WatchEvent) -> None:
        at, meta = self._now(), event.object["metadata"]
        with self._lock:
            seen = self._pods.setdefault(meta["uid"], ObservedPod(meta["name"], at))
            seen.record(event.object, at)


@dataclass(frozen=True)
class Span:
    """The seconds of a container, from the moment at which the one before it was reported.

    Attributes:
        name: the name of the container.
        starting: until its process began.
        running: until that ended; 0 where it still runs.
        noticing: until the API server reported the end, or the readiness of a container that still runs.
        noticed: that moment.
    """

    name: str
    starting: float
    running: float
    noticing: float
    noticed: datetime


def spans(pod: ObservedPod, runs: Mapping[str, Run]) -> Iterator[Span]:
    """Yield the seconds of each container of a pod; without an event of the runtime, by the API's times."""
    before = pod.created
    for name, seen in pod.began.items():
        noticed = pod.ended.get(name) or pod.ready or seen
        run = runs.get(pod.ids.get(name, ""), Run())
        began = run.began or seen
        ended = run.ended or (noticed if name in pod.ended else began)
        # Where the end is after the report, readiness was reported.
        ended = began if ended > noticed else ended
        yield Span(name, _seconds(before, began), _seconds(began, ended), _seconds(ended, noticed), noticed)
        before = noticed


def _seconds(begin: datetime, end: datetime) -> float:
    return (end - begin).total_seconds()


def rows(pods: Iterable[ObservedPod], runs: Mapping[str, Run], saved: datetime) -> Iterator[str]:
    """Yield a line for each container: the seconds until it began, of its run, and until its report."""
    for pod in pods:
        yield f"    {pod.name}, created at {_seconds(saved, pod.created):.1f} s"
        for one in spans(pod, runs):
            yield (
                f"      {one.name:26} began after {one.starting:5.2f} s  ran {one.running:5.2f} s"
                f"  reported after {one.noticing:5.2f} s {_seconds(saved, one.noticed):7.1f} s"
            )


def total(pods: Iterable[ObservedPod], runs: Mapping[str, Run], whole: float) -> str:
    """Return a line with the shares of the whole time.

    Pods overlap at most where an application starts while its package's run ends, so the sum is about right.
    """
    found = [one for pod in pods for one in spans(pod, runs)]
    starting, running, noticing = (
        sum(getattr(one, name) for one in found) for name in ("starting", "running", "noticing")
    )
    left = max(whole - starting - running - noticing, 0.0)
    return (
        f"    {len(found)} containers: {starting:.1f} s until they began, {running:.1f} s of work,"
        f" {noticing:.1f} s until the kubelet reported it; all else took {left:.1f} s"
    )
