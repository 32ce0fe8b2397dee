"""How long `pkgops status` takes beside `kubectl get`, for 1, 100 and 1,000 workloads; and start-up.

Needs a cluster that serves the kinds: ``python benchmarks/status.py --kubeconfig FILE [--context NAME]``.
The workloads have no labels, so that no blueprint selects them, and a namespace of their own; they are
deleted afterwards. Goals: at most 3 times kubectl's wall time at 1, less than kubectl's
at 1,000 with at most one list a kind; `pkgops --help` 150 ms, `pkgops status` 300 ms.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from pkgops.kube import Client, connect

NAMESPACE = "pkgops-benchmark"
API = "carto.run/v1alpha1"
PROGRAM = Path(sys.executable).parent / "pkgops"


def fill(client: Client, begin: int, end: int) -> None:
    """Make workloads without labels: Cartographer writes their status and goes no further."""
    for index in range(begin, end):
        meta = {"name": f"app-{index:04d}", "namespace": NAMESPACE}
        client.create({"apiVersion": API, "kind": "Workload", "metadata": meta, "spec": {}})


def measured(command: list[str], times: int = 5) -> float:
    """The median wall time of a command, in seconds."""
    taken = []
    for _ in range(times):
        begin = time.perf_counter()
        subprocess.run(command, capture_output=True, check=False)
        taken.append(time.perf_counter() - begin)
    return statistics.median(taken)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kubeconfig", type=Path, required=True)
    parser.add_argument("--context", required=True)
    parser.add_argument("--kubectl", default="kubectl")
    parser.add_argument("--counts", type=int, nargs="*", default=[1, 100, 1000])
    options = parser.parse_args()
    client = connect(options.kubeconfig, options.context)
    client.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE}})
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
    print(f"pkgops --help: {measured([str(PROGRAM), '--help']) * 1000:.0f} ms")
    made = 0
    try:
        for count in options.counts:
            fill(client, made, count)
            made = max(made, count)
            ours = measured([str(PROGRAM), "status", "-f", str(values)])
            theirs = measured(kubectl)
            times = f"pkgops status {ours * 1000:.0f} ms, kubectl get {theirs * 1000:.0f} ms"
            print(f"{count} workloads: {times}, {ours / theirs:.1f} times")
    finally:
        client.delete("v1", "Namespace", NAMESPACE)


if __name__ == "__main__":
    main()
