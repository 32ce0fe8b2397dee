"""From an object's change in the API to the line on screen; CPU and bytes while watching.

Needs a cluster that serves the kinds: ``python benchmarks/latency.py --kubeconfig FILE --context NAME``.
A Workload's labels are changed again and again while a follower watches it. Goal: p95 100 ms.
"""

from __future__ import annotations

import argparse
import io
import resource
import statistics
import threading
import time
from pathlib import Path

from pkgops.flows.ports import utc_now
from pkgops.flows.track import Follower
from pkgops.kube import Client, connect
from pkgops.pipeline import Focus
from pkgops.view.lines import LineProgress

NAMESPACE = "pkgops-benchmark-latency"
API = "carto.run/v1alpha1"
NAME = "measured"


def change(client: Client, index: int) -> str:
    """Change the object; returns its new resource version."""
    patch = {"metadata": {"annotations": {"pkgops.dev/count": str(index)}}}
    return str(client.patch(API, "Workload", NAME, NAMESPACE, patch)["metadata"]["resourceVersion"])


def watch(follower: Follower, seen: dict[str, float], stop: threading.Event) -> None:
    """Draw every Snapshot and note when which version was drawn."""
    progress = LineProgress(io.StringIO(), utc_now())
    for snapshot in follower.snapshots(0.5):
        progress.snapshot(snapshot)
        obj = follower.tracker.world.find(snapshot.workload)
        if obj is not None:
            seen.setdefault(str(obj["metadata"]["resourceVersion"]), time.perf_counter())
        if stop.is_set():
            return


def measured(client: Client, times: int) -> list[float]:
    """Seconds from the answer of a change to its line, for each change."""
    seen: dict[str, float] = {}
    sent: dict[str, float] = {}
    stop = threading.Event()
    with Follower(client, Focus(NAMESPACE, NAME)) as follower:
        thread = threading.Thread(target=watch, args=(follower, seen, stop), daemon=True)
        thread.start()
        time.sleep(3)
        idle = cpu(5.0)
        begin = time.process_time()
        for index in range(times):
            moment = time.perf_counter()
            sent[change(client, index)] = moment
            time.sleep(0.1)
        busy = (time.process_time() - begin) / (times * 0.1)
        time.sleep(1)
        stop.set()
    print(f"CPU while watching: idle {idle:.1%}, busy {busy:.1%} of a core")
    print(f"memory: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB")
    return [seen[version] - moment for version, moment in sent.items() if version in seen]


def cpu(seconds: float) -> float:
    """The share of a core that this process takes while it sleeps."""
    begin = time.process_time()
    time.sleep(seconds)
    return (time.process_time() - begin) / seconds


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kubeconfig", type=Path, required=True)
    parser.add_argument("--context", required=True)
    parser.add_argument("--times", type=int, default=100)
    options = parser.parse_args()
    client = connect(options.kubeconfig, options.context)
    client.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE}})
    client.apply(
        {
            "apiVersion": API,
            "kind": "Workload",
            "metadata": {"name": NAME, "namespace": NAMESPACE},
            "spec": {},
        }
    )
    try:
        taken = sorted(measured(client, options.times))
        p95 = taken[int(len(taken) * 0.95) - 1]
        middle = statistics.median(taken) * 1000
        print(f"{len(taken)} changes: median {middle:.0f} ms, p95 {p95 * 1000:.0f} ms (goal 100)")
    finally:
        client.delete("v1", "Namespace", NAMESPACE)


if __name__ == "__main__":
    main()
