"""Builds whose pod is not scheduled: the status has the reason."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from pkgops.platform.kpack import imagestatus
from pkgops.platform.kpack.buildstatus import running_status
from pkgops.platform.kpack.names import BUILD_NUMBER
from pkgops.platform.kpack.scheduling import unscheduled

Obj = dict[str, Any]
NOW = datetime(2026, 1, 1, tzinfo=UTC)
UNBOUND = "0/1 nodes are available: pod has unbound immediate PersistentVolumeClaims."


def pod(message: str, status: str = "False") -> Obj:
    said = {"type": "PodScheduled", "status": status, "reason": "Unschedulable", "message": message}
    volumes = [{"emptyDir": {}}, {"persistentVolumeClaim": {"claimName": "web-cache"}}]
    return {
        "metadata": {"name": "web", "namespace": "apps"},
        "spec": {"volumes": volumes, "containers": []},
        "status": {"phase": "Pending", "conditions": [said]},
    }


class Cluster:
    def __init__(self, *classes: str, claimed: str = "absent") -> None:
        self.classes, self.claimed = classes, claimed

    def find(self, _api: str, kind: str, name: str, _namespace: str) -> Obj | None:
        if kind == "PersistentVolumeClaim":
            return {"spec": {"storageClassName": self.claimed}}
        return {} if name in self.classes else None


def test_a_storage_class_that_is_not_there_is_named() -> None:
    said = unscheduled(Cluster().find, pod(UNBOUND))
    missing = 'persistentvolumeclaim "web-cache": storageclass.storage.k8s.io "absent" not found'
    assert said == f"{UNBOUND}; {missing}"


def test_a_claim_that_is_about_to_be_bound_is_not_told() -> None:
    assert unscheduled(Cluster("standard", claimed="standard").find, pod(UNBOUND)) == ""


def test_a_pod_that_fits_nowhere_is_told_in_the_schedulers_words() -> None:
    found = Cluster("standard", claimed="standard").find
    assert unscheduled(found, pod("0/1 nodes are available: 1 Insufficient cpu.")) == (
        "0/1 nodes are available: 1 Insufficient cpu."
    )
    assert unscheduled(found, pod("", "True")) == ""
    assert unscheduled(found, {"metadata": {"namespace": "a"}, "spec": {}}) == ""


def test_the_build_and_its_image_say_it() -> None:
    build = {
        "metadata": {
            "name": "web-build-1",
            "namespace": "apps",
            "generation": 1,
            "labels": {BUILD_NUMBER: "1"},
        }
    }
    build["status"] = running_status(build, pod(UNBOUND), NOW, "no class")
    [said] = build["status"]["conditions"]
    assert (said["status"], said["reason"], said["message"]) == ("Unknown", "Unschedulable", "no class")
    image = {"metadata": {"name": "web", "namespace": "apps", "generation": 1}}
    builder = {"status": {"conditions": [{"type": "Ready", "status": "True"}]}}
    ready = imagestatus.of_build(image, builder, build, NOW)["conditions"][0]
    assert (ready["type"], ready["reason"], ready["message"]) == ("Ready", "BuildRunning", "no class")
