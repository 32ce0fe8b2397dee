"""How fast the local platform makes many Workloads Ready, and how much memory it uses.

usage: python benchmarks/carto.py [--workloads 500] [--kubeconfig FILE] [--state FILE]

Creates Workloads of a chain that stamps three ConfigMaps each, all at once, in a namespace of its own,
and prints: the time from a Workload's creation to Ready (median, 95th percentile, longest), how many
were waiting in each second, the rate, and the platform's memory. Needs a running local cluster.
"""

from __future__ import annotations

import argparse
import json
import secrets
import statistics
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from pkgops import local
from pkgops.formats import yaml
from pkgops.kube import Client, Informer, Obj, WatchEvent, connect

CARTO = "carto.run/v1alpha1"
RBAC = "rbac.authorization.k8s.io/v1"
DEADLINE = 600.0
STEPS = """
apiVersion: carto.run/v1alpha1
kind: ClusterSourceTemplate
metadata: {{name: {name}}}
spec:
  urlPath: .data.url
  revisionPath: .data.revision
  template:
    apiVersion: v1
    kind: ConfigMap
    metadata: {{name: $(workload.metadata.name)$-source}}
    data: {{url: "https://git/$(workload.metadata.name)$", revision: r1}}
---
apiVersion: carto.run/v1alpha1
kind: ClusterImageTemplate
metadata: {{name: {name}}}
spec:
  imagePath: .data.image
  template:
    apiVersion: v1
    kind: ConfigMap
    metadata: {{name: $(workload.metadata.name)$-image}}
    data: {{image: "$(source.url)$@$(source.revision)$"}}
---
apiVersion: carto.run/v1alpha1
kind: ClusterConfigTemplate
metadata: {{name: {name}}}
spec:
  configPath: .data
  template:
    apiVersion: v1
    kind: ConfigMap
    metadata: {{name: $(workload.metadata.name)$-config}}
    data: {{deploy: $(image)$}}
---
apiVersion: carto.run/v1alpha1
kind: ClusterSupplyChain
metadata: {{name: {name}}}
spec:
  selector: {{benchmark: {name}}}
  resources:
    - name: source
      templateRef: {{kind: ClusterSourceTemplate, name: {name}}}
    - name: image
      templateRef: {{kind: ClusterImageTemplate, name: {name}}}
      sources: [{{name: source, resource: source}}]
    - name: config
      templateRef: {{kind: ClusterConfigTemplate, name: {name}}}
      images: [{{name: image, resource: image}}]
"""


class Run:
    """One run: when each Workload was created, and when it was first observed Ready."""

    def __init__(self, client: Client, count: int) -> None:
        self.client = client
        self.count = count
        self.name = f"bench-{secrets.token_hex(3)}"
        self.created: dict[str, float] = {}
        self.ready: dict[str, float] = {}
        self.done = threading.Event()

    def prepare(self) -> list[Obj]:
        """Create the namespace, a RoleBinding and the supply chain; return the objects to delete later."""
        self.client.create({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": self.name}})
        group = {
            "apiGroup": "rbac.authorization.k8s.io",
            "kind": "Group",
            "name": f"system:serviceaccounts:{self.name}",
        }
        role = {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "admin"}
        meta = {"name": self.name, "namespace": self.name}
        binding = {"apiVersion": RBAC, "kind": "RoleBinding", "metadata": meta}
        self.client.create({**binding, "roleRef": role, "subjects": [group]})
        made = [
            document for document in yaml.parse_all(STEPS.format(name=self.name), "benchmark") if document
        ]
        for document in made:
            self.client.create(document)
        while self.client.find("v1", "ServiceAccount", "default", self.name) is None:
            time.sleep(0.1)
        return made

    def clean(self, made: list[Obj]) -> None:
        """Delete everything that was created."""
        self.client.delete("v1", "Namespace", self.name)
        for document in made:
            self.client.delete(document["apiVersion"], document["kind"], self.name)

    def go(self) -> float:
        """Create all Workloads and wait until all are Ready; returns the seconds that took."""
        informer = Informer(self.client, CARTO, "Workload", self.name, on_event=self._on_event).start()
        informer.wait_synced(30)
        began = time.monotonic()
        with ThreadPoolExecutor(8) as pool:
            list(pool.map(self._create, range(self.count)))
        if not self.done.wait(DEADLINE):
            print(f"only {len(self.ready)} of {self.count} were Ready after {DEADLINE:.0f} s")
        informer.stop()
        return time.monotonic() - began

    def _create(self, number: int) -> None:
        name = f"w{number:04d}"
        meta = {"name": name, "namespace": self.name, "labels": {"benchmark": self.name}}
        self.created[name] = time.monotonic()
        self.client.create({"apiVersion": CARTO, "kind": "Workload", "metadata": meta, "spec": {}})

    def _on_event(self, event: WatchEvent) -> None:
        name = event.object["metadata"]["name"]
        conditions = event.object.get("status", {}).get("conditions", [])
        if name not in self.ready and any(
            entry["type"] == "Ready" and entry["status"] == "True" for entry in conditions
        ):
            self.ready[name] = time.monotonic()
            if len(self.ready) == self.count:
                self.done.set()

    def waiting(self) -> list[int]:
        """Return how many Workloads existed and were not Ready, second by second."""
        begin, end = min(self.created.values()), max(self.ready.values())
        moments = [begin + second for second in range(1, int(end - begin) + 2)]
        return [
            sum(created <= moment < self.ready.get(name, end + 1) for name, created in self.created.items())
            for moment in moments
        ]


def memory(state: Path) -> str:
    """Return the resident and the peak memory of the process that a state file names."""
    status = Path(f"/proc/{json.loads(state.read_text())['pid']}/status").read_text()
    fields = dict(line.split(":", 1) for line in status.splitlines())
    return ", ".join(f"{label} {int(fields[key].split()[0]) // 1024} MiB" for label, key in _MEMORY)


_MEMORY = (("now", "VmRSS"), ("peak", "VmHWM"))


def main() -> None:
    """Run the benchmark and print its figures."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--workloads", type=int, default=500)
    parser.add_argument("--kubeconfig", type=Path, help="default: the local cluster's")
    parser.add_argument("--state", type=Path, help="the platform's platform.json, for its memory")
    arguments = parser.parse_args()
    run = Run(connect(arguments.kubeconfig or local.running().kubeconfig), arguments.workloads)
    made = run.prepare()
    try:
        seconds = run.go()
    finally:
        run.clean(made)
    taken = sorted(run.ready[name] - run.created[name] for name in run.ready)
    print(f"Workloads to Ready: {len(taken)} in {seconds:.1f} s, {len(taken) / seconds:.0f} a second")
    print(
        f"latency: median {statistics.median(taken):.1f} s, 95 % {taken[int(0.95 * len(taken))]:.1f} s, ",
        end="",
    )
    print(f"longest {taken[-1]:.1f} s")
    print("waiting, second by second:", " ".join(map(str, run.waiting())))
    if arguments.state:
        print(f"memory of the platform: {memory(arguments.state)}")


if __name__ == "__main__":
    main()
