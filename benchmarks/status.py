"""How long `pkgops status` takes compared with `kubectl get`, for 1, 100 and 1,000 workloads; and start-up.

Needs a cluster that serves the kinds: ``python benchmarks/status.py --kubeconfig FILE [--context NAME]``.
The workloads have no labels, so that no blueprint selects them, and a namespace of their own; they are
deleted afterwards, also on SIGTERM. Goals: at most 3 times kubectl's wall time at 1, at most 1.6 times at
1,000, with at most one list a kind; `pkgops --help` 150 ms.

Both list the same kinds. They run alternately, so that other load of the machine slows both alike; with such
load the CPU seconds (of the program, without the API server's) are more reliable than the wall time. Python's
compiled modules are cached, as for an installed program.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from pkgops.kube import Client, connect

NAMESPACE = "pkgops-benchmark"
API = "carto.run/v1alpha1"
RETRY_SECONDS = 120.0
"""On a busy machine the API server misses its deadlines; the created objects must be deleted all the same."""
PROGRAM = Path(sys.executable).parent / "pkgops"


def fill(client: Client, begin: int, end: int) -> None:
    """Create workloads without labels: Cartographer writes only their status."""
    for index in range(begin, end):
        meta = {"name": f"app-{index:04d}", "namespace": NAMESPACE}
        client.create({"apiVersion": API, "kind": "Workload", "metadata": meta, "spec": {}})


@dataclass(frozen=True)
class Taken:
    """Seconds of the runs of one command: on the wall, and of a processor."""

    walls: list[float]
    cpus: list[float]

    @property
    def wall(self) -> float:
        """The median."""
        return statistics.median(self.walls)

    def __str__(self) -> str:
        """Medians and best in milliseconds."""
        wall, best = self.wall * 1000, min(self.walls) * 1000
        cpu = statistics.median(self.cpus) * 1000
        return f"{wall:.0f} ms (best {best:.0f} ms, CPU {cpu:.0f} ms)"


def taken(commands: list[list[str]], times: int = 9) -> list[Taken]:
    """Run each command once for the caches, and then all of them in turns."""
    found = [Taken([], []) for _ in commands]
    for command in commands:
        once(command)
    for _ in range(times):
        for command, one in zip(commands, found, strict=True):
            wall, cpu = once(command)
            one.walls.append(wall)
            one.cpus.append(cpu)
    return found


def once(command: list[str]) -> tuple[float, float]:
    """Run a command; return its wall and CPU seconds."""
    environ = {key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}
    before, begin = os.times(), time.perf_counter()
    subprocess.run(command, capture_output=True, check=True, env=environ)
    wall, after = time.perf_counter() - begin, os.times()
    cpu = after.children_user + after.children_system - before.children_user - before.children_system
    return wall, cpu


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kubeconfig", type=Path, required=True)
    parser.add_argument("--context", required=True)
    parser.add_argument("--kubectl", default="kubectl")
    parser.add_argument("--counts", type=int, nargs="*", default=[1, 100, 1000])
    options = parser.parse_args()
    client = connect(options.kubeconfig, options.context).retrying(RETRY_SECONDS, known=True)
    # Without a handler, this signal ends the process before the objects are deleted.
    signal.signal(signal.SIGTERM, lambda number, _: sys.exit(128 + number))
    values = Path(tempfile.mkdtemp()) / "values.yaml"
    values.write_text(
        json.dumps(
            {
                "pkgops": {"context": options.context, "kubeconfig": str(options.kubeconfig)},
                "workload": {"namespace": NAMESPACE},
            }
        )
    )
    kubectl = [
        options.kubectl,
        f"--kubeconfig={options.kubeconfig}",
        "get",
        "workloads,deliverables",
        "-n",
        NAMESPACE,
        "-o",
        "wide",
    ]
    (helped,) = taken([[str(PROGRAM), "--help"]])
    print(f"pkgops --help: {helped}")
    made = 0
    try:
        client.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE}})
        for count in options.counts:
            fill(client, made, count)
            made = max(made, count)
            ours, theirs = taken([[str(PROGRAM), "status", "-f", str(values)], kubectl])
            print(f"{count} workloads: pkgops status {ours}, kubectl get {theirs}", end=": ")
            print(f"{ours.wall / theirs.wall:.1f} times")
    finally:
        client.delete("v1", "Namespace", NAMESPACE)


if __name__ == "__main__":
    main()
