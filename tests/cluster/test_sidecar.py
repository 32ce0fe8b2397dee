"""An application with a sidecar in front of it, every image by digest, brought up by the shipped way."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from pipeline_kit import environment, pkgops

from pkgops.local.cluster import LocalCluster

pytestmark = pytest.mark.cluster

TEMPLATES = Path(__file__).parents[2] / "templates"
# It ends when it is told to: a clean waits for the grace period of a first process that does not listen.
SIDECAR = """          containers:
            - name: aaa-exporter
              image: {image}
              command: [sh, -c, "trap 'exit 0' TERM; sleep infinity & wait"]
"""


@pytest.fixture(scope="module")
def configuration(instance: LocalCluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The shipped templates with one more container, which stands first in each order that there is."""
    folder = tmp_path_factory.mktemp("sidecar")
    shutil.copytree(TEMPLATES, folder / "templates")
    file = folder / "templates/workflows/supplychain/config.yaml"
    before = file.read_text()
    file.write_text(
        before.replace("          containers:\n", SIDECAR.format(image=instance.images["base"]), 1)
    )
    assert file.read_text() != before
    config = folder / "config.yaml"
    config.write_text(json.dumps({"pkgops": {"templates": [str(folder / "templates")]}}))
    assert pkgops("clean", "--yes").code == 0
    yield config
    pkgops("clean", "--yes", "-f", str(config))


def test_the_applications_own_image_decides(configuration: Path, kubectl) -> None:
    brought = pkgops("up", "--progress", "plain", "-f", str(configuration))
    assert brought.code == 0, brought
    assert "answers in apps-dev: HTTP 200" in brought.out
    pods = json.loads(kubectl("get", "pods", "-n", "apps-dev", "-o", "json"))["items"]
    # Pods of earlier tests may still be on their way out.
    own = [pod for pod in pods if len(pod["spec"]["containers"]) > 1]
    running = {one["name"]: one["imageID"] for pod in own for one in pod["status"]["containerStatuses"]}
    assert list(running) == ["aaa-exporter", "workload"]
    assert all("@sha256:" in image for image in running.values())
    found = environment("apps-dev")
    assert (found["stale"], found["verdict"]) == (False, "ready")
    assert found["image"].rpartition("@")[2] == running["workload"].rpartition("@")[2]
