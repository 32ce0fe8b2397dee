"""Knative Services of the local platform: pods that answer, revisions, refusals, failures."""

from __future__ import annotations

import urllib.request

import pytest
from delivery_kit import KNATIVE, Delivery, knative_service
from local_kit import client, cluster, condition, namespace, wait_for

from pkgops.kube import ApiError, Invalid

pytestmark = pytest.mark.cluster
__all__ = ["client", "cluster", "namespace"]


@pytest.fixture(scope="module")
def delivery(client, cluster, namespace):
    return Delivery(client, cluster, namespace)


def apply(delivery, service):
    service["metadata"]["namespace"] = delivery.namespace
    return delivery.client.apply(service)


def says(delivery, kind, name, type, status, reason=""):
    def reached():
        found = delivery.find(KNATIVE, kind, name)
        said = condition(found, type)
        return found if (said.get("status"), said.get("reason", "")) == (status, reason) else None

    return wait_for(f"{kind} {name}: {type}={status} {reason}", reached)


def test_service_answers_and_a_second_revision_takes_over(delivery, cluster):
    apply(delivery, knative_service("web", delivery.image, "one"))
    service = says(delivery, "Service", "web", "Ready", "True")
    assert service["status"]["latestReadyRevisionName"] == "web-00001"
    assert service["metadata"]["annotations"]["serving.knative.dev/creator"]
    assert delivery.answer("web-00001") == "one"
    url = service["status"]["url"]
    assert url.startswith(f"http://web.{delivery.namespace}.localhost:")

    apply(delivery, knative_service("web", delivery.image, "two"))
    wait_for(
        "the second revision",
        lambda: (
            delivery.get(KNATIVE, "Service", "web")["status"].get("latestReadyRevisionName") == "web-00002"
        ),
    )
    assert delivery.answer("web-00002") == "two"
    old = says(delivery, "Revision", "web-00001", "Active", "False", "NoTraffic")
    assert condition(old, "Ready")["status"] == "True"
    deployment = delivery.get("apps/v1", "Deployment", "web-00001-deployment")
    assert deployment["spec"]["replicas"] == 0

    port = url.rpartition(":")[2]
    request = urllib.request.Request(
        f"http://127.0.0.1:{port}/", headers={"Host": url.removeprefix("http://")}
    )
    with urllib.request.urlopen(request, timeout=20) as answer:
        assert answer.read().decode().strip() == "two"


def test_children_go_with_the_service(delivery):
    apply(delivery, knative_service("short", delivery.image, "x"))
    says(delivery, "Service", "short", "Ready", "True")
    delivery.client.delete(KNATIVE, "Service", "short", delivery.namespace)
    for api, kind, name in (
        (KNATIVE, "Configuration", "short"),
        (KNATIVE, "Route", "short"),
        (KNATIVE, "Revision", "short-00001"),
        ("apps/v1", "Deployment", "short-00001-deployment"),
        ("v1", "Service", "short"),
    ):
        delivery.gone(api, kind, name)


def test_creator_cannot_be_changed(delivery):
    apply(delivery, knative_service("signed", delivery.image, "x"))
    note = {"metadata": {"annotations": {"serving.knative.dev/creator": "me"}}}
    with pytest.raises(Invalid) as error:
        delivery.client.patch(KNATIVE, "Service", "signed", delivery.namespace, note)
    assert error.value.message == (
        'admission webhook "validation.webhook.serving.knative.dev" denied the request: validation failed: '
        "annotation value is immutable: metadata.annotations.serving.knative.dev/creator"
    )


def test_what_knative_refuses_is_refused_at_once(delivery):
    service = knative_service("refused", delivery.image, "x")
    service["spec"]["template"]["spec"]["hostNetwork"] = True
    service["spec"]["traffic"] = [{"latestRevision": True, "percent": 60}]
    with pytest.raises(Invalid) as error:
        apply(delivery, service)
    assert error.value.message == (
        'admission webhook "validation.webhook.serving.knative.dev" denied the request: validation failed: '
        "Traffic targets sum to 60, want 100: spec.traffic\n"
        "must not set the field(s): spec.template.spec.hostNetwork"
    )


def test_a_port_is_a_number(delivery):
    service = knative_service("typed", delivery.image, "x")
    service["spec"]["template"]["spec"]["containers"][0]["ports"] = [{"containerPort": "8080"}]
    with pytest.raises(ApiError, match=r"ports\[0\].containerPort: expected numeric"):
        apply(delivery, service)


def test_crash_travels_from_revision_to_service(delivery):
    service = knative_service("crash", delivery.image, "x")
    service["spec"]["template"]["spec"]["containers"][0]["command"] = ["sh", "-c", "echo broken; exit 3"]
    apply(delivery, service)
    revision = says(delivery, "Revision", "crash-00001", "ContainerHealthy", "False", "ExitCode3")
    assert condition(revision, "ContainerHealthy")["message"].strip() == "Container failed with: broken"
    found = says(delivery, "Service", "crash", "ConfigurationsReady", "False", "RevisionFailed")
    assert condition(found, "ConfigurationsReady")["message"].startswith(
        'Revision "crash-00001" failed with message: '
    )
    route = says(delivery, "Route", "crash", "AllTrafficAssigned", "False", "RevisionMissing")
    assert condition(route, "Ready")["message"] == 'Configuration "crash" does not have any ready Revision.'


def test_image_that_is_not_there(delivery):
    apply(delivery, knative_service("missing", f"{delivery.registry}/{delivery.namespace}/none:1", "x"))
    revision = says(delivery, "Revision", "missing-00001", "ContainerHealthy", "False", "ContainerMissing")
    text = condition(revision, "ContainerHealthy")["message"]
    assert text.startswith(
        f'Unable to fetch image "{delivery.registry}/{delivery.namespace}/none:1": failed to resolve'
    )


def test_pod_that_never_gets_ready(delivery):
    service = knative_service("never", delivery.image, "x", **{"serving.knative.dev/progress-deadline": "3s"})
    service["spec"]["template"]["spec"]["containers"][0]["command"] = ["sleep", "3600"]
    apply(delivery, service)
    revision = says(
        delivery, "Revision", "never-00001", "ResourcesAvailable", "False", "ProgressDeadlineExceeded"
    )
    assert condition(revision, "Ready")["message"] == "Initial scale was never achieved"


def test_name_that_is_taken(delivery):
    ports = [{"port": 80}]
    delivery.create("v1", "Service", "taken", spec={"ports": ports, "selector": {"a": "b"}})
    apply(delivery, knative_service("taken", delivery.image, "x"))
    route = says(delivery, "Route", "taken", "IngressReady", "False", "NotOwned")
    assert condition(route, "IngressReady")["message"] == (
        'There is an existing placeholder Service "taken" that we do not own.'
    )
