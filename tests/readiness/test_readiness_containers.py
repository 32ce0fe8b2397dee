"""The application's container is found by what it is, wherever it stands among others."""

from __future__ import annotations

import itertools

import pytest

from pkgops.flows import probe
from pkgops.flows.run import failure
from pkgops.model import CauseCode, State
from pkgops.readiness import containers, readiness, revision
from pkgops.readiness import pod as pods

APP, OTHER = "registry.example.com/app@sha256:" + "a" * 64, "registry.example.com/other@sha256:" + "b" * 64
PROXIES = ["queue-proxy", "istio-proxy", "linkerd-proxy", "aaa-exporter"]
SERVES = {"name": "user-port", "containerPort": 8080, "protocol": "TCP"}
MESH = {"name": "http1", "containerPort": 8012}


def box(name, image, *ports):
    return {"name": name, "image": image, **({"ports": list(ports)} if ports else {})}


def pod(*boxes, inits=(), statuses=None, **meta):
    found = [{"name": one["name"], "imageID": one["image"], "state": {"running": {}}} for one in boxes]
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "p", **meta},
        "spec": {"containers": list(boxes), "initContainers": list(inits)},
        "status": {
            "phase": "Running",
            "containerStatuses": sorted(statuses or found, key=lambda one: one["name"]),
        },
    }


@pytest.mark.parametrize("boxes", list(itertools.permutations([box("workload", APP, SERVES), *PROXIES[:3]])))
def test_no_order_of_containers_makes_a_proxy_the_application(boxes):
    made = [one if isinstance(one, dict) else box(one, OTHER, MESH) for one in boxes]
    found = pod(*made)
    assert containers.serving_name(found) == "workload"
    assert pods.image_digest(found) == APP
    assert probe.serving_port(found) == 8080


@pytest.mark.parametrize("proxy", PROXIES)
def test_the_annotation_that_names_the_main_container_decides(proxy):
    notes = {"kubectl.kubernetes.io/default-container": "app"}
    found = pod(box(proxy, OTHER, MESH), box("app", APP), annotations=notes)
    assert pods.image_digest(found) == APP


@pytest.mark.parametrize(
    ("boxes", "name"),
    [
        ([box("web", APP, {"containerPort": 8080})], "web"),
        ([box("helper", OTHER), box("web", APP, {"containerPort": 8080})], "web"),
        ([box("helper", OTHER), box("user-container", APP)], "user-container"),
        ([{"image": APP}], "user-container"),
        ([], ""),
    ],
)
def test_the_container_that_serves_is_known_from_a_revision(boxes, name):
    found = {"kind": "Revision", "spec": {"containers": boxes}, "status": {}}
    assert containers.serving_name(found) == name
    assert revision.image(found) == (APP if name else "")


def test_the_digest_of_a_revision_is_that_of_the_container_that_serves():
    statuses = [{"name": "helper", "imageDigest": OTHER}, {"name": "web", "imageDigest": APP}]
    found = {
        "kind": "Revision",
        "spec": {"containers": [box("helper", "helper:1"), box("web", "app:1", {"containerPort": 8080})]},
        "status": {"containerStatuses": statuses},
    }
    assert revision.image(found) == APP


def test_an_imported_image_is_known_from_the_pods_spec():
    bare = {"name": "workload", "imageID": "sha256:" + "c" * 64, "state": {"running": {}}}
    beside = {"name": "queue-proxy", "imageID": OTHER, "state": {"running": {}}}
    found = pod(box("workload", APP), box("queue-proxy", OTHER), statuses=[beside, bare])
    assert pods.image_digest(found) == APP
    not_yet = {**bare, "imageID": ""}
    assert pods.image_digest(pod(box("workload", APP), statuses=[not_yet])) == ""


def test_the_first_failed_step_is_the_first_that_ran_not_the_first_in_the_alphabet():
    """Tekton ends the steps behind a failed one with an exit code of their own."""
    ended = [
        {"name": "step-zeta", "state": {"terminated": {"exitCode": 7}}},
        {"name": "step-alpha", "state": {"terminated": {"exitCode": 1}}},
    ]
    found = pod(box("step-zeta", APP), box("step-alpha", APP), statuses=ended)
    assert failure.failed_container(found) == "step-zeta"
    found["status"]["phase"] = "Failed"
    assert readiness(found).container == "step-zeta"


def test_a_native_sidecar_that_was_ended_with_its_pod_is_not_why_the_pod_failed():
    found = pod(
        box("step-test", APP),
        inits=[{"name": "proxy", "image": OTHER, "restartPolicy": "Always"}],
        statuses=[{"name": "step-test", "state": {"terminated": {"exitCode": 3}}}],
    )
    ended = {"name": "proxy", "state": {"terminated": {"exitCode": 137}}}
    found["status"] |= {"phase": "Failed", "initContainerStatuses": [ended]}
    read = readiness(found)
    assert (read.container, read.code) == ("step-test", None)
    assert failure.failed_container(found) == "step-test"
    found["spec"]["initContainers"][0].pop("restartPolicy")
    assert (readiness(found).container, readiness(found).code) == ("proxy", CauseCode.INIT_CONTAINER_FAILED)


@pytest.mark.parametrize(
    ("ports", "expected"),
    [
        ([{"name": "metrics", "containerPort": 9090}, {"name": "http", "containerPort": 8000}], 8000),
        ([{"containerPort": 53, "protocol": "UDP"}, {"containerPort": 8053}], 8053),
        ([], 8080),
    ],
)
def test_the_port_is_the_one_that_requests_come_in_by(ports, expected):
    assert probe.serving_port(pod(box("queue-proxy", OTHER, MESH), box("app", APP, *ports))) == expected


@pytest.mark.parametrize(
    ("counts", "state"),
    [
        ({"replicas": 2, "readyReplicas": 2, "updatedReplicas": 2}, State.DONE),
        ({"replicas": 3, "readyReplicas": 2, "updatedReplicas": 1}, State.WORKING),
        ({"replicas": 3, "readyReplicas": 3, "updatedReplicas": 2}, State.WORKING),
        ({"replicas": 2, "readyReplicas": 2}, State.WORKING),
    ],
)
def test_a_deployment_that_still_has_pods_of_the_template_before_is_not_done(counts, state):
    found = {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"generation": 2},
        "spec": {"replicas": 2},
        "status": {
            "observedGeneration": 2,
            "conditions": [{"type": "Available", "status": "True"}],
            **counts,
        },
    }
    assert readiness(found).state is state
