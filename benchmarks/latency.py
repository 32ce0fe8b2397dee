"""From an object's change in the API to the line on screen; CPU seconds and bytes received while watching.

Needs a cluster that serves the kinds: ``python benchmarks/latency.py --kubeconfig FILE --context NAME``.
A Workload's annotations are changed repeatedly while a run watches it. Goal: p95 100 ms. The bytes are those
of the response bodies, of the connection that watches; the CPU seconds are those of
this process without the thread that makes the changes.
"""

from __future__ import annotations

import argparse
import io
import resource
import statistics
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from pkgops.flows.clusters import Clusters
from pkgops.flows.ports import utc_now
from pkgops.flows.run.watch import RunWatch
from pkgops.kube import Client, connect
from pkgops.pipeline import Scope
from pkgops.view.lines import LineProgress

NAMESPACE = "pkgops-benchmark-latency"
API = "carto.run/v1alpha1"
NAME = "measured"

Change = Callable[[int], str]
"""Change the object for the n-th time; returns its new resource version."""


class Meter:
    """Counts bytes, from any thread."""

    def __init__(self) -> None:
        self.bytes = 0
        self._lock = threading.Lock()

    def __call__(self, count: int) -> None:
        """Add the size of one received chunk."""
        with self._lock:
            self.bytes += count


@dataclass(frozen=True)
class Usage:
    """The cost of watching: ``wall`` and ``cpu`` in seconds, ``bytes`` received."""

    wall: float
    cpu: float
    bytes: int

    def __str__(self) -> str:
        """One line with the sums and the rates."""
        rate, share = self.bytes / self.wall, self.cpu / self.wall
        return (
            f"{self.wall:.1f} s: {self.cpu:.3f} CPU s ({share:.1%} of a core), "
            f"{self.bytes} bytes received ({rate:.0f} a second)"
        )


@dataclass(frozen=True)
class Pace:
    """Seconds: until the watches have started, of watching without changes, and between two changes."""

    settle: float = 3.0
    idle: float = 10.0
    between: float = 0.1


@dataclass(frozen=True)
class Measured:
    """Seconds from the response to each change until its line, and the cost of watching."""

    seconds: list[float]
    idle: Usage
    busy: Usage


def watch(run: RunWatch, seen: dict[str, float], stop: threading.Event) -> None:
    """Render every Snapshot and record when each resource version was rendered."""
    progress = LineProgress(io.StringIO(), utc_now())
    for snapshot in run.snapshots(0.5):
        progress.snapshot(snapshot)
        obj = run.tracker.store.find(snapshot.workload)
        if obj is not None:
            seen.setdefault(str(obj["metadata"]["resourceVersion"]), time.perf_counter())
        if stop.is_set():
            return


def measured(client: Client, meter: Meter, change: Change, times: int, pace: Pace) -> Measured:
    """Watch the workload with ``client``, whose bytes ``meter`` counts, idle and while it changes."""
    seen: dict[str, float] = {}
    sent: dict[str, float] = {}
    stop = threading.Event()

    def work() -> None:
        for index in range(times):
            moment = time.perf_counter()
            sent[change(index)] = moment
            time.sleep(pace.between)

    clusters = Clusters(client, (), lambda _: client)
    with RunWatch(clusters, Scope(NAMESPACE, NAME)) as run:
        thread = threading.Thread(target=watch, args=(run, seen, stop), daemon=True)
        thread.start()
        time.sleep(pace.settle)
        idle = usage(meter, lambda: time.sleep(pace.idle))
        busy = usage(meter, work)
        time.sleep(1)
        stop.set()
        thread.join(5)
    return Measured([seen[one] - moment for one, moment in sent.items() if one in seen], idle, busy)


def usage(meter: Meter, work: Callable[[], None]) -> Usage:
    """Return the cost of the other threads while this one runs ``work``."""
    wall, cpu, own, count = time.perf_counter(), time.process_time(), time.thread_time(), meter.bytes
    work()
    others = (time.process_time() - cpu) - (time.thread_time() - own)
    return Usage(time.perf_counter() - wall, others, meter.bytes - count)


def report(found: Measured, times: int) -> str:
    """Return the figures as text."""
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    lines = [f"watching, idle, {found.idle}", f"watching, busy, {found.busy}", f"memory: {memory:.0f} MB"]
    taken = sorted(found.seconds)
    if not taken:
        return "\n".join([*lines, f"none of {times} changes were shown"])
    middle, p95 = statistics.median(taken) * 1000, taken[max(int(len(taken) * 0.95) - 1, 0)] * 1000
    each = f"median {middle:.0f} ms, p95 {p95:.0f} ms (goal 100)"
    return "\n".join([*lines, f"{len(taken)} of {times} changes: {each}"])


def patching(client: Client) -> Change:
    """Return a function that changes an annotation, over a connection of its own."""

    def change(index: int) -> str:
        patch = {"metadata": {"annotations": {"pkgops.dev/count": str(index)}}}
        return str(client.patch(API, "Workload", NAME, NAMESPACE, patch)["metadata"]["resourceVersion"])

    return change


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kubeconfig", type=Path, required=True)
    parser.add_argument("--context", required=True)
    parser.add_argument("--times", type=int, default=100)
    parser.add_argument("--idle", type=float, default=10.0, help="seconds to watch without changes")
    options = parser.parse_args()
    client = connect(options.kubeconfig, options.context)
    client.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE}})
    meta = {"name": NAME, "namespace": NAMESPACE}
    try:
        client.apply({"apiVersion": API, "kind": "Workload", "metadata": meta, "spec": {}})
        meter = Meter()
        watching = connect(options.kubeconfig, options.context, received=meter)
        pace = Pace(idle=options.idle)
        print(report(measured(watching, meter, patching(client), options.times, pace), options.times))
    finally:
        client.delete("v1", "Namespace", NAMESPACE)


if __name__ == "__main__":
    main()
