"""How long ``pkgops history`` takes where an environment has 500 records of releases.

Needs a cluster that serves the kinds: ``python benchmarks/history.py --kubeconfig FILE [--context NAME]``.
The records are made in a namespace of their own, and deleted afterwards. Goal: 1 s.
"""

from __future__ import annotations

import argparse
import json
import os
import secrets
import statistics
import subprocess
import sys
import tempfile
import time
from datetime import timedelta
from pathlib import Path

from pkgops.flows.ports import utc_now
from pkgops.flows.releases import release
from pkgops.flows.releases.release import Action, Record, Release, Result
from pkgops.kube import Client, connect

NAMESPACE = f"pkgops-benchmark-history-{secrets.token_hex(3)}"
NAME = "measured"
RELEASES = 500
TIMES = 5


def main() -> None:
    """Create the records, run the command several times, and print how long it took."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kubeconfig", type=Path, required=True)
    parser.add_argument("--context", default="")
    given = parser.parse_args()
    client = connect(given.kubeconfig, given.context)
    client.create({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE}})
    try:
        make(client)
        with tempfile.TemporaryDirectory() as folder:
            seconds = [typed(given.kubeconfig, given.context, Path(folder)) for _ in range(TIMES)]
        print(f"{RELEASES} releases: median {statistics.median(seconds):.2f} s, most {max(seconds):.2f} s")
    finally:
        client.delete("v1", "Namespace", NAMESPACE)


def make(client: Client) -> None:
    """Create a workload that no supply chain selects, and its records."""
    meta = {"name": NAME, "namespace": NAMESPACE}
    client.create({"apiVersion": "carto.run/v1alpha1", "kind": "Workload", "metadata": meta, "spec": {}})
    begin = utc_now() - timedelta(days=RELEASES)
    for number in range(RELEASES):
        planned = begin + timedelta(days=number)
        record = Record(
            name=f"{NAME}-release-{number}",
            workload=f"{NAMESPACE}/{NAME}",
            environment="prod",
            action=Action.PROMOTE,
            by="benchmark",
            planned=planned,
            before=Release(version=f"0.1.{number}", healthy=True),
            after=Release(version=f"0.1.{number + 1}", healthy=True),
            result=Result.SUCCEEDED,
            completed=planned + timedelta(minutes=1),
        )
        client.create(release.config_map(record, NAMESPACE))


def typed(kubeconfig: Path, context: str, folder: Path) -> float:
    """Return the seconds that one command takes, from its start to its end."""
    environments = [{"name": "prod", "namespace": NAMESPACE}]
    config = {"pkgops": {"environments": environments}, "workload": {"name": NAME, "namespace": NAMESPACE}}
    (folder / "config.yaml").write_text(json.dumps(config))
    program = str(Path(sys.executable).parent / "pkgops")
    words = [program, "history", NAME, *(["--context", context] if context else [])]
    environ = {**os.environ, "KUBECONFIG": str(kubeconfig)}
    begun = time.perf_counter()
    ended = subprocess.run(words, cwd=folder, env=environ, capture_output=True, text=True, check=True)
    seconds = time.perf_counter() - begun
    assert ended.stdout.count("promote") >= RELEASES, ended.stdout
    return seconds


if __name__ == "__main__":
    main()
