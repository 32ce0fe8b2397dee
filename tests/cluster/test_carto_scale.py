"""Many Workloads at once, and an API server that throttles, restarts and has other writers."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from carto_kit import CARTO, ControlPlane, PlatformProcess, Scene, scene, wait_for

from pkgops.errors import PkgopsError
from pkgops.kube import Client, Obj, connect

pytestmark = pytest.mark.cluster

WORKLOADS = 500
MEMORY_LIMIT = 400 * 1024 * 1024
STEPS = ("source", "image", "config")

TEMPLATES = """
apiVersion: carto.run/v1alpha1
kind: ClusterSourceTemplate
metadata: {name: scale-source}
spec:
  urlPath: .data.url
  revisionPath: .data.revision
  template:
    apiVersion: v1
    kind: ConfigMap
    metadata: {name: $(workload.metadata.name)$-source}
    data: {url: $(workload.spec.source.git.url)$, revision: $(params.revision)$}
---
apiVersion: carto.run/v1alpha1
kind: ClusterImageTemplate
metadata: {name: scale-image}
spec:
  imagePath: .data.image
  template:
    apiVersion: v1
    kind: ConfigMap
    metadata: {name: $(workload.metadata.name)$-image}
    data: {image: "$(source.url)$@$(source.revision)$"}
---
apiVersion: carto.run/v1alpha1
kind: ClusterConfigTemplate
metadata: {name: scale-config}
spec:
  configPath: .data
  template:
    apiVersion: v1
    kind: ConfigMap
    metadata: {name: $(workload.metadata.name)$-config}
    data: {deploy: $(image)$}
---
apiVersion: carto.run/v1alpha1
kind: ClusterSupplyChain
metadata: {name: scale}
spec:
  selector: {chain: scale}
  resources:
    - name: source
      templateRef: {kind: ClusterSourceTemplate, name: scale-source}
    - name: image
      templateRef: {kind: ClusterImageTemplate, name: scale-image}
      sources: [{name: source, resource: source}]
    - name: config
      templateRef: {kind: ClusterConfigTemplate, name: scale-config}
      images: [{name: image, resource: image}]
"""


def workload(namespace: str, number: int) -> Obj:
    spec = {
        "params": [{"name": "revision", "value": f"r{number}"}],
        "source": {"git": {"url": f"https://git/{number}"}},
    }
    meta = {"name": f"w{number:03d}", "namespace": namespace, "labels": {"chain": "scale"}}
    return {"apiVersion": CARTO, "kind": "Workload", "metadata": meta, "spec": spec}


def create_all(at: Scene, count: int) -> None:
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda number: persistently(at, workload(at.namespace, number)), range(count)))


def persistently(at: Scene, obj: Obj) -> None:
    """Create an object although the API server may throttle or be away."""

    def done() -> bool:
        try:
            return bool(at.get("Workload", obj["metadata"]["name"]) or at.client.create(obj))
        except PkgopsError:
            return False

    wait_for(f"{obj['metadata']['name']} to be created", done, deadline=180)


def ready(obj: Obj) -> bool:
    conditions = obj.get("status", {}).get("conditions", [])
    return any(entry["type"] == "Ready" and entry["status"] == "True" for entry in conditions)


def ready_count(at: Scene) -> int:
    try:
        return sum(map(ready, at.list("Workload")))
    except PkgopsError:
        return 0


def assert_complete(at: Scene, count: int) -> None:
    """Every Workload is Ready and has stamped exactly its own three objects."""
    wait_for("all Workloads to be Ready", lambda: ready_count(at) == count, deadline=420, pause=1)
    wanted = {f"w{number:03d}-{step}" for number in range(count) for step in STEPS}
    made = {
        obj["metadata"]["name"] for obj in at.list("ConfigMap", "v1") if "ownerReferences" in obj["metadata"]
    }
    assert made == wanted
    last = at.get("ConfigMap", f"w{count - 1:03d}-config", "v1")
    assert last["data"] == {"deploy": f"https://git/{count - 1}@r{count - 1}"}


def test_five_hundred_workloads_at_once(
    control_plane: ControlPlane, carto_client: Client, tmp_path_factory: pytest.TempPathFactory
) -> None:
    platform = PlatformProcess(control_plane.kubeconfig, tmp_path_factory.mktemp("platform")).start()
    try:
        with scene(carto_client, "scale") as at:
            at.grant()
            at.apply_text(TEMPLATES)
            create_all(at, WORKLOADS)
            assert_complete(at, WORKLOADS)
            peak = platform.peak_bytes()
        print(f"peak memory of the platform: {peak / 2**20:.0f} MiB")
        assert peak < MEMORY_LIMIT
    finally:
        platform.stop()


@pytest.fixture
def strained(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ControlPlane]:
    """A control plane that answers 429 as soon as a few requests come together."""
    flags = (
        "--enable-priority-and-fairness=false",
        "--max-requests-inflight=6",
        "--max-mutating-requests-inflight=3",
    )
    plane = ControlPlane(tmp_path_factory.mktemp("strained"), *flags)
    try:
        yield plane.start()
    finally:
        plane.stop()


def test_throttling_restarts_and_other_writers_are_survived(
    strained: ControlPlane, tmp_path_factory: pytest.TempPathFactory
) -> None:
    count = 60
    client = connect(strained.kubeconfig)
    platform = PlatformProcess(strained.kubeconfig, tmp_path_factory.mktemp("platform")).start()
    stop = threading.Event()
    try:
        with scene(client, "strained") as at:
            at.grant()
            at.apply_text(TEMPLATES)
            other = threading.Thread(target=disturb, args=(at, count, stop), daemon=True)
            other.start()
            create_all(at, count // 2)
            strained.restart_api()
            create_all(at, count)
            wait_for("all Workloads to be Ready", lambda: ready_count(at) == count, deadline=420, pause=1)
            stop.set()
            other.join(timeout=60)
            assert_complete(at, count)
    finally:
        stop.set()
        platform.stop()


def disturb(at: Scene, count: int, stop: threading.Event) -> None:
    """Change labels of Workloads all the time, so that status writes meet conflicts."""
    turn = 0
    while not stop.wait(0.02):
        turn += 1
        try:
            change = {"metadata": {"labels": {"turn": str(turn)}}}
            at.client.patch(CARTO, "Workload", f"w{turn % count:03d}", at.namespace, change)
        except PkgopsError:
            continue
