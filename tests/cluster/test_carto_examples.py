"""The usual shapes of supply chains, with templates of our own, on the local cluster with real pods.

Source to image to deployment; tested source; configuration written to Git; delivery from Git.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from pathlib import Path

import pytest
from carto_kit import Scene, scene, wait_for

from pkgops.kube import Client
from pkgops.local.cluster import LocalCluster
from pkgops.local.snapshot import push_snapshot

pytestmark = pytest.mark.cluster

EXAMPLES = Path(__file__).parents[1] / "data" / "carto" / "examples"
HELLO_GO = Path(__file__).parents[2] / "examples" / "hello-go"
DEADLINE = 300.0


@pytest.fixture
def at(local_client: Client) -> Iterator[Scene]:
    with scene(local_client, "example") as made:
        made.grant()
        yield made


def apply_example(at: Scene, example: str) -> str:
    """Apply the templates and blueprints of an example under a name of their own."""
    name = f"x{secrets.token_hex(4)}"
    at.apply_text((EXAMPLES / f"{example}.yaml").read_text().replace("NAME", name))
    return name


def owner(kind: str, name: str, chain: str, url: str, params: dict[str, str]) -> dict[str, object]:
    spec = {
        "source": {"git": {"url": url, "ref": {"branch": "main"}}},
        "params": [{"name": key, "value": value} for key, value in params.items()],
    }
    meta = {"name": name, "labels": {"example": chain}}
    return {"apiVersion": "carto.run/v1alpha1", "kind": kind, "metadata": meta, "spec": spec}


def wait_ready(at: Scene, kind: str, name: str) -> None:
    wait_for(f"{kind} {name}", lambda: at.condition(kind, name).get("status") == "True", DEADLINE, 0.3)


def test_source_to_image_to_deployment(at: Scene, instance: LocalCluster) -> None:
    push_snapshot(HELLO_GO, at.namespace, cluster=instance)
    chain = apply_example(at, "image")
    params = {"registry": instance.registry}
    workload = owner("Workload", "app", chain, instance.git_url(at.namespace), params)
    workload["spec"]["env"] = [{"name": "NAME", "value": "example"}]
    at.apply(workload)
    wait_ready(at, "Workload", "app")
    status = at.get("Workload", "app")["status"]
    image = status["resources"][1]["outputs"][0]["preview"].strip()
    assert image.startswith(f"{instance.registry}/examples/{at.namespace}@sha256:")
    deployment = at.get("Deployment", "app", "apps/v1")
    container = deployment["spec"]["template"]["spec"]["containers"][0]
    assert container["image"] == image
    assert container["env"] == [{"name": "NAME", "value": "example"}]
    assert deployment["status"]["availableReplicas"] == 1
    healthy = [entry["conditions"][1]["reason"] for entry in status["resources"]]
    assert healthy == ["ReadyCondition", "OutputsAvailable", "AvailableCondition"]


def test_tested_source_is_written_to_git_and_delivered_from_there(
    at: Scene, instance: LocalCluster, tmp_path: Path
) -> None:
    source, gitops = tmp_path / "source", tmp_path / "gitops"
    for folder, file in ((source, "expected.txt"), (gitops, "README.md")):
        folder.mkdir()
        (folder / file).write_text("something\n")
    names = {"source": f"{at.namespace}-source", "gitops": f"{at.namespace}-gitops"}
    commit = push_snapshot(source, names["source"], cluster=instance)
    push_snapshot(gitops, names["gitops"], cluster=instance)
    chain = apply_example(at, "gitops")
    toolbox = {"toolbox": instance.images["toolbox"]}
    params = {**toolbox, "gitops": instance.git_url(names["gitops"])}
    at.apply(owner("Workload", "app", chain, instance.git_url(names["source"]), params))
    at.apply(owner("Deliverable", "app-delivery", chain, instance.git_url(names["gitops"]), toolbox))
    wait_ready(at, "Workload", "app")
    wait_for("the first delivery", lambda: delivered(at) == f"main@sha1:{commit}", DEADLINE, 0.3)
    wait_ready(at, "Deliverable", "app-delivery")

    (source / "expected.txt").write_text("something else\n")
    second = push_snapshot(source, names["source"], cluster=instance)
    wait_for("the second delivery", lambda: delivered(at) == f"main@sha1:{second}", DEADLINE, 0.3)

    (source / "expected.txt").write_text("")
    push_snapshot(source, names["source"], cluster=instance)
    found = wait_for("the failing test", lambda: failing(at), DEADLINE, 0.3)
    assert "exited with code 1" in found["message"]
    assert delivered(at) == f"main@sha1:{second}"


def delivered(at: Scene) -> str:
    return str((at.get("ConfigMap", "delivered", "v1") or {"data": {}})["data"].get("revision"))


def failing(at: Scene) -> dict[str, str] | None:
    found = at.condition("Workload", "app", "ResourcesHealthy")
    return found if found.get("status") == "False" else None
