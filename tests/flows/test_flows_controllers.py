"""A controller that is away is named with its Deployment and what that has of ready pods."""

from __future__ import annotations

from pathlib import Path

import pytest

from pkgops.errors import PkgopsError
from pkgops.flows import controllers
from pkgops.flows.target import Target
from pkgops.kube import NotFound
from pkgops.kube.errors import status_error
from pkgops.model import Blockage, CauseCode, ObjectRef, State
from pkgops.settings import Overrides, load

SETTINGS = load(Overrides(), {}, Path("/nowhere"))
APPS = "/apis/apps/v1"


def deployment(namespace, name, labels, ready, wanted):
    return {
        "metadata": {"namespace": namespace, "name": name},
        "spec": {"replicas": wanted, "template": {"metadata": {"labels": labels}}},
        "status": {"readyReplicas": ready} if ready else {},
    }


@pytest.fixture
def installed(api, client):
    """Puts a Deployment on the cluster, and a Service that selects its pods, for the next question."""
    api.kinds["services"] = "Service"

    def install(namespace, name, service, ready=0, wanted=1):
        labels = {"app": name, "release": "x"}
        found = [
            deployment(namespace, f"{name}-other", {"app": "other"}, 1, 1),
            deployment(namespace, name, labels, ready, wanted),
        ]
        answer = {"metadata": {}, "items": found}
        resources = {"resources": [{"name": "deployments", "kind": "Deployment", "namespaced": True}]}
        api.answer_next("GET", APPS, 200, resources, {})
        for path in (f"{APPS}/namespaces/{namespace}/deployments", f"{APPS}/deployments"):
            api.answer_next("GET", path, 200, answer, {})
        body = {"spec": {"selector": {"app": name}}}
        api.answer_next("GET", f"/api/v1/namespaces/{namespace}/services/{service}", 200, body, {})
        return Target(name="there", client=client, settings=SETTINGS, confirms=True)

    return install


def refused(namespace, service, cause="dial tcp 10.96.3.4:443: connect: connection refused"):
    text = (
        'Internal error occurred: failed calling webhook "hook.example.com": failed to call webhook: '
        f'Post "https://{service}.{namespace}.svc:443/validate?timeout=10s": {cause}'
    )
    return status_error({"reason": "InternalError", "message": text}, 500)


@pytest.mark.parametrize(
    ("namespace", "name", "service"),
    [
        ("cartographer-system", "cartographer-controller", "cartographer-webhook"),
        ("tekton-pipelines", "tekton-pipelines-webhook", "tekton-pipelines-webhook"),
        ("kpack", "kpack-webhook", "kpack-webhook"),
        ("knative-serving", "webhook", "webhook"),
    ],
)
@pytest.mark.parametrize(
    "cause",
    [
        "dial tcp 10.96.3.4:443: connect: connection refused",
        'no endpoints available for service "x"',
        "context deadline exceeded",
    ],
)
def test_a_webhook_that_does_not_answer_is_named_with_the_deployment_behind_it(
    installed, namespace, name, service, cause
):
    found = controllers.explain(installed(namespace, name, service), refused(namespace, service, cause))
    assert f"deployment {namespace}/{name} has 0 of 1 ready pods" in found.what
    assert cause in found.why
    assert found.next == f"kubectl describe deployment {name} -n {namespace}"
    assert found.slug == "controller-away"


def test_one_that_is_scaled_to_none_is_told_as_such(installed):
    target = installed("cartographer-system", "cartographer-controller", "cartographer-webhook", 0, 0)
    found = controllers.explain(target, refused("cartographer-system", "cartographer-webhook"))
    assert "is scaled to zero" in found.what
    assert found.next == (
        "kubectl scale deployment cartographer-controller -n cartographer-system --replicas 1"
    )


def test_one_whose_pods_are_ready_is_not_said_to_be_away(installed):
    target = installed("kpack", "kpack-webhook", "kpack-webhook", 1, 1)
    found = controllers.explain(target, refused("kpack", "kpack-webhook"))
    assert "1 of 1 ready pods" in found.what
    assert "does not answer nevertheless" in found.what
    assert found.next == "kubectl logs deployment/kpack-webhook -n kpack"


def test_without_the_right_to_look_it_is_unknown(api, client):
    api.refuse("Service", "services", "kpack")
    no = {
        "reason": "Forbidden",
        "message": 'services is forbidden: User "jane" cannot get resource "services"',
    }
    api.answer_next("GET", "/api/v1/namespaces/kpack/services/kpack-webhook", 403, no, {})
    target = Target(name="there", client=client, settings=SETTINGS, confirms=True)
    found = controllers.explain(target, refused("kpack", "kpack-webhook"))
    assert "unknown: jane may not get services in kpack" in found.what


@pytest.mark.parametrize(
    "error",
    [
        PkgopsError("something else"),
        NotFound(404, "NotFound", 'configmaps "x" not found'),
        status_error({"message": "Timeout: request did not complete within requested timeout"}, 504),
        status_error({"message": 'admission webhook "x" denied the request: failed calling webhook'}, 403),
    ],
)
def test_other_errors_stay_as_they_are(client, error):
    assert (
        controllers.explain(Target(name="there", client=client, settings=SETTINGS, confirms=True), error)
        is None
    )


def silent(api_version, kind, code=CauseCode.CONTROLLER_SILENT, cause="it has not looked"):
    ref = ObjectRef(api_version, kind, "default", "x")
    return Blockage(code=code, cause=cause, object=ref, state=State.WAITING, next="pkgops doctor")


@pytest.mark.parametrize(
    ("api_version", "kind", "namespace", "name"),
    [
        ("source.toolkit.fluxcd.io/v1", "GitRepository", "flux-system", "source-controller"),
        ("image.toolkit.fluxcd.io/v1", "ImageRepository", "flux-system", "image-reflector-controller"),
        ("tekton.dev/v1", "TaskRun", "tekton-pipelines", "tekton-pipelines-controller"),
        ("kpack.io/v1alpha2", "Image", "kpack", "kpack-controller"),
        ("kappctrl.k14s.io/v1alpha1", "App", "kapp-controller", "kapp-controller"),
        ("packaging.carvel.dev/v1alpha1", "PackageInstall", "kapp-controller", "kapp-controller"),
        ("carto.run/v1alpha1", "Workload", "cartographer-system", "cartographer-controller"),
        ("serving.knative.dev/v1", "Service", "knative-serving", "controller"),
    ],
)
def test_a_controller_that_does_not_look_is_named_the_same_way(installed, api_version, kind, namespace, name):
    found = controllers.named(installed(namespace, name, "none"), silent(api_version, kind))
    assert [item.text for item in found.evidence] == [f"deployment {namespace}/{name} has 0 of 1 ready pods"]
    assert found.next == f"kubectl describe deployment {name} -n {namespace}"


def test_what_cartographer_has_not_noticed_is_cartographers_own(installed):
    target = installed("cartographer-system", "cartographer-controller", "none", 0, 0)
    text = "gitrepository/x is done for 40s, but cartographer-controller has not reconciled since"
    cause = silent("source.toolkit.fluxcd.io/v1", "GitRepository", CauseCode.NOT_NOTICED, text)
    found = controllers.named(target, cause)
    assert "cartographer-system/cartographer-controller is scaled to zero" in found.evidence[0].text
    assert found.next.startswith("kubectl scale deployment cartographer-controller")


def test_the_lines_of_a_deadline_name_each_controller_once_with_its_command(installed):
    target = installed("kpack", "kpack-controller", "none")
    lines = controllers.with_controllers(target, [silent("kpack.io/v1alpha2", "Image")])
    assert lines == [
        "deployment kpack/kpack-controller has 0 of 1 ready pods: "
        "kubectl describe deployment kpack-controller -n kpack"
    ]


def test_other_causes_stay_as_they_are(client):
    cause = silent("kpack.io/v1alpha2", "Image", CauseCode.BUILD_FAILED)
    assert (
        controllers.named(Target(name="there", client=client, settings=SETTINGS, confirms=True), cause)
        is cause
    )
